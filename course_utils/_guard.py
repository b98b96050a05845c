"""Given cells that wait politely for code that is not written yet."""

from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import FrameType, TracebackType
from typing import Any

from course_utils._errors import explain

_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


class when_done:  # noqa: N801 - reads as a statement: `with checks.when_done("2a"):`
    """Runs a given cell as soon as the code that it needs is written.

    Inside the `with` block, a stub without code (`raise NotImplementedError()`) ends the block
    with a note and no error; so does a name of the cell that no earlier cell has made. Every other
    error passes through; in a notebook it is shown as one line of the student's own with a hint,
    a `CheckFailed` as its message.

    Args:
        task: number of the task, as `"2a"`.

    Example:
        >>> def bce_loss(logits, labels):
        ...     raise NotImplementedError()
        >>> with when_done("2a"):
        ...     bce_loss(0.0, 1.0)
        ○ Task 2a is still open: `bce_loss` has no code yet.
        >>> with when_done("2b"):
        ...     half = 1 / 2
        ✓ Task 2b: this cell ran as it should.
    """

    def __init__(self, task: str) -> None:
        self.task = task

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is None:
            print(f"✓ Task {self.task}: this cell ran as it should.")
            return False
        if traceback is None:
            return False
        stub = _stub(error, traceback)
        if stub:
            print(f"○ Task {self.task} is still open: {stub}.")
            return True
        name = _missing_name(error, traceback)
        if name:
            print(
                f"○ Task {self.task} waits: `{name}` is made in an earlier cell that is not done "
                "yet."
            )
            return True
        if isinstance(error, Exception) and not hasattr(error, "_render_traceback_"):
            shown = explain(error, traceback, self.task)
            shows: Any = error  # IPython asks an error for this method
            shows._render_traceback_ = lambda: shown.split("\n")
        return False


def _frames(traceback: TracebackType) -> list[FrameType]:
    """From the frame of the `with` statement to the one that raised."""
    frames: list[FrameType] = []
    step: TracebackType | None = traceback
    while step is not None:
        frames.append(step.tb_frame)
        step = step.tb_next
    return frames


def _stub(error: BaseException, traceback: TracebackType) -> str:
    """What to say of the notebook's function whose stub raised; empty if none did.

    A stub raises without a message and belongs to the same namespace as the cell; libraries that
    raise NotImplementedError do not.
    """
    if not isinstance(error, NotImplementedError) or error.args:
        return ""
    frames = _frames(traceback)
    if len(frames) < 2 or frames[-1].f_globals is not frames[0].f_globals:
        return ""
    code = frames[-1].f_code
    name = code.co_qualname.split("<locals>.")[-1].removesuffix(".__init__")
    n_arguments = code.co_argcount + code.co_kwonlyargcount
    variadic = bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    if code.co_names == ("NotImplementedError",) and code.co_nlocals == n_arguments + variadic:
        return f"`{name}` has no code yet"
    return (
        f"`{name}` still has the line `raise NotImplementedError()`: "
        "write its code, then delete that line"
    )


def _missing_name(error: BaseException, traceback: TracebackType) -> str:
    """The name that the cell itself looked up in vain, at the top level of `__main__`."""
    if not isinstance(error, NameError) or isinstance(error, UnboundLocalError) or not error.name:
        return ""
    cell, *inner = _frames(traceback)
    top_level = cell.f_code.co_name == "<module>" and cell.f_globals.get("__name__") == "__main__"
    own = all(
        frame.f_code.co_filename == cell.f_code.co_filename
        and frame.f_code.co_name in _COMPREHENSIONS
        for frame in inner
    )
    return error.name if top_level and own else ""
