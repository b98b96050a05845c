"""Files written whole or not at all, and progress with the time left."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from course_utils.simulation.errors import SimulationError

SECONDS_BETWEEN_LINES = 10.0


def check_writable(paths: Sequence[Path], *, force: bool) -> None:
    """Refuses early, before any event is made, what could not be written at the end.

    Args:
        paths: files to be written.
        force: whether existing files may be replaced.

    Raises:
        SimulationError: if a file exists and `force` is not set, or its folder is missing.

    Example:
        >>> check_writable([Path("no-such-folder/events.npy")], force=False)
        Traceback (most recent call last):
            ...
        course_utils.simulation.errors.SimulationError: no folder `no-such-folder` for \
`events.npy`: make it first or choose another place
    """
    for path in paths:
        if path.is_dir():
            raise SimulationError(f"`{path}` is a folder: give the name of a file, ending in .npy")
        if not path.parent.is_dir():
            raise SimulationError(
                f"no folder `{path.parent}` for `{path.name}`: "
                "make it first or choose another place"
            )
        if not os.access(path.parent, os.W_OK):
            raise SimulationError(f"folder `{path.parent}` is not writable: choose another place")
        if path.exists() and not force:
            raise SimulationError(
                f"`{path}` exists: choose another name, or replace it with --force"
            )


def save_events(path: Path, events: NDArray[np.float32]) -> None:
    """Writes an array to `path` (`.npy`) in one step: a reader never sees half a file.

    Args:
        path: file to be written, replaced where it exists.
        events: shape `(n_events, n_features)`.

    Raises:
        SimulationError: if the disk does not take it.
    """
    temporary: Path | None = None
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            np.save(file, events, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise SimulationError(f"could not write `{path}`: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


class Progress:
    """A progress bar with the time left on a terminal, a line every ten seconds elsewhere.

    Args:
        total: number of steps, or None where it is not known.
        label: what is counted, shown in front.
        show: False draws nothing.

    Example:
        >>> with Progress(10, "events", show=False) as progress:
        ...     progress.to(10)
    """

    def __init__(self, total: int | None, label: str, *, show: bool = True) -> None:
        self._total, self._label = total, label
        self._done = 0
        self._start = self._last_line = time.monotonic()
        terminal = show and sys.stdout.isatty()
        self._lines = show and not terminal
        self._bar: Any = (
            tqdm(total=total, desc=label, unit=" events", unit_scale=True, file=sys.stdout)
            if terminal
            else None
        )

    def to(self, done: int, note: str = "") -> None:
        """Moves on to `done` steps; `note` is shown behind the count."""
        if self._bar is not None:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(done - self._done)
        self._done = done
        now = time.monotonic()
        if self._lines and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            print(self._line(now, note), flush=True)

    def _line(self, now: float, note: str) -> str:
        text = f"{self._label}: {self._done:,}"
        if self._total:
            left = (self._total - self._done) * (now - self._start) / max(self._done, 1)
            share = self._done / self._total
            text += f" of {self._total:,} ({share:.0%}), {tqdm.format_interval(left)} left"
        return f"{text}, {note}" if note else text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
