"""What can go wrong for a user; every error has a code, and each message ends with a way out.

    ImpastoError
    ├── SettingsError     a setting, preset, layer or device
    ├── PictureError      an input
    ├── OutputError       a place or format for the result
    ├── WeightsError      the encoder's weights
    ├── MemoryShortage    less memory than the picture needs
    ├── Diverged          a loss that became infinite or only rose
    ├── RecipeError       a recipe, or the inputs that it names
    ├── JobError          a job's folder
    │   ├── JobNotFound   no job of this folder or id
    │   ├── JobBusy       held by another process
    │   ├── JobDamaged    its record cannot be read
    │   ├── JobMismatch   the job of another run
    │   ├── JobEnded      done, failed or cancelled, so that nothing can change
    │   ├── NotDone       has no result yet
    │   ├── NoBranch      nothing kept there to branch from
    │   └── DiskFull      its folder cannot be written
    ├── BatchError        pictures of a batch that failed
    ├── QueueError        a queue or its store that cannot be reached or has no room
    │   └── NoSuchQueue   no queue at an address
    ├── StoreError        a file of a store that is damaged or missing
    ├── ClipError         a clip of which a part could not be read
    ├── LookError         a look that is missing, damaged, or of another version
    ├── AccountError      an account, a password or a link of the studio
    ├── StudioError       a studio that refuses what it is asked
    └── ReportError       output that could not be printed

A message names a setting by `option("size")`, which reads `size` in Python and in a log, `--size` in a
terminal, and whatever its control is called in a page: `worded` says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

# Noncharacters of Unicode, which no text of a user has, so that nothing else is taken for a mark.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_OPTION = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")


def option(name: str) -> str:
    """Return the mark that stands for a setting, or an option of a run, in the message of an error."""
    return f"{_OPEN}{name}{_CLOSE}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def worded(text: str, name: Callable[[str], str] = _plain) -> str:
    """Return a text with each mark of `option` replaced by what `name` calls that setting."""
    return _OPTION.sub(lambda match: name(match[1]), text)


class ImpastoError(Exception):
    """The parent of every error that Impasto raises on purpose.

    `what` says what is wrong, with the value; the `way_out`, if given apart, follows it in the message.
    `fields` are the values as data, and `code` the kind of error, for programs; `exit_code` is what the
    command line returns. Whoever wraps an error takes its `what` and adds one way out that fits there.
    """

    exit_code = 1
    code: ClassVar[str] = "error"

    def __init__(self, what: str = "", way_out: str = "", **fields: Any) -> None:
        super().__init__(what, way_out)
        self.what, self.way_out, self.fields = what, way_out, fields

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __str__(self) -> str:
        return worded(self.text)

    @property
    def text(self) -> str:
        """The message with its marks of settings, for another error, or for `worded`."""
        return f"{self.what}; {self.way_out}" if self.way_out else self.what

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.what, self.way_out, self.fields)


def _again(kind: type[ImpastoError], what: str, way_out: str, fields: dict[str, Any]) -> ImpastoError:
    return kind(what, way_out, **fields)


class SettingsError(ImpastoError):
    """A setting, preset, layer or device that does not exist or is out of its range."""

    exit_code = 2


class PictureError(ImpastoError):
    """An input that is missing, is no picture, is damaged or is too small or too large."""

    exit_code = 3


class OutputError(ImpastoError):
    """A place or a format that cannot take the result."""

    exit_code = 4


class WeightsError(ImpastoError):
    """Encoder weights that are missing, damaged or of another network."""

    exit_code = 5


class MemoryShortage(ImpastoError):
    """Less memory than the picture needs."""

    exit_code = 6


class Diverged(ImpastoError):
    """A loss became infinite or only rose; the best picture was kept if anything was painted."""

    exit_code = 7


class RecipeError(ImpastoError):
    """A recipe that is missing, damaged or newer than this version, or whose inputs are not as they were."""

    exit_code = 8


class JobError(ImpastoError):
    """A job folder that cannot be used; `fields` has the folder."""

    exit_code = 9


class JobNotFound(JobError):
    """There is no job in this folder or of this id."""


class JobBusy(JobError):
    """Another process holds the job; `fields` has its number as `pid`, None if unknown."""


class JobDamaged(JobError):
    """The record of a job cannot be read."""


class JobMismatch(JobError):
    """The folder has the job of another run; `fields` has the `difference` in words."""


class JobEnded(JobError):
    """The job is done, failed or cancelled, so that it cannot change."""


class NotDone(JobError):
    """The job has no result yet."""


class NoBranch(JobError):
    """The job keeps nothing to branch from at this place; `fields` has the places that it `keeps`."""


class DiskFull(JobError):
    """The folder of a job cannot be written: no space, or no right to; `fields` has the `path` and `why`."""


class BatchError(ImpastoError):
    """A batch of which some pictures could not be painted; the others are written."""

    exit_code = 10


class QueueError(ImpastoError):
    """A queue, or the store of its files, that cannot be reached or has no room."""

    exit_code = 11


class NoSuchQueue(QueueError):
    """There is no queue at this address."""


class StoreError(ImpastoError):
    """A file of a queue's store that is damaged or missing."""

    exit_code = 12


class ClipError(ImpastoError):
    """A clip of which a part could not be read; the rest is painted and written."""

    exit_code = 13


class ReportError(ImpastoError):
    """Progress or an answer that could not be printed, as on a full disk; the result is written."""

    exit_code = 14


class LookError(ImpastoError):
    """A look that is missing, damaged or of another version, or a name that is taken."""

    exit_code = 15


class AccountError(ImpastoError):
    """An account, a password or a link of the studio that cannot be used."""

    exit_code = 16


class StudioError(ImpastoError):
    """A studio refuses what it is asked, for a reason that is none of the others."""

    exit_code = 17
