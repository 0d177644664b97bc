"""Names of the files in a job folder from which a run resumes, as patterns."""

from __future__ import annotations

import re

from impasto.video.names import CLIP, SHOTS

CHECKPOINT = r"(?:checkpoint-\d{1,9}\.json|(?:state-\d{1,9}|pair-\d{1,9}-\d{1,9})\.safetensors)"
"""The files that checkpoints of a picture consist of."""

FILM = rf"{re.escape(SHOTS)}|{re.escape(CLIP)}|pass\d{{1,6}}/\d{{6,9}}\.png"
"""The files that a film consists of."""
