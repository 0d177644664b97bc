"""The kinds of results, and groups of them."""

from __future__ import annotations

KINDS = ("stylize", "video", "texture", "reconstruct", "features")
"""The kinds of results."""

FILM, TEXTURE, FEATURES = ("video",), ("texture",), ("features",)
PHOTO = ("stylize", "video")
"""The kinds that stylize a photo or the frames of a clip."""
MANNER = (*PHOTO, "texture")
"""The kinds that use style pictures and their scale."""
STILL = ("stylize", "texture", "reconstruct", "features")
"""The kinds whose result is a single picture."""
