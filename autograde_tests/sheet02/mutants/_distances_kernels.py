"""Wrong answers to exercise 3 of `distances`: kernels and the maximum mean discrepancy."""

from typing import Any

import torch
from torch import Tensor

from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import distances

NOTEBOOK = "distances"

_KERNELS = ("gaussian_kernel", "breit_wigner_kernel")


def _squares(x: Tensor, y: Tensor) -> Tensor:
    return ((x[:, None] - y[None]) ** 2).sum(dim=2)


def _each_feature(_: Any, x: Tensor, y: Tensor, h: float) -> Tensor:
    return torch.exp(-((x[:, None] - y[None]) ** 2) / (2 * h**2)).mean(dim=2)


KERNELS = Case(
    distances.check_kernels,
    NOTEBOOK,
    _KERNELS,
    0.25,
    {
        "Gaussian: no half": wrong(
            0, _KERNELS, lambda f, x, y, h: torch.exp(-_squares(x, y) / h**2), "factor 1/2"
        ),
        "Gaussian: distance": wrong(
            0,
            _KERNELS,
            lambda f, x, y, h: torch.exp(-(_squares(x, y) ** 0.5) / (2 * h**2)),
            "not its square",
        ),
        "Gaussian: h": wrong(0, _KERNELS, lambda f, x, y, h: f(x, y, h**0.5), "divides by h,"),
        "Gaussian: features apart": wrong(0, _KERNELS, _each_feature, "not right"),
        "Gaussian: pairs": wrong(0, _KERNELS, lambda f, x, y, h: f(x, y, h).diagonal(), "shape"),
        "Gaussian: transposed": wrong(0, _KERNELS, lambda f, x, y, h: f(y, x, h), "shape"),
        "Gaussian: no gradient": wrong(0, _KERNELS, lambda f, *a: f(*a).detach(), "by x"),
        "Gaussian: no gradient by y": wrong(
            0, _KERNELS, lambda f, x, y, h: f(x, y.detach(), h), "by y"
        ),
        "Breit-Wigner: no numerator": wrong(
            1, _KERNELS, lambda f, x, y, h: 1 / (h**2 + _squares(x, y)), "numerator"
        ),
        "Breit-Wigner: distance": wrong(
            1,
            _KERNELS,
            lambda f, x, y, h: h**2 / (h**2 + _squares(x, y) ** 0.5),
            "not its square",
        ),
        "Breit-Wigner: h": wrong(1, _KERNELS, lambda f, x, y, h: f(x, y, h**0.5), "divides by h,"),
        "Breit-Wigner: full width": wrong(
            1, _KERNELS, lambda f, x, y, h: f(x, y, h / 2), "full width"
        ),
        "Breit-Wigner: complement": wrong(1, _KERNELS, lambda f, *a: 1 - f(*a), "1 minus"),
        "Breit-Wigner: no gradient": wrong(
            1, _KERNELS, lambda f, x, y, h: f(x.detach(), y, h), "by x"
        ),
        "constant": wrong(
            1, _KERNELS, lambda f, x, y, h: f(x, y, h) * 0 + 4 / 29, "not right", is_slip=False
        ),
    },
)

_MMD = ("mmd_squared",)


def _wrong_count(_: Any, xx: Tensor, yy: Tensor, xy: Tensor, unbiased: bool) -> Tensor:
    own = [(k.sum() - unbiased * k.trace()) / k.numel() for k in (xx, yy)]
    return own[0] + own[1] - 2 * xy.mean()


def _one_size(_: Any, xx: Tensor, yy: Tensor, xy: Tensor, unbiased: bool) -> Tensor:
    n = len(xx)
    own = [(k.sum() - unbiased * k.trace()) / (n * (n - unbiased)) for k in (xx, yy)]
    return own[0] + own[1] - 2 * xy.sum() / (n * n)


MMD = Case(
    distances.check_mmd,
    NOTEBOOK,
    _MMD,
    0.5,
    {
        "always biased": wrong(0, _MMD, lambda f, *a: f(*a[:3], False), "takes the diagonal along"),
        "always unbiased": wrong(0, _MMD, lambda f, *a: f(*a[:3], True), "leaves out the diagonal"),
        "divided by n²": wrong(0, _MMD, _wrong_count, "divides by n²"),
        "one size": wrong(0, _MMD, _one_size, "not right"),
        "mixed term once": wrong(0, _MMD, lambda f, *a: f(*a) + a[2].mean(), "factor 2"),
        "mixed term added": wrong(0, _MMD, lambda f, *a: f(*a) + 4 * a[2].mean(), "subtract"),
        "square root": wrong(0, _MMD, lambda f, *a: f(*a).abs().sqrt(), "square root"),
        "clipped": wrong(0, _MMD, lambda f, *a: f(*a).clamp(min=0), "clip|gradient"),
        "no gradient": wrong(0, _MMD, lambda f, *a: f(*a).detach(), "k_xx"),
        "no gradient by k_xy": wrong(
            0, _MMD, lambda f, xx, yy, xy, u: f(xx, yy, xy.detach(), u), "by k_xy"
        ),
        "an item": wrong(0, _MMD, lambda f, *a: f(*a).item(), "gradient"),
        "constant": wrong(0, _MMD, lambda f, *a: f(*a) * 0 - 0.1, "not right", is_slip=False),
    },
)
