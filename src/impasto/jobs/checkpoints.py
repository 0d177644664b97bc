"""The checkpoints in a job folder: the last two, and one at the end of each scale, all with SHA-256."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from torch import Tensor

from impasto.engine.optimise import State
from impasto.engine.schedule import Size
from impasto.jobs.files import PART, sync_folder, write_durably
from impasto.jobs.names import CHECKPOINT
from impasto.jobs.serialise import at_end, pairs_of, state_from, table_of, tensors_of
from impasto.jobs.tensors import read_tensors, safetensors_of

KEPT = 2
"""Newest checkpoints that are kept; if the last one is damaged, the one before is used."""

_NAME = re.compile(r"checkpoint-(\d{1,9})\.json", re.ASCII)
_OURS = re.compile(rf"{CHECKPOINT}({re.escape(PART)})?", re.ASCII)
_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    RecursionError,
    SafetensorError,
)
"""What reading a damaged checkpoint may raise."""


class Found(NamedTuple):
    """The newest good state or None, the table written with it, and the names of damaged checkpoints."""

    state: State | None
    more: dict[str, Any]
    damaged: list[str]


@dataclass
class Checkpoints:
    """The checkpoints of one folder.

    `files` has the names and SHA-256 of the files of each good one, by its number, the newest last.
    `ends` has the numbers of those at the end of a scale, by its index; they have only a picture, no pairs.
    """

    folder: Path
    files: dict[int, dict[str, str]] = field(default_factory=dict)
    number: int = 0
    ends: dict[int, int] = field(default_factory=dict)

    def write(self, state: State, more: Mapping[str, Any]) -> None:
        """Write a checkpoint, with the table `more`, and delete those that are no longer kept.

        Raises OSError; the checkpoints before then stay as they are.
        """
        number, files, fresh = self.number + 1, {}, []
        try:
            for name, tensors in self._parts(state, number).items():
                files[name] = self._known.get(name) or ""
                if not files[name]:
                    fresh.append(name)
                    files[name] = write_durably(self.folder / name, safetensors_of(tensors))
            fresh.append(f"checkpoint-{number}.json")
            content = json.dumps(table_of(state) | {"files": files, "more": more})
            write_durably(
                self.folder / fresh[-1],
                [json.dumps({"sha256": _sha256(content), "content": content}).encode()],
            )
            sync_folder(self.folder)
        except OSError:
            for name in fresh:
                with suppress(OSError):
                    (self.folder / name).unlink(missing_ok=True)
            raise
        self.number, self.files[number] = number, files
        self.ends = {index: end for index, end in self.ends.items() if index < state.index} | (
            {state.index: number} if at_end(state) else {}
        )
        kept = {*sorted(self.files)[-KEPT:], *self.ends.values()}
        self.files = {number: files for number, files in self.files.items() if number in kept}
        self._drop_others()

    def bytes(self, state: State) -> int:
        """Return how much a checkpoint of this state would write."""
        parts = self._parts(state, self.number + 1)
        return sum(
            tensor.nbytes
            for name, tensors in parts.items()
            if name not in self._known
            for tensor in tensors.values()
        )

    def consists_of(self, *others: str) -> dict[str, str]:
        """Return names and SHA-256 of the newest checkpoint's files, those of scales' ends, and `others`.

        It is empty before the first checkpoint.
        """
        if not self.files:
            return {}
        numbers = {*self.ends.values(), max(self.files)}
        small = (*(f"checkpoint-{number}.json" for number in sorted(numbers)), *others)
        found = {name: sha256 for number in numbers for name, sha256 in self.files[number].items()}
        return found | {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in small}

    def read(self, sizes: Sequence[Size], device: torch.device) -> Found:
        """Return the newest good checkpoint of a run with scales of these sizes; damaged ones are named."""
        numbers, damaged = self._numbers(), []
        self.number = max(numbers, default=0)
        for number in numbers:
            name = f"checkpoint-{number}.json"
            try:
                state, files, more = self._read(name, number, device)
                if [scale.size for scale in state.scales] != list(sizes) or tuple(
                    state.picture.shape[2:]
                ) != sizes[state.index]:
                    raise ValueError("it is of other sizes")
            except _DAMAGE:
                damaged.append(name)
                continue
            self.files = {number: files}
            for index, (end, table) in self.tables_of_ends().items():
                if end <= number:
                    self.ends[index], self.files[end] = end, table["files"]
            self.files = dict(sorted(self.files.items()))
            return Found(state, more, damaged)
        return Found(None, {}, damaged)

    def newest(self) -> dict[str, Any] | None:
        """Return the newest valid table of a checkpoint, without reading tensors; None if there is none."""
        return next((table for number in self._numbers() if (table := self._table(number))), None)

    def tables_of_ends(self) -> dict[int, tuple[int, dict[str, Any]]]:
        """Return number and table of the last checkpoint at each scale's end, by the scale's index.

        No tensors are read.
        """
        found: dict[int, tuple[int, dict[str, Any]]] = {}
        for number in self._numbers():
            table = self._table(number)
            # An older checkpoint of a later scale is from a run that was since restarted.
            if (
                table
                and table["step"] >= table["scales"][table["index"]][2]
                and table["index"] < min(found, default=len(table["scales"]))
            ):
                found[table["index"]] = number, table
        return found

    def read_end(self, number: int) -> tuple[State, dict[str, Any]]:
        """Return a state at a scale's end and the table written with it; raises ValueError if damaged."""
        try:
            state, _, more = self._read(f"checkpoint-{number}.json", number, torch.device("cpu"))
        except _DAMAGE as error:
            raise ValueError(str(error)) from None
        return state, more

    def _numbers(self) -> list[int]:
        """Return the numbers of all checkpoints, the newest first."""
        return sorted(
            (int(match[1]) for path in self.folder.iterdir() if (match := _NAME.fullmatch(path.name))),
            reverse=True,
        )

    def _table(self, number: int) -> dict[str, Any] | None:
        try:
            table = self._content(f"checkpoint-{number}.json")
            return (
                table
                if isinstance(table["step"], int)
                and len(table["scales"][table["index"]]) == 3
                and table["files"]
                else None
            )
        except (*_DAMAGE, IndexError):
            return None

    @property
    def _known(self) -> dict[str, str]:
        """The files of the newest good checkpoint, which need not be written again."""
        return self.files[max(self.files)] if self.files else {}

    def _parts(self, state: State, number: int) -> dict[str, dict[str, Tensor]]:
        return {**pairs_of(state), f"state-{number}.safetensors": tensors_of(state)}

    def _read(
        self, name: str, number: int, device: torch.device
    ) -> tuple[State, dict[str, str], dict[str, Any]]:
        table = self._content(name)
        files: dict[str, str] = table["files"]

        def read(part: str) -> dict[str, Tensor]:
            return read_tensors(self.folder / part, files[part], device)

        return state_from(table, read(f"state-{number}.safetensors"), read), files, table["more"]

    def _content(self, name: str) -> dict[str, Any]:
        whole = json.loads((self.folder / name).read_text(encoding="utf-8"))
        if _sha256(whole["content"]) != whole["sha256"]:
            raise ValueError(f"{name} has another hash")
        table: dict[str, Any] = json.loads(whole["content"])
        return table

    def _drop_others(self) -> None:
        """Delete files that no kept checkpoint uses; errors are ignored, since such files do no harm."""
        needed = {name for files in self.files.values() for name in files} | {
            f"checkpoint-{number}.json" for number in self.files
        }
        with suppress(OSError):
            for path in list(self.folder.iterdir()):
                if _OURS.fullmatch(path.name) and path.name not in needed:
                    path.unlink()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
