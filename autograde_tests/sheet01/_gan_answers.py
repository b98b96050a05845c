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


def same(got: Array, right: Array, mistakes: Mapping[str, Array], name: str) -> None:
    """Passes if `got` is right; otherwise says which known mistake it reproduces, if any.

    Raises:
        CheckFailed: if `got` is not right to 1e-4, the room that float32 needs.
    """
    if np.allclose(got, right, rtol=1e-4, atol=1e-4):
        return
    for says, wrong in mistakes.items():
        if np.allclose(got, wrong, rtol=1e-4, atol=1e-4):
            raise checks.CheckFailed(f"`{name}`: {says}.")
    raise checks.CheckFailed(
        f"`{name}` is not right: it deviates by up to {np.abs(got - right).max():.2g}.\n"
        "Hint: check the signs, the learning rate and the order of the updates."
    )
