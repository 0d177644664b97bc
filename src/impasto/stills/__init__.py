"""Single pictures."""
