"""What can be made, and what the kinds have in common."""

from __future__ import annotations

KINDS = ("stylize", "video", "texture", "reconstruct", "features")
"""What can be made with settings."""

FILM, TEXTURE, FEATURES = ("video",), ("texture",), ("features",)
PHOTO = ("stylize", "video")
"""The kinds that paint a photo, or one after another, in the manner of style pictures."""
MANNER = (*PHOTO, "texture")
"""The kinds that paint in the manner of style pictures, at any size."""
STILL = ("stylize", "texture", "reconstruct", "features")
"""The kinds whose result is one picture."""
