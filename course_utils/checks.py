"""Friendly assertions for the visible checks of the notebooks.

Each function takes tensors, arrays or plain numbers, and raises `CheckFailed` with what was got,
what was expected, and what the usual cause is. In a notebook only that message is shown.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray

from course_utils import _hints
from course_utils._guard import when_done

__all__ = [
    "CheckFailed",
    "close",
    "dtype",
    "finite",
    "gradient",
    "is_given",
    "parts",
    "shape",
    "true",
    "when_done",
]


class CheckFailed(AssertionError):  # noqa: N818 - reads as the result of a check
    """An answer is not right yet; the message says why."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone, without the stack of the check.

        It has no colour of its own: red on the pink of JupyterLab's errors is hard to read.
        """
        return f"✗ {self}".split("\n")


def is_given(value: Any, name: str, *, hint: str = "") -> None:
    """The value is not None.

    Example:
        >>> is_given(None, "loss")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `loss` is None: does your function end with `return`?
    """
    if value is None:
        _fail(f"`{name}` is None: does your function end with `return`?", hint)


def parts(value: Any, expected: int, *, name: str = "value", hint: str = "") -> None:
    """A function gave so many things: `return a, b` gives two.

    Example:
        >>> parts((1.0, 2.0), 2, name="class_weights(…)")
        >>> parts(1.0, 2, name="class_weights(…)", hint="first LO, then NLO.")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `class_weights(…)` gives 1 thing, expected 2.
        Hint: first LO, then NLO.
    """
    is_given(value, name)
    try:
        got = len(value)
    except TypeError:
        got = 1
    if got != expected:
        _fail(f"`{name}` gives {got} thing{'s' * (got != 1)}, expected {expected}.", hint)


def true(condition: Any, message: str) -> None:
    """The condition holds; otherwise `message` is shown.

    Example:
        >>> true(torch.tensor(True), "the weights must be positive")
    """
    if not bool(condition):
        _fail(message)


def shape(
    value: Any, expected: tuple[int | None, ...], *, name: str = "value", hint: str = ""
) -> None:
    """The array has the expected shape; None stands for any length.

    Example:
        >>> shape(torch.zeros(256, 3), (None, 3), name="z")
        >>> shape(torch.zeros(256), (), name="loss")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `loss` has shape (256,), expected () (one number).
        Hint: did you forget the mean (or the sum) over the events?
    """
    got = _array(value, name).shape
    if len(got) == len(expected) and all(
        want is None or have == want for have, want in zip(got, expected, strict=True)
    ):
        return
    wanted = str(expected).replace("None", "any") + (" (one number)" if expected == () else "")
    _fail(f"`{name}` has shape {got}, expected {wanted}.", hint or _hints.shape_hint(got, expected))


def dtype(value: Any, expected: Any, *, name: str = "value", hint: str = "") -> None:
    """The array has the expected number type, as `torch.float32`, `np.float64` or `"int64"`.

    Example:
        >>> dtype(torch.zeros(2), torch.float32, name="x")
        >>> dtype(np.zeros(2), "float32", name="x")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `x` holds float64 numbers, expected float32.
        Hint: convert it, with `.astype(np.float32)` (numpy) or `.float()` (torch).
    """
    _array(value, name)
    got = _hints.type_name(getattr(value, "dtype", np.asarray(value).dtype))
    wanted = _hints.type_name(expected)
    if got != wanted:
        usual = "convert it, with `.astype(np.float32)` (numpy) or `.float()` (torch)."
        _fail(
            f"`{name}` holds {got} numbers, expected {wanted}.",
            hint or (usual if (got, wanted) == ("float64", "float32") else ""),
        )


def finite(value: Any, name: str = "value", *, hint: str = "") -> None:
    """No number is NaN or infinite.

    Example:
        >>> finite([0.0, float("nan"), 2.0], "weights")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `weights` has 1 of 3 numbers that are NaN or infinite...
        Hint: a division by 0, the log of 0 or less, or an exp of a large number?
    """
    array = _array(value, name)
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(index[0]) for index in np.nonzero(bad)) if array.ndim else ()
        where = f", the first at index {first if len(first) > 1 else first[0]}" if first else ""
        _fail(
            f"`{name}` has {bad.sum()} of {bad.size} numbers that are NaN or infinite{where}.",
            hint or "a division by 0, the log of 0 or less, or an exp of a large number?",
        )


def close(
    got: Any,
    expected: Any,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    name: str = "value",
    hint: str = "",
    reveal: bool = True,
) -> None:
    """The numbers agree: |got − expected| ≤ atol + rtol |expected|, with equal shapes.

    Args:
        got: the student's numbers.
        expected: the right ones.
        rtol: relative tolerance; the defaults suit float32.
        atol: absolute tolerance, in the unit of the numbers.
        name: what the student calls it.
        hint: the usual mistake; shown when the check fails.
        reveal: whether the message may show the numbers. Hidden tests set False.

    Raises:
        CheckFailed: if they do not agree.

    Example:
        >>> close(torch.tensor(0.5), 0.25, name="kl")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `kl` is 0.5, expected 0.25 (yours is 2 times that).
    """
    have, want = _array(got, name), _array(expected, "expected")
    shape(have, want.shape, name=name, hint=hint)
    have, want = (a.astype(np.result_type(a, np.float64)) for a in (have, want))
    finite(have, name)
    wrong = ~(np.abs(have - want) <= atol + rtol * np.abs(want))
    if not wrong.any():
        return
    if not reveal:
        share = "" if want.size == 1 else f" in {wrong.sum()} of {want.size} entries"
        _fail(f"`{name}` is not the right value{share}.", hint)
    factor = _hints.common_factor(have, want)
    if want.size == 1:
        got, expected = _hints.told_apart(have.item(), want.item())
        _fail(f"`{name}` is {got}, expected {expected}{factor}.", hint)
    first = tuple(int(index[0]) for index in np.nonzero(wrong))
    at = first if len(first) > 1 else first[0]
    got, expected = _hints.told_apart(have[first], want[first])
    _fail(
        f"`{name}` differs from the expected value in {wrong.sum()} of {want.size} entries, "
        f"the first at index {at}: got {got}, expected {expected}{factor}.",
        hint,
    )


def gradient(
    fn: Callable[[torch.Tensor], torch.Tensor],
    x: Any,
    expected: Any = None,
    *,
    name: str = "the function",
    rtol: float = 1e-4,
    atol: float = 1e-6,
    hint: str = "",
    reveal: bool = True,
) -> None:
    """Automatic differentiation of `fn` at `x` gives the expected gradient.

    Args:
        fn: differentiable function of one tensor; the sum of its values is differentiated.
        x: where; a tensor keeps its type if `expected` is given, else float64 is used.
        expected: gradient of the shape of `x`; None compares with central finite differences.
        name: what the student calls the function.
        rtol: relative tolerance.
        atol: absolute tolerance.
        hint: the usual mistake.
        reveal: as in `close`.

    Raises:
        CheckFailed: if no gradient flows, or another one.

    Example:
        >>> gradient(lambda x: (x**2).sum(), torch.tensor([1.0, 2.0]), [2.0, 4.0])
        >>> gradient(lambda x: x.detach().sum(), torch.ones(2), name="loss")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: no gradient flows through `loss`...
        Hint: stay in torch from the input to the result: no `.item()`, `.detach()`, ...
    """
    point = torch.as_tensor(x).detach().clone()
    if expected is None or not point.is_floating_point():
        point = point.double()
    value = fn(point.requires_grad_())
    is_given(value, name)
    slope = None
    if isinstance(value, torch.Tensor) and value.requires_grad:
        (slope,) = torch.autograd.grad(value.sum(), point, allow_unused=True)
    if slope is None:
        _fail(
            f"no gradient flows through `{name}` to its input.",
            hint
            or "stay in torch from the input to the result: no `.item()`, `.detach()`, "
            "`.numpy()`, `float(...)` or `torch.tensor(...)` on the way.",
        )
    wanted = _hints.finite_differences(fn, point) if expected is None else expected
    label = f"gradient of {name}"
    close(slope, wanted, rtol=rtol, atol=atol, name=label, hint=hint, reveal=reveal)


def _array(value: Any, name: str) -> NDArray[Any]:
    """The answer as an array of numbers."""
    if isinstance(value, np.ndarray) and value.shape == () and value.dtype == object:
        value = value.item()  # np.asarray(None)
    is_given(value, name)
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError):
        array = np.asarray(None)
    if array.dtype.kind not in "biufc":
        _fail(
            f"`{name}` is of type {type(value).__name__}, expected a tensor, an array or a number."
        )
    return array


def _fail(message: str, hint: str = "") -> NoReturn:
    raise CheckFailed(f"{message}\nHint: {hint}" if hint else message)
