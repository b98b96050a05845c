"""What the runner says of exceptions and printed text."""

import contextlib
import io
import traceback
from collections.abc import Iterator

from course_grader.runner.facts import kinds
from course_grader.runner.shell import Message, said

MAX_PRINTED = 100_000  # signs of a call
_PLAIN = str | bool | int | float | None
_LONGEST = 1_000  # signs of an argument of an exception


@contextlib.contextmanager
def printed() -> Iterator[io.StringIO]:
    """What is printed, instead of nowhere."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        yield text


def content(text: io.StringIO | None) -> str:
    """The text, cut where it is too long."""
    return "" if text is None else text.getvalue()[:MAX_PRINTED]


def raised(error: BaseException) -> Message:
    """An exception as data, with the lines of the notebook that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        [frame.lineno or 0, frame.name, frame.line or ""]
        for frame in frames
        if "ipykernel" in frame.filename or frame.filename.startswith(("<ipython", "/tmp/ipy"))
    ]
    plain = all(isinstance(one, _PLAIN) and len(str(one)) < _LONGEST for one in error.args)
    return {
        "said": "raised",
        "kinds": kinds(type(error)),
        "object": error,
        "arguments": list(error.args) if plain else None,
        "text": said(error),
        "lines": lines[-5:],
    }
