"""What nbgrader has to say goes to a file, not to the terminal."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from course_grader.course import Course
from course_notebooks.cleaning import block
from course_notebooks.troubles import in_words

_KEPT = 30


@dataclass
class Log:
    """A log of one command.

    Attributes:
        path: where it is.
        trouble: why it is not whole, or not there at all; else empty.
    """

    path: Path
    trouble: str = ""


@contextmanager
def log_to_file(course: Course, command: str) -> Iterator[Log]:
    """Within this block, what nbgrader logs is written to `build/logs/<time>-<command>.log`.

    Old logs go: the last thirty are kept. A log that cannot be written stops nothing.
    """
    folder = course.build / "logs"
    log = Log(folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{command}.log")
    handler: logging.Handler = logging.NullHandler()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.glob("*.log"))[: 1 - _KEPT]:
            old.unlink(missing_ok=True)
        handler = _ToFile(log)
    except OSError as error:
        log.trouble = in_words(error)
    level, propagate = course.log.level, course.log.propagate
    course.log.addHandler(handler)
    course.log.setLevel(logging.INFO)
    course.log.propagate = False  # what it says names files of others

    def taken(record: logging.LogRecord) -> bool:
        handler.handle(record)
        return False

    api = logging.getLogger("tornado.application")  # the one of nbgrader's gradebook
    api.addFilter(taken)
    try:
        yield log
    finally:
        course.log.setLevel(level)
        course.log.propagate = propagate
        course.log.removeHandler(handler)
        api.removeFilter(taken)
        with suppress(OSError):  # what was left to write; that was noted already
            handler.close()


class _ToFile(logging.FileHandler):
    """Notes that a line could not be written, instead of printing a traceback."""

    def __init__(self, log: Log) -> None:
        super().__init__(log.path, encoding="utf-8", errors="replace")
        self.setFormatter(_Clean("%(asctime)s %(levelname)s %(message)s"))
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record, unless that failed before."""
        if not self._log.trouble:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Keeps the reason."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        error.filename = error.filename or str(self._log.path)
        self._log.trouble = in_words(error)


class _Clean(logging.Formatter):
    """Names and texts of others are in the lines."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as text; its further lines are set back."""
        return block(super().format(record))
