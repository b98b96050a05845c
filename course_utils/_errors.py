"""An error in a student's own code, told in a few lines: where, what, and what it usually means.

The traceback of a mistake with shapes is ten frames of torch around one line of the student's. In a
notebook only that line is shown, the error's own words, and a hint.
"""

import linecache
import re
from types import TracebackType

_MOST_LINES, _MOST_CHARACTERS = 2, 240
_UNNAMED = {"<module>", "<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
_RETURN = "something here is None: does the function that made it end with `return`?"
_SHAPES = (
    "two arrays whose shapes do not fit meet in this line: print the `.shape` of each above it."
)
_HINTS = (
    ("NoneType", _RETURN),
    ("before assignment|not associated with a value", "give it a value first, on every way there."),
    (
        "name '.*' is not defined",
        "is it spelled as in the arguments and in the set-up cell? Did you run that cell?",
    ),
    (
        "cannot be multiplied|matmul|inner dimensions|not aligned",
        "A @ B needs as many columns of A as rows of B: print the `.shape` of both above it.",
    ),
    (
        "must match the size|could not be broadcast|not broadcastable|must match the existing size|"
        "shape mismatch|Sizes of tensors must match|is invalid for input of size|cannot reshape|"
        "all the input array dimensions",
        _SHAPES,
    ),
    (
        "Dimension out of range|axis .* out of bounds|AxisError|[Tt]oo many indices",
        "the array has fewer axes than this line asks for: print its `.shape` above it.",
    ),
    ("out of bounds|out of range", "counting starts at 0 and ends at the length minus 1."),
    (
        "values to unpack|cannot unpack|not iterable",
        "another number of things comes back than this line takes apart: look at the `return`.",
    ),
    (
        "positional argument|keyword argument|multiple values for",
        "compare the arguments of the call with the line `def …` of the function.",
    ),
    (
        "[Cc]an't call numpy|requires grad",
        "in a loss or network stay in torch; elsewhere `.detach().numpy()` leaves the gradient.",
    ),
    ("same device|device type|cuda|mps", "move both to one device, `.to(x.device)`, or `.cpu()`."),
    (
        "dtype|scalar type|Float and Double|Double and Float|did not match",
        "two kinds of numbers meet: `.float()` or `.double()` makes them the same.",
    ),
    (
        "does not have a grad_fn|does not require grad",
        "the gradient is lost on the way: no `.item()`, `.detach()`, `.numpy()`, `float(…)`.",
    ),
    ("in-place", "change parameters inside `with torch.no_grad():`."),
    ("second time", "compute the loss again in each step: a graph serves one gradient."),
    (
        "ambiguous|only (length-1|integer scalar|one element|0-dimensional)|one element tensors|"
        "single-element|converted to Python scalars|cannot be converted to Scalar",
        "an array stands where one number is needed: take its mean or sum, or use `torch.where`.",
    ),
    (
        "must be Tensor|not a Tensor|must be real number|unsupported operand|ufunc|no loop|"
        "can't convert|must be a Tensor|not supported between",
        "torch takes tensors, NumPy takes arrays: `torch.as_tensor(a)` and `t.numpy()` convert.",
    ),
    ("has no attribute", "is the name spelled right, and is this a tensor, an array or a number?"),
    (
        "not callable",
        "a name of a function was given to a value, or brackets are one pair too many.",
    ),
    ("has no len", "a number stands where several things are needed: look at the `return`."),
    ("recursion", "the function calls itself without an end."),
    ("division by zero", "print what stands below the fraction line."),
)
_USUAL = "print the values and the shapes that meet in this line."


def explain(error: BaseException, traceback: TracebackType, task: str) -> str:
    """What a student sees of an error in the block of `checks.when_done`.

    Args:
        error: what was raised.
        traceback: from the frame of the block on.
        task: number of the task.

    Example:
        >>> try:
        ...     [0.5, 1.0][2]
        ... except IndexError as error:
        ...     print(explain(error, error.__traceback__, "2a"))
        ✗ Task 2a: this cell cannot go on with what your code returned, at
            → [0.5, 1.0][2]
        IndexError: list index out of range
        Hint: counting starts at 0 and ends at the length minus 1.
    """
    where, line = _own_line(traceback)
    lines = [line[:_MOST_CHARACTERS] for line in str(error).strip().splitlines()[:_MOST_LINES]]
    said = "\n".join(lines) or "(it says nothing more)"
    source = f"\n    → {line}" if line else ""
    kind = type(error).__name__
    return f"✗ Task {task}: {where}, at{source}\n{kind}: {said}\nHint: {hint_for(error)}"


def hint_for(error: BaseException) -> str:
    """What such an error usually means.

    Example:
        >>> hint_for(ZeroDivisionError("division by zero"))
        'print what stands below the fraction line.'
    """
    text = f"{type(error).__name__}: {error}"
    return next((hint for pattern, hint in _HINTS if re.search(pattern, text)), _USUAL)


def _own_line(traceback: TracebackType) -> tuple[str, str]:
    """Whose line stopped, and the line: the innermost one that was written in the notebook."""
    cell, last = traceback.tb_frame, traceback
    step: TracebackType | None = traceback
    while step is not None:
        if step.tb_frame.f_globals is cell.f_globals:
            last = step
        step = step.tb_next
    code = last.tb_frame.f_code
    line = linecache.getline(code.co_filename, last.tb_lineno).strip()
    name = code.co_qualname.split("<locals>.")[-1]
    if code.co_filename == cell.f_code.co_filename and name in _UNNAMED:
        return "this cell cannot go on with what your code returned", line
    return f"`{name}` ends with an error", line
