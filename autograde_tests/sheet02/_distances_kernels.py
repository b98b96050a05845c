"""Checks of exercise 3: kernels, and the maximum mean discrepancy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograde_tests import gradients
from autograde_tests.answers import Answer, array, given_copies, number, same
from autograde_tests.sheet02._distances_values import one
from course_utils import checks

DEFAULT = 36


@given_copies
def check_kernels(
    gaussian_kernel: Answer, breit_wigner_kernel: Answer, *, seed: int = DEFAULT
) -> None:
    """3a: the two kernels for all pairs of points, with their gradients.

    Args:
        gaussian_kernel: `(x, y, h)`, tensors `(n, d)` and `(m, d)`, to `(n, m)`.
        breit_wigner_kernel: the same.
        seed: of the hidden points.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    h = float(rng.uniform(0.6, 1.8))
    x, y = (torch.as_tensor(rng.normal(size=(size, 3))) for size in (5, 8))
    kernels: tuple[tuple[Answer, str, Callable[[Tensor, float], Tensor]], ...] = (
        (gaussian_kernel, "gaussian_kernel", lambda d2, h: torch.exp(-d2 / (2 * h**2))),
        (breit_wigner_kernel, "breit_wigner_kernel", lambda d2, h: h**2 / (h**2 + d2)),
    )
    for answer, called, shape in kernels:
        name = f"{called}(x, y, h)"
        d2 = _squares(x, y)
        got = array(answer(x, y, h), name, (5, 8))
        mistakes = {
            "lacks the factor 1/2 of the exponent": torch.exp(-d2 / h**2),
            "takes the distance, not its square": shape(d2.sqrt(), h),
            "divides by h, not by h²": shape(d2, h**0.5),
            "takes h for the full width: it is half of it": shape(d2, h / 2),
            "lacks the numerator: the kernel of a point with itself is 1": shape(d2, h) / h**2,
            "is 1 minus the kernel": 1 - shape(d2, h),
        }
        named = {says: value.numpy() for says, value in mistakes.items()}
        same(got, shape(d2, h).numpy(), named, name)

        def truth(x: Tensor, y: Tensor, shape: Callable[..., Tensor] = shape) -> Tensor:
            return shape(_squares(x, y), h)

        gradients.right(lambda x, y, of=answer: of(x, y, h), truth, {"x": x, "y": y}, name)


@given_copies
def check_mmd(mmd_squared: Answer, *, seed: int = DEFAULT) -> None:
    """3b: both estimates, with gradients; the one is never negative, the other has no bias.

    Args:
        mmd_squared: `(k_xx, k_yy, k_xy, unbiased)` to one number.
        seed: of the hidden samples.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    x, y = (torch.as_tensor(rng.normal(m, 1, (size, 2))) for m, size in ((0.0, 6), (0.8, 9)))
    given = {"k_xx": _gram(x, x), "k_yy": _gram(y, y), "k_xy": _gram(x, y)}
    for unbiased in (True, False):
        name = f"mmd_squared(k_xx, k_yy, k_xy, {unbiased})"

        def truth(*three: Tensor, unbiased: bool = unbiased) -> Tensor:
            return _mmd(three, unbiased)

        def answer(*three: Tensor, unbiased: bool = unbiased) -> Any:
            return mmd_squared(*three, unbiased)

        tensors = tuple(given.values())
        right = truth(*tensors)
        mixed = given["k_xy"].mean()
        wrong = {
            "takes the diagonal along" if unbiased else "leaves out the diagonal": _mmd(
                tensors, not unbiased
            ),
            "lacks the factor 2 of the mixed term": right + mixed,
            "adds the mixed term: subtract it": right + 4 * mixed,
            "is a square root": right.abs().sqrt(),
            "is clipped at zero": 0.0,
            "leaves out the diagonal but divides by n²": sum(
                (k.sum() - k.trace()) / k.numel() for k in tensors[:2]
            )
            - 2 * mixed,
        }
        one(answer(*tensors), float(right), wrong, name)
        gradients.right(answer, truth, given, name)
    _may_be_negative(mmd_squared, rng)


def _may_be_negative(mmd_squared: Answer, rng: np.random.Generator) -> None:
    """Samples of one distribution: their mean is zero since some values are negative."""
    name = "mmd_squared(k_xx, k_yy, k_xy, True)"
    samples = torch.as_tensor(rng.normal(size=(8, 2, 4, 1)))
    grams = [(_gram(x, x), _gram(y, y), _gram(x, y)) for x, y in samples]
    checks.close(
        [number(mmd_squared(*three, True), name) for three in grams],
        [float(_mmd(three, True)) for three in grams],
        rtol=1e-3,
        atol=1e-4,
        name=f"`{name}` of samples of one distribution",
        hint="without bias it may be negative: do not clip it.",
        reveal=False,
    )


def _squares(x: Tensor, y: Tensor) -> Tensor:
    return ((x[:, None] - y[None]) ** 2).sum(dim=2)


def _gram(x: Tensor, y: Tensor) -> Tensor:
    return torch.exp(-_squares(x, y) / 2)


def _mmd(three: tuple[Tensor, ...], unbiased: bool) -> Tensor:
    xx, yy, xy = three
    if not unbiased:
        return xx.mean() + yy.mean() - 2 * xy.mean()
    own = [(k.sum() - k.trace()) / (len(k) * (len(k) - 1)) for k in (xx, yy)]
    return own[0] + own[1] - 2 * xy.mean()


def _diagonal(unbiased: bool) -> str:
    return "takes the diagonal along" if unbiased else "leaves out the diagonal"
