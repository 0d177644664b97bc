"""A studio on another machine, from Python and the command line."""
