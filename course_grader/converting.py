"""Runs nbgrader's converters and turns their complaints into messages."""

import logging
import warnings
from typing import Any

from nbgrader.converters import NbGraderException


class ConverterError(RuntimeError):
    """nbgrader could not convert something; the text is its last complaint."""


class _Complaints(logging.Handler):
    """Collects what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def run_converter(converter: Any, log: logging.Logger) -> None:
    """Starts a converter; nbgrader's warnings for developers stay in its house.

    Args:
        converter: made by `Course.converter`.
        log: where the converter logs to.

    Raises:
        ConverterError: with the last line of the exception that nbgrader swallowed.
    """
    complaints = _Complaints()
    log.addHandler(complaints)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter.start()
    except NbGraderException as error:
        raise ConverterError(_cause(complaints.texts) or str(error)) from error
    finally:
        log.removeHandler(complaints)


def _cause(texts: list[str]) -> str:
    """The message of the last traceback among logged texts, else the first text."""
    for text in reversed(texts):
        if text.startswith("Traceback"):
            return text.strip().splitlines()[-1]
    return texts[0].strip() if texts else ""
