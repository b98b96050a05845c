"""Takes answers apart: whatever a student returns becomes float64 arrays, or a clear message."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from course_utils import checks

Array = NDArray[np.float64]
Answer = Callable[..., Any]
"""A function that a student wrote."""

_Given = ParamSpec("_Given")
_Points = TypeVar("_Points")


def given_copies(check: Callable[_Given, _Points]) -> Callable[_Given, _Points]:
    """Decorates a check or a measurement: what its answers get are copies.

    So its own arrays stay what they are, whatever an answer does to its arguments: the truth may
    be computed before or after the call. `untouched` asks for what became of the arguments.

    Example:
        >>> def empty(x):
        ...     x[:] = 0
        >>> @given_copies
        ... def check(answer):
        ...     x = np.ones(2)
        ...     answer(x)
        ...     print(x)
        >>> check(empty)
        [1. 1.]
    """

    @functools.wraps(check)
    def checked(*given: _Given.args, **options: _Given.kwargs) -> _Points:
        answers: Any = [
            value if isinstance(value, _GivenCopies) or not callable(value) else _GivenCopies(value)
            for value in given
        ]
        return check(*answers, **options)

    return checked


class _GivenCopies:
    """An answer that is called with copies of the arguments."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, *given: Any, **options: Any) -> Any:
        given, options = copied((given, options))
        return self.answer(*given, **options)


def copied(value: Any) -> Any:
    """Arrays and tensors, also inside of containers, as copies; gradients still pass.

    Example:
        >>> x = np.ones(1)
        >>> copied((x, {"n": 3}))[0] is x
        False
    """
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(copied(part) for part in value)
    return value


def array(value: Any, name: str, shape: tuple[int | None, ...], *, hint: str = "") -> Array:
    """The answer as finite float64 numbers of the expected shape (None: any length).

    Raises:
        CheckFailed: if it is missing, no array of numbers, of another shape, or not finite.

    Example:
        >>> array(torch.ones(2, requires_grad=True), "D", (2,))
        array([1., 1.])
    """
    checks.is_given(value, name)
    if isinstance(value, list | tuple):
        value = [plain(entry) for entry in value]
    try:
        numbers = np.asarray(plain(value), dtype=np.float64)
    except (TypeError, ValueError, RuntimeError):
        raise checks.CheckFailed(f"`{name}` must be an array of numbers.") from None
    checks.shape(numbers, shape, name=name)
    checks.finite(numbers, name, hint=hint)
    return numbers


def plain(value: Any) -> Any:
    """A tensor without its graph, on the CPU; anything else as it is."""
    return value.detach().cpu() if isinstance(value, torch.Tensor) else value


def number(value: Any, name: str) -> float:
    """The answer as one finite number.

    Example:
        >>> number(torch.tensor(0.5), "loss")
        0.5
    """
    return float(array(value, name, ()))


def floats(value: Any, name: str) -> Array:
    """The answer as numbers that may be NaN or infinite.

    Raises:
        CheckFailed: if it is no array of numbers.

    Example:
        >>> floats([1, float("nan")], "pulls")
        array([ 1., nan])
    """
    try:
        return np.asarray(plain(value), dtype=np.float64)
    except (TypeError, ValueError, RuntimeError):
        raise checks.CheckFailed(f"`{name}` must be an array of numbers.") from None


def parts(value: Any, n_parts: int, name: str) -> tuple[Any, ...]:
    """The entries of a tuple, a list or an array of `n_parts`.

    Raises:
        CheckFailed: if it has another number of them, or none at all.

    Example:
        >>> parts([1.0, None], 2, "class_weights(n_lo, n_nlo)")
        (1.0, None)
    """
    checks.is_given(value, name)
    try:
        entries = tuple(value)
    except TypeError:
        entries = ()
    checks.true(
        len(entries) == n_parts,
        f"`{name}` must return {n_parts} things: `return a, b` makes a tuple.",
    )
    return entries


def pair(value: Any, name: str, length: int) -> tuple[Array, Array]:
    """Two arrays of finite numbers, each of shape `(length,)`.

    Raises:
        CheckFailed: if the answer is not that.

    Example:
        >>> pair(([1], [2]), "leading_top(x)", 1)
        (array([1.]), array([2.]))
    """
    checks.is_given(value, name)
    try:
        first, second = value
    except (TypeError, ValueError):
        raise checks.CheckFailed(f"`{name}` must return two arrays: `return a, b`.") from None
    return array(first, f"{name}[0]", (length,)), array(second, f"{name}[1]", (length,))


def untouched(answer: Answer, name: str, *arrays: NDArray[Any], **options: Any) -> Any:
    """Calls the answer with copies and refuses one that changes its input.

    Raises:
        CheckFailed: if it does.

    Example:
        >>> untouched(lambda x: x + 1, "shift", np.zeros(2))
        array([1., 1.])
    """
    copies = [values.copy() for values in arrays]
    theirs = answer.answer if isinstance(answer, _GivenCopies) else answer
    result = theirs(*copies, **options)
    for copy, values in zip(copies, arrays, strict=True):
        checks.true(
            np.array_equal(copy, values),
            f"`{name}` changes its input in place (`x -= mean`, `x[:, 0] = ...`): work on a copy.",
        )
    return result


def agrees(
    got: Array, right: Array, mistakes: Mapping[str, Array], name: str, *, tolerance: float = 1e-4
) -> bool:
    """Whether `got` is right; a wrong answer that is a known mistake is named at once.

    Args:
        got: the answer, of the shape of `right`.
        right: the right numbers.
        mistakes: what a known mistake says about itself, with the numbers that it gives.
        name: what the student calls the answer.
        tolerance: relative and absolute; the default is the room that float32 needs.

    Raises:
        CheckFailed: with the mistake whose numbers these are; without any hidden number.
    """
    if np.allclose(got, right, rtol=tolerance, atol=tolerance):
        return True
    for says, wrong in mistakes.items():
        if np.allclose(got, wrong, rtol=tolerance, atol=tolerance):
            raise checks.CheckFailed(f"`{name}`: {says}.")
    return False


def same(
    got: Array,
    right: Array,
    mistakes: Mapping[str, Array],
    name: str,
    *,
    tolerance: float = 1e-4,
) -> None:
    """Passes if `got` is right.

    Args:
        got: the answer, of the shape of `right`.
        right: the right numbers.
        mistakes: what a known mistake says about itself, with the numbers that it gives.
        name: what the student calls the answer.
        tolerance: relative and absolute; the default is the room that float32 needs.

    Raises:
        CheckFailed: if not, with the mistake whose numbers these are; without any hidden number.

    Example:
        >>> one = np.ones(1)
        >>> same(2 * one, one, {"a factor 1/2 is missing": 2 * one}, "kl")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `kl`: a factor 1/2 is missing.
    """
    if agrees(got, right, mistakes, name, tolerance=tolerance):
        return
    n_wrong = int(np.sum(~np.isclose(got, right, rtol=tolerance, atol=tolerance)))
    raise checks.CheckFailed(
        f"`{name}` is not right in {n_wrong} of {right.size} entries.\n"
        "Hint: compute one event by hand, with the equations of the task, and compare."
    )
