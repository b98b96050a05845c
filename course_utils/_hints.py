"""What usually went wrong: hints for the messages of `course_utils.checks`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_STEP = 1e-5  # of central differences in float64: errors of about 1e-10 on functions of order 1


def shape_hint(got: tuple[int, ...], expected: Sequence[int | None]) -> str:
    """The usual slip behind a wrong shape; empty if none fits.

    Example:
        >>> shape_hint((256, 1), (256,))
        'a last axis of length 1 too many: `.squeeze(-1)` removes it.'
    """
    wanted = tuple(expected)
    if wanted == () and got and all(n == 1 for n in got):
        return "an array with one entry: take the mean or index it to get the number itself."
    if wanted == () and got:
        return "did you forget the mean (or the sum) over the events?"
    if got == () and wanted:
        return "one number for all: did you average or sum over an axis too many?"
    if got == (*wanted, 1):
        return "a last axis of length 1 too many: `.squeeze(-1)` removes it."
    if (*got, 1) == wanted:
        return "a last axis of length 1 is missing: `.unsqueeze(-1)` adds it."
    if got == wanted[::-1] and len(got) > 1:
        return "the axes are swapped: events come first, features last."
    if len(got) + 1 == len(wanted):
        return "an axis is missing: did you sum or average over it?"
    if len(got) == len(wanted) + 1:
        return "an axis too many: is a sum, a mean or an index over it missing?"
    return ""


def common_factor(got: NDArray[Any], expected: NDArray[Any]) -> str:
    """Says so if all numbers are off by one factor.

    Example:
        >>> common_factor(np.array([-1.0, -3.0]), np.array([1.0, 3.0]))
        ' (the sign is wrong)'
    """
    usable = expected != 0
    if not usable.any() or got[~usable].any():
        return ""
    ratios = got[usable] / expected[usable]
    factor = ratios.flat[0]
    if not factor or not np.allclose(ratios, factor, rtol=1e-3):
        return ""
    if np.isclose(factor, 1.0, rtol=1e-4):
        return " (almost: is something rounded to float32, or a step too few?)"
    if np.isclose(factor, -1.0, rtol=1e-3):
        return " (the sign is wrong)"
    return f" (yours is {factor:.4g} times that)"


def told_apart(got: Any, expected: Any) -> tuple[str, str]:
    """Two different numbers with six digits, or with as many as it takes to see the difference.

    Example:
        >>> told_apart(0.5, 0.25), told_apart(78.356201, 78.356203)
        (('0.5', '0.25'), ('78.356201', '78.356203'))
    """
    for digits in (6, 9, 12, 17):
        texts = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def type_name(dtype: Any) -> str:
    """Name of a torch or numpy number type.

    Example:
        >>> type_name(torch.float32), type_name(np.float32), type_name("float32")
        ('float32', 'float32', 'float32')
    """
    if isinstance(dtype, torch.dtype):
        return str(dtype).removeprefix("torch.")
    return str(np.dtype(dtype).name)


def finite_differences(
    fn: Callable[[torch.Tensor], torch.Tensor], point: torch.Tensor
) -> NDArray[np.float64]:
    """Gradient of the sum of `fn` by central differences in float64, of the shape of `point`.

    Example:
        >>> finite_differences(lambda x: x**2, torch.tensor([3.0])).round(6)
        array([6.])
    """
    centre = point.detach().double()
    slopes = np.zeros(centre.numel())
    for k in range(centre.numel()):
        step = torch.zeros(centre.numel(), dtype=torch.float64, device=centre.device)
        step[k] = _STEP
        step = step.reshape(centre.shape)
        difference = fn(centre + step).sum() - fn(centre - step).sum()
        slopes[k] = float(difference.detach()) / (2 * _STEP)
    return slopes.reshape(tuple(centre.shape))
