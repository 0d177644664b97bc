"""Job folders: runs that can be stopped at any moment, and go on as if nothing had been; and batches of them on one machine."""
