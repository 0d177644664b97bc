"""The kinds of results, and groups of them."""

from __future__ import annotations

OPTIMISED = ("stylize", "video", "texture", "reconstruct", "features")
"""The kinds whose pixels are optimised."""
INSTANT = ("instant",)
"""The kinds that a look paints, in one pass of its network."""
KINDS = (*OPTIMISED, *INSTANT)
"""The kinds of results."""

FILM, TEXTURE, FEATURES = ("video",), ("texture",), ("features",)
PHOTO = ("stylize", "video")
"""The kinds that stylize a photo or the frames of a clip."""
MANNER = (*PHOTO, "texture")
"""The kinds that use style pictures and their scale."""
STEPPED = ("stylize", "texture", "reconstruct", "features")
"""The kinds whose result is a single picture, optimised step by step."""
STILL = (*STEPPED, *INSTANT)
"""The kinds whose result is a single picture."""
