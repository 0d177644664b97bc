"""Instant looks: small networks that paint a photo in one pass, as data; applied, trained, kept."""
