"""Stylization of single pictures."""
