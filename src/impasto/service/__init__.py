"""One interface to jobs of every kind, on this machine or on a queue."""
