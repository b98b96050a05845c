"""Wrong answers to exercise 3d of `event_gan`: the spline flow."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograde_tests.cases import Case, wrong
from autograde_tests.sheet02 import events
from autograde_tests.sheet02.mutants._events_estimators import NOTEBOOK

_FLOW = ("spline", "flow_loss")
_HALF = float(np.log(2 * np.pi) / 2)


def _straight(right: Any, x: Tensor, knots_x: Tensor, knots_z: Tensor, slopes: Tensor) -> Any:
    """Every slope is that of its bin: linear pieces."""
    k = torch.searchsorted(knots_x[:, 1:-1].contiguous(), x)
    x0, x1, z0, z1 = (v.gather(1, k + i) for v in (knots_x, knots_z) for i in (0, 1))
    z, log_slope = right(x, knots_x, knots_z, slopes)
    inside = (x > knots_x[:, :1]) & (x < knots_x[:, -1:])
    return torch.where(inside, z0 + (z1 - z0) * (x - x0) / (x1 - x0), z), log_slope


def _everywhere(right: Any, x: Tensor, knots_x: Tensor, *rest: Tensor) -> Any:
    """Points outside of the knots are moved to the nearest one."""
    return right(x.clamp(knots_x[:, :1], knots_x[:, -1:]), knots_x, *rest)


def _next_slopes(right: Any, x: Tensor, knots_x: Tensor, knots_z: Tensor, slopes: Tensor) -> Any:
    return right(x, knots_x, knots_z, slopes.roll(1, dims=1))


def _by_xi(right: Any, x: Tensor, knots_x: Tensor, knots_z: Tensor, slopes: Tensor) -> Any:
    z, log_slope = right(x, knots_x, knots_z, slopes)
    s = (knots_z.diff(dim=1) / knots_x.diff(dim=1)).log()
    inside = (x > knots_x[:, :1]) & (x < knots_x[:, -1:])
    k = torch.searchsorted(knots_x[:, 1:-1].contiguous(), x)
    return z, torch.where(inside, log_slope - s.gather(1, k), log_slope)


def _half_detached(right: Any, *given: Tensor) -> Any:
    z, log_slope = right(*given)
    return z, log_slope.detach()


def _with(term: Any) -> Any:
    """The right loss and a term more."""

    def loss(right: Any, *given: Tensor) -> Any:
        return right(*given) + term(*given)

    return loss


SPLINE = Case(
    events.check_spline_flow,
    NOTEBOOK,
    _FLOW,
    1,
    {
        "spline: straight": wrong(0, _FLOW, _straight, "straight from knot to knot"),
        "spline: exchanged": wrong(
            0, _FLOW, lambda f, x, a, b, d: f(x, b, a, d), "exchanged"
        ),
        "spline: clamped outside": wrong(0, _FLOW, _everywhere, "outside of the knots"),
        "spline: slopes of the wrong knots": wrong(0, _FLOW, _next_slopes, "not right|outside"),
        "spline: slope": wrong(
            0, _FLOW, lambda f, *a: (f(*a)[0], f(*a)[1].exp()), "logarithm|outside"
        ),
        "spline: dx/dz": wrong(0, _FLOW, lambda f, *a: (f(*a)[0], -f(*a)[1]), "dx/dz"),
        "spline: by ξ": wrong(0, _FLOW, _by_xi, "factor s_k"),
        "spline: z alone": wrong(0, _FLOW, lambda f, *a: f(*a)[0], "2 things"),
        "spline: summed slope": wrong(
            0, _FLOW, lambda f, *a: (f(*a)[0], f(*a)[1].sum(dim=1)), "shape"
        ),
        "spline: no gradient": wrong(
            0, _FLOW, lambda f, *a: tuple(v.detach() for v in f(*a)), "gradient|differentiated"
        ),
        "spline: half a gradient": wrong(0, _FLOW, _half_detached, "gradient|differentiated"),
        "loss: no constant": wrong(1, _FLOW, _with(lambda *_: -_HALF), r"√\(2π\)"),
        "loss: sum": wrong(1, _FLOW, lambda f, x, *a: f(x, *a) * x.shape[1], "is a sum"),
        "loss: sign": wrong(1, _FLOW, lambda f, *a: -f(*a), "wrong sign"),
        "loss: all replicas": wrong(1, _FLOW, lambda f, *a: f(*a).mean(), "one number for all"),
        "loss: no gradient": wrong(
            1, _FLOW, lambda f, *a: f(*a).detach(), "gradient|differentiated"
        ),
        "loss: nothing": wrong(1, _FLOW, lambda *_: None, "None"),
    },
)  # fmt: skip
