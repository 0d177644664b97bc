"""One door to jobs of every kind, wherever they are carried out: create, follow, pause, change, branch, cancel, result."""
