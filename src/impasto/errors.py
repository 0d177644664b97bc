"""What can go wrong for a user: each message carries the value that is wrong and the way out."""


class ImpastoError(Exception):
    """The parent of every error that Impasto raises on purpose; `exit_code` is what the command line returns.

    `what` says what is wrong, with the value; the `way_out`, if given apart, comes after it in the message. Whoever wraps an
    error takes its `what` and adds one way out that fits there.
    """

    exit_code = 1

    def __init__(self, what: str = "", way_out: str = "") -> None:
        super().__init__(f"{what}; {way_out}" if way_out else what)
        self.what, self.way_out = what, way_out


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
    """A loss became infinite or only rose; the best picture was kept where anything was painted."""

    exit_code = 7


class RecipeError(ImpastoError):
    """A recipe that is missing, damaged or newer than this version, or whose inputs are not to be found as they were."""

    exit_code = 8


class BatchError(ImpastoError):
    """A batch of which some pictures could not be painted; the others are written."""

    exit_code = 10


class JobError(ImpastoError):
    """A job folder that is damaged, of another run, or held by another process."""

    exit_code = 9


class QueueError(ImpastoError):
    """A queue, or the store of its files, that cannot be reached or has no room."""

    exit_code = 11


class StoreError(ImpastoError):
    """A file of a queue's store that is damaged or missing."""

    exit_code = 12


class ReportError(ImpastoError):
    """Progress or an answer that could not be printed, as on a full disk; the result is written."""

    exit_code = 14


class ClipError(ImpastoError):
    """A clip of which a part could not be read; the rest is painted and written."""

    exit_code = 13
