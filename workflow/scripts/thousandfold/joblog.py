"""What a job reports while it runs goes to its log, so Snakemake's output stays readable."""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import perf_counter
from types import TracebackType

from thousandfold.errors import UserError

PROGRESS_INTERVAL_SECONDS = 5.0


def log_to(path: str) -> Callable[[str], None]:
    """Send this process's log messages, prints, warnings and tracebacks to a file from now on.

    Returns what says a line where they went before.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    outside = os.dup(sys.stderr.fileno())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(handle, stream.fileno())
    sys.excepthook = partial(_tell, outside)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True
    )

    def say(line: str) -> None:
        # Whoever was told may be gone, as a closed terminal is; the job goes on.
        with suppress(OSError):
            os.write(outside, f"{line}\n".encode(errors="replace"))

    return say


def _tell(
    outside: int, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log what the user can fix, or has stopped, as one message; anything else with its traceback.

    A log that meets the end of the disk says nothing; then what is `outside` of it is told.
    """
    if isinstance(error, UserError):
        lines = [f"{error}\n"]
    elif isinstance(error, KeyboardInterrupt):
        lines = ["Interrupted; the same command goes on from what is finished.\n"]
    else:
        lines = traceback.format_exception(kind, error, trace)
    message = "".join(lines).encode(errors="replace")
    try:
        is_whole = os.write(sys.stderr.fileno(), message) == len(message)
    except OSError:
        is_whole = False
    if not is_whole:
        os.write(outside, message)


class ProgressLog:
    """Logs the progress of a training every few seconds: epochs done and seconds left."""

    def __init__(self, epochs: int, repeats: range) -> None:
        self._epochs, self._repeats = epochs, repeats
        self._first: tuple[float, float] | None = None
        self._last_logged = perf_counter()

    def __call__(self, epochs_done: float) -> None:
        """Record the epochs done so far, and log them if it is time to."""
        now = perf_counter()
        if self._first is None:
            # Compilation ends with the first report and says nothing of the epochs to come.
            self._first = now, epochs_done
        finished = epochs_done >= self._epochs
        if now - self._last_logged < PROGRESS_INTERVAL_SECONDS and not finished:
            return
        self._last_logged = now
        started, epochs_before = self._first
        measured = epochs_done - epochs_before
        left = (now - started) / measured * (self._epochs - epochs_done) if measured else None
        logging.info(
            "epoch %d of %d, repeats %d to %d, %s",
            epochs_done, self._epochs, self._repeats.start, self._repeats.stop - 1,
            "time left unknown" if left is None else f"about {left:.0f} s left",
        )  # fmt: skip
