"""Secrets that people and programs carry, of which the studio keeps a hash."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32


def fresh(prefix: str = "") -> str:
    """Return a new secret, which cannot be guessed; a `prefix` says what it is for to who finds it."""
    return prefix + secrets.token_urlsafe(BYTES)


def hashed(secret: str) -> str:
    """Return the hash that is kept of a secret. Slow hashes are for passwords: nobody guesses 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identity() -> str:
    """Return a new id, which says nothing about when or how many."""
    return secrets.token_urlsafe(12)
