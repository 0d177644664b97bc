"""Names of the files and folders of a film while it is painted."""

from __future__ import annotations

CLIP = "clip.json"
"""What was read of the clip."""

SHOTS = "shots.json"
"""The content weights of shots."""

SOURCE, FLOW = "source", "flow"
"""Folders of the clip's frames, and of the flow between them."""
