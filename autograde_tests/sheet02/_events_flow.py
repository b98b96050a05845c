"""Check of exercise 3d: a monotonic spline as a flow in one dimension."""

import numpy as np
import torch
from torch import Tensor

from autograde_tests import gradients
from autograde_tests.answers import Answer, Array, array, given_copies, parts, plain, same
from course_utils import checks

DEFAULT = 54
N_REPLICAS, N_BINS, N_POINTS = 3, 5, 24
HALF_LOG_2PI = float(np.log(2 * np.pi) / 2)


@given_copies
def check_spline_flow(spline: Answer, flow_loss: Answer, *, seed: int = DEFAULT) -> None:
    """3d: spline, its slope, and the loss, by value and gradient.

    Args:
        spline: points `(n_replicas, n_points)`, knots in x and in z and slopes there, each
            `(n_replicas, n_bins + 1)`, to (z, log dz/dx), each `(n_replicas, n_points)`.
        flow_loss: the same arguments to one number a replica.
        seed: of the hidden splines.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    given = _splines(rng)
    x = given["x"]
    z, log_slope = _pair(spline, given)
    right, right_slope = (values.numpy() for values in true_spline(**given))
    outside = (np.abs(x.numpy()) > 3).astype(bool)
    checks.true(
        np.allclose(z[outside], x.numpy()[outside], atol=1e-4)
        and np.allclose(log_slope[outside], 0, atol=1e-4),
        "`spline(…)` is not z = x with slope 1 outside of the knots.",
    )
    same(z, right, _mistaken_places(given, right), "spline(…)[0]")
    same(
        log_slope,
        right_slope,
        {
            "is the slope: return its logarithm": np.exp(right_slope),
            "has the wrong sign: dz/dx, not dx/dz": -right_slope,
            "lacks a factor s_k: differentiate by x, not by ξ": right_slope
            - np.where(outside, 0.0, np.log(_steepness(given).numpy())),
        },
        "spline(…)[1]",
    )
    at_knots = {**given, "x": given["knots_x"][:, 1:-1].clone()}
    z, log_slope = _pair(spline, at_knots)
    same(z, given["knots_z"][:, 1:-1].numpy(), {}, "spline(…)[0] at the knots")
    same(np.exp(log_slope), given["slopes"][:, 1:-1].numpy(), {}, "the slope at the knots")
    _has_gradients(spline, given)
    _is_loss(flow_loss, given)


def true_spline(
    x: Tensor, knots_x: Tensor, knots_z: Tensor, slopes: Tensor
) -> tuple[Tensor, Tensor]:
    """z and log dz/dx of equation (9)."""
    inside = (x >= knots_x[:, :1]) & (x <= knots_x[:, -1:])
    k = torch.searchsorted(knots_x[:, 1:-1].contiguous(), x.detach().contiguous())
    x0, z0, d0 = (values.gather(1, k) for values in (knots_x, knots_z, slopes))
    x1, z1, d1 = (values.gather(1, k + 1) for values in (knots_x, knots_z, slopes))
    s, xi = (z1 - z0) / (x1 - x0), ((x - x0) / (x1 - x0)).clamp(0, 1)
    below = s + (d0 + d1 - 2 * s) * xi * (1 - xi)
    z = z0 + (z1 - z0) * (s * xi**2 + d0 * xi * (1 - xi)) / below
    slope = s**2 * (d1 * xi**2 + 2 * s * xi * (1 - xi) + d0 * (1 - xi) ** 2) / below**2
    return torch.where(inside, z, x), torch.where(inside, slope.log(), torch.zeros_like(z))


def true_loss(x: Tensor, knots_x: Tensor, knots_z: Tensor, slopes: Tensor) -> Tensor:
    """Negative log-likelihood of a point, the mean over the points of each replica."""
    z, log_slope = true_spline(x, knots_x, knots_z, slopes)
    return (z**2 / 2 + HALF_LOG_2PI - log_slope).mean(dim=1)


def _splines(rng: np.random.Generator) -> dict[str, Tensor]:
    """Points from -4 to 4 and splines between -3 and 3, none of them near a knot."""

    def knots() -> Array:
        widths = rng.dirichlet(np.full(N_BINS, 8.0), N_REPLICAS)
        return np.pad(6 * np.cumsum(widths, axis=1), ((0, 0), (1, 0))) - 3

    slopes = np.pad(
        rng.uniform(0.4, 2.5, (N_REPLICAS, N_BINS - 1)), ((0, 0), (1, 1)), constant_values=1.0
    )
    knots_x, knots_z = knots(), knots()
    x = rng.uniform(-4, 4, (N_REPLICAS, N_POINTS))
    near = np.abs(x[:, :, None] - knots_x[:, None, :]).min(axis=2) < 1e-3
    values = {"x": np.where(near, -3.5, x), "knots_x": knots_x, "knots_z": knots_z}
    return {name: torch.as_tensor(value) for name, value in {**values, "slopes": slopes}.items()}


def _pair(spline: Answer, given: dict[str, Tensor]) -> tuple[Array, Array]:
    name = "spline(x, knots_x, knots_z, slopes)"
    z, log_slope = parts(spline(*given.values()), 2, name)
    shape = tuple(given["x"].shape)
    return array(z, f"{name}[0]", shape), array(log_slope, f"{name}[1]", shape)


def _steepness(given: dict[str, Tensor]) -> Tensor:
    """s_k of the bin of each point."""
    s = given["knots_z"].diff(dim=1) / given["knots_x"].diff(dim=1)
    return s.gather(1, torch.searchsorted(given["knots_x"][:, 1:-1].contiguous(), given["x"]))


def _mistaken_places(given: dict[str, Tensor], right: Array) -> dict[str, Array]:
    """Wrong z by what they say."""
    x, knots_x, knots_z, slopes = given.values()
    linear = np.stack(
        [np.interp(*(v.numpy() for v in one)) for one in zip(x, knots_x, knots_z, strict=True)]
    )
    back = true_spline(x, knots_z, knots_x, slopes)[0].numpy()
    outside = np.abs(x.numpy()) > 3
    return {
        "goes straight from knot to knot: the slopes do not enter": np.where(
            outside, right, linear
        ),
        "has the knots in x and in z exchanged": back,
    }


def _has_gradients(spline: Answer, given: dict[str, Tensor]) -> None:
    """By the parameters: a training needs them."""
    by = ("knots_z", "slopes")
    for part, name in enumerate(("spline(…)[0]", "spline(…)[1]")):
        gradients.right(
            lambda *values, part=part: spline(*values)[part],
            lambda *values, part=part: true_spline(*values)[part],
            given,
            name,
            by=by,
        )


def _is_loss(flow_loss: Answer, given: dict[str, Tensor]) -> None:
    name = "flow_loss(x, knots_x, knots_z, slopes)"
    right = true_loss(**given).numpy()
    z, log_slope = (values.numpy() for values in true_spline(**given))
    same(
        array(plain(flow_loss(*given.values())), name, (N_REPLICAS,)),
        right,
        {
            "lacks log √(2π): it belongs to the unit Gaussian": right - HALF_LOG_2PI,
            "adds log dz/dx: a stretched density is lower": right + 2 * log_slope.mean(axis=1),
            "lacks log dz/dx": right + log_slope.mean(axis=1),
            "is a sum over the points: take the mean": right * N_POINTS,
            "has the wrong sign": -right,
            "lacks the factor 1/2 of z²/2": right + (z**2).mean(axis=1) / 2,
        },
        name,
    )
    gradients.right(flow_loss, true_loss, given, name, by=("knots_z", "slopes"))
