"""Wrong answers to exercises 3f and 3g of `event_gan`: mass of the pair, MMD."""

from typing import Any

import torch
from torch import Tensor

from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import events
from autograde_tests.sheet02.mutants._events_estimators import NOTEBOOK
from course_utils.data import ETA_CUT, PT_CUT

_MASS = ("pair_mass",)


def _parts(x: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    reduced = mean + scale * x
    return PT_CUT + reduced[..., 0].exp(), ETA_CUT * torch.tanh(reduced[..., 1:])


def _without_cut(_: Any, *given: Tensor) -> Tensor:
    pt, eta = _parts(*given)
    return 2 * (pt - PT_CUT) * torch.cosh((eta[..., 0] - eta[..., 1]) / 2)


def _whole_difference(_: Any, *given: Tensor) -> Tensor:
    pt, eta = _parts(*given)
    return 2 * pt * torch.cosh(eta[..., 0] - eta[..., 1])


def _sum(_: Any, *given: Tensor) -> Tensor:
    pt, eta = _parts(*given)
    return 2 * pt * torch.cosh((eta[..., 0] + eta[..., 1]) / 2)


def _no_factor(_: Any, *given: Tensor) -> Tensor:
    pt, eta = _parts(*given)
    return 2 * pt * torch.cosh((eta[..., 0] - eta[..., 1]) / ETA_CUT / 2)


MASS = Case(
    events.check_pair_mass,
    NOTEBOOK,
    _MASS,
    0.5,
    {
        "no cut": wrong(0, _MASS, _without_cut, "lacks the cut"),
        "whole difference": wrong(0, _MASS, _whole_difference, "takes Δη"),
        "sum of η": wrong(0, _MASS, _sum, "adds η"),
        "no 2.5": wrong(0, _MASS, _no_factor, "lacks the factor 2.5"),
        "half": wrong(0, _MASS, lambda f, *a: f(*a) / 2, "lacks the factor 2:"),
        "square": wrong(0, _MASS, lambda f, *a: f(*a) ** 2, "square of the mass"),
        "not standardised": wrong(
            0, _MASS, lambda f, x, m, s: f(x, 0 * m, 0 * s + 1), "does not undo"
        ),
        "divided by the scale": wrong(0, _MASS, lambda f, x, m, s: f(x, m, 1 / s), "not right"),
        "no gradient": wrong(0, _MASS, lambda f, *a: f(*a).detach(), "gradient|differentiated"),
        "mean": wrong(0, _MASS, lambda f, *a: f(*a).mean(), "one number for all"),
        "nothing": wrong(0, _MASS, lambda *_: None, "None"),
    },
)

_MMD = ("breit_wigner", "mmd_squared")


def _means(x: Tensor, y: Tensor, kernel: Any) -> list[Tensor]:
    return [kernel(a[:, :, None] - b[:, None, :]).mean((1, 2)) for a, b in ((x, x), (y, y), (x, y))]


def _biased(_: Any, x: Tensor, y: Tensor, kernel: Any) -> Tensor:
    xx, yy, xy = _means(x, y, kernel)
    return xx + yy - 2 * xy


def _one_mixed(right: Any, x: Tensor, y: Tensor, kernel: Any) -> Any:
    return right(x, y, kernel) + _means(x, y, kernel)[2]


def _own_kernel(right: Any, x: Tensor, y: Tensor, kernel: Any) -> Any:
    return right(x, y, lambda d: 1 / (1 + d**2))


def _over_replicas(right: Any, x: Tensor, y: Tensor, kernel: Any) -> Any:
    return right(x.reshape(1, -1), y.reshape(1, -1), kernel).expand(len(x))


MMD = Case(
    events.check_mmd_term,
    NOTEBOOK,
    _MMD,
    1,
    {
        "kernel: Gaussian": wrong(
            0, _MMD, lambda _, d, w: torch.exp(-(d**2) / 2 / w**2), "Gaussian"
        ),
        "kernel: not 1": wrong(0, _MMD, lambda f, d, w: f(d, w) / w, "not 1 at zero"),
        "kernel: multiplied": wrong(0, _MMD, lambda f, d, w: f(d, 1 / w), "multiplies"),
        "kernel: half the width": wrong(0, _MMD, lambda f, d, w: f(d, w / 2), "half the width"),
        "kernel: no square": wrong(0, _MMD, lambda _, d, w: 1 / (1 + d.abs() / w), "square of"),
        "kernel: no gradient": wrong(
            0, _MMD, lambda f, d, w: f(d.detach(), w), "gradient|differentiated"
        ),
        "biased": wrong(1, _MMD, _biased, "is biased"),
        "one mixed term": wrong(1, _MMD, _one_mixed, "factor 2 of the mixed"),
        "root": wrong(1, _MMD, lambda f, *a: f(*a).clamp(min=0).sqrt(), "root|not right"),
        "sign": wrong(1, _MMD, lambda f, *a: -f(*a), "wrong sign"),
        "own kernel": wrong(1, _MMD, _own_kernel, "not right"),
        "all replicas together": wrong(1, _MMD, _over_replicas, "not right"),
        "one number": wrong(1, _MMD, lambda f, *a: f(*a).mean(), "one number for all"),
        "no gradient by x": wrong(
            1, _MMD, lambda f, x, y, k: f(x.detach(), y, k), "gradient|differentiated"
        ),
        "no gradient": wrong(1, _MMD, lambda f, *a: f(*a).detach(), "gradient|differentiated"),
        "nothing": wrong(1, _MMD, lambda *_: None, "None"),
    },
)
