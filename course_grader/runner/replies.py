"""What the runner says of exceptions and printed text."""

import contextlib
import io
import traceback
from collections.abc import Iterator

from course_grader.runner.shell import Message, said

MAX_PRINTED = 100_000  # signs of a call


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
    kinds = [one.__name__ for one in type(error).__mro__ if one.__module__ == "builtins"]
    return {
        "said": "raised",
        "type": type(error).__name__[:100],
        "kinds": kinds,
        "text": said(error),
        "lines": lines[-5:],
    }
