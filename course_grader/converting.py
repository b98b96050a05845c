"""Runs nbgrader's converters and turns their complaints into messages."""

import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.converters import NbGraderException

from course_grader.gradebook import trouble
from course_notebooks.troubles import in_words

_REFUSED = re.compile(r"\[Errno (\d+)\] ([^:]+)(?:: '(.*)')?$")


class ConverterError(RuntimeError):
    """nbgrader could not convert something; the text is its last complaint."""


class _Complaints(logging.Handler):
    """Collects what this thread logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.texts.append(record.getMessage())


_gradebook = threading.Lock()
_mine = threading.local()


@contextmanager
def nbgrader_house(root: Path) -> Iterator[None]:
    """Where converters run: in the course's folder, nbgrader's warnings for developers unheard."""
    before = Path.cwd()
    os.chdir(root)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(before)


@contextmanager
def gradebook_held() -> Iterator[None]:
    """One thread at a time has the gradebook: SQLite knows one writer."""
    with _gradebook:
        _mine.held = True
        try:
            yield
        finally:
            _mine.held = False


@contextmanager
def gradebook_free() -> Iterator[None]:
    """Lets the other threads have the gradebook while this one waits for a kernel."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _gradebook.release()
    try:
        yield
    finally:
        _gradebook.acquire()
        _mine.held = True


def run_converter(converter: Any, log: logging.Logger) -> None:
    """Starts a converter.

    Args:
        converter: made by `Course.converter`.
        log: where the converter logs to.

    Raises:
        ConverterError: with what the exception that nbgrader swallowed says, in a line.
    """
    complaints = _Complaints()
    log.addHandler(complaints)
    try:
        converter.start()
    except NbGraderException as error:
        text = _cause(complaints.texts) or str(error)
        raise ConverterError(_in_words(text, str(converter.coursedir.db_url))) from error
    finally:
        log.removeHandler(complaints)


def _in_words(text: str, db_url: str) -> str:
    """An error that nbgrader logged, in a sentence if it is of the gradebook or the system.

    Example:
        >>> _in_words("OSError: [Errno 28] No space left on device: 'feedback/x.html'", "")[:50]
        'the disk is full: feedback/x.html could not be wri'
    """
    kind, _, said = text.partition(": ")
    if kind.endswith(".CourseError"):  # of a step of ours
        return said
    if kind.startswith("sqlalchemy.") or (kind.endswith(".InvalidEntry") and said[:1] == "("):
        return trouble(db_url, said)
    refused = _REFUSED.match(said)
    if refused is None:
        return text
    return in_words(OSError(int(refused[1]), refused[2], refused[3]))


def _cause(texts: list[str]) -> str:
    """The first line of the message of the last traceback among logged texts, else the first text.

    Example:
        >>> _cause(["Traceback (...):\\n  File x\\n    code\\na.Error: locked\\nmore of it", "x"])
        'a.Error: locked'
    """
    for text in reversed(texts):
        if text.startswith("Traceback"):
            message = ""
            for line in reversed(text.strip().splitlines()):
                if line.startswith(" "):
                    break
                message = line
            return message
    return texts[0].strip() if texts else ""
