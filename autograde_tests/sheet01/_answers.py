"""Takes answers apart: whatever a student returns becomes float64 arrays, or a clear message."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course_utils import checks

Array = NDArray[np.float64]


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
