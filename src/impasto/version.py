"""The version, in a room that every other may call."""

__version__ = "0.1.0"
