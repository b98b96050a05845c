"""Checks of exercises 3f and 3g: the mass of the pair by what a network makes, and MMD."""

import numpy as np
import torch
from torch import Tensor

from autograde_tests import gradients
from autograde_tests.answers import Answer, Array, array, given_copies, plain, same
from course_utils import checks
from course_utils.data import ETA_CUT, PT_CUT

DEFAULT = 55
KERNEL = torch.cos
"""Even and 1 at zero; torch's own, so that an answer calls it where it runs, gradients included."""


@given_copies
def check_pair_mass(pair_mass: Answer, *, seed: int = DEFAULT) -> None:
    """3f: the mass in GeV by value and gradient.

    Args:
        pair_mass: standardised numbers `(n_replicas, n_events, 3)`, their means and standard
            deviations before, `(3,)`, to masses `(n_replicas, n_events)`.
        seed: of the hidden numbers.

    Raises:
        CheckFailed: with what does not hold.
    """
    stream = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 9, 3, generator=stream, dtype=torch.float64)
    near = torch.rand(2, 3, generator=stream, dtype=torch.float64)
    mean = torch.tensor([3.2, 0.1, -0.1], dtype=torch.float64) + 0.2 * near[0]
    scale = torch.tensor([0.5, 0.5, 0.4], dtype=torch.float64) + 0.2 * near[1]
    given = {"x": x, "mean": mean, "scale": scale}
    name = "pair_mass(x, mean, scale)"
    right = true_mass(**given)
    pt, eta = _pt_eta(**given)
    delta = eta[..., 0] - eta[..., 1]
    slope = torch.atanh(eta / ETA_CUT)
    mistakes = {
        "lacks the cut of pT: 10 GeV were subtracted before the logarithm": (
            2 * (pt - PT_CUT) * torch.cosh(delta / 2)
        ),
        "takes Δη for Δη/2": 2 * pt * torch.cosh(delta),
        "adds η₁ and η₂: their difference enters": 2 * pt * torch.cosh(eta.sum(dim=-1) / 2),
        "lacks the factor 2: both muons have this pT": right / 2,
        "takes artanh(η/2.5) for η: undo it": 2 * pt * torch.cosh(slope.diff(dim=-1)[..., 0] / 2),
        "lacks the factor 2.5 of η": 2 * pt * torch.cosh(delta / ETA_CUT / 2),
        "does not undo the standardisation": true_mass(
            x, torch.zeros_like(mean), torch.ones_like(scale)
        ),
        "is the square of the mass": right**2,
    }
    same(
        array(plain(pair_mass(*given.values())), name, (2, 9)),
        right.numpy(),
        {says: value.numpy() for says, value in mistakes.items()},
        name,
    )
    gradients.right(pair_mass, true_mass, given, name, by=("x",))


def true_mass(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Mass of a pair of massless muons that balance each other, in GeV."""
    pt, eta = _pt_eta(x, mean, scale)
    return 2 * pt * torch.cosh((eta[..., 0] - eta[..., 1]) / 2)


def _pt_eta(x: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    reduced = mean + scale * x
    return PT_CUT + reduced[..., 0].exp(), ETA_CUT * torch.tanh(reduced[..., 1:])


@given_copies
def check_mmd_term(breit_wigner: Answer, mmd_squared: Answer, *, seed: int = DEFAULT) -> None:
    """3g: kernel and unbiased MMD² of each replica, by value and gradient.

    Args:
        breit_wigner: differences of any shape and a width to the kernel, of the same shape.
        mmd_squared: values `(n_replicas, n)` and `(n_replicas, m)` and a kernel, a function of
            differences, to `(n_replicas,)`.
        seed: of the hidden values.

    Raises:
        CheckFailed: with what does not hold.
    """
    stream = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=stream, dtype=torch.float64)

    d, width = 3 * draw(4, 5), float(0.5 + draw(1).abs())
    _is_kernel(breit_wigner, d, width)
    x, y = draw(3, 11), 0.5 + 1.4 * draw(3, 7)
    given = {"x": x, "y": y}
    name = "mmd_squared(x, y, kernel)"

    def answer(x: Tensor, y: Tensor) -> object:
        return mmd_squared(x, y, KERNEL)

    xx, yy, xy = (_kernels(*pair) for pair in ((x, x), (y, y), (x, y)))
    right = true_mmd(x, y)
    biased = xx.mean((1, 2)) + yy.mean((1, 2)) - 2 * xy.mean((1, 2))
    half = right + xy.mean((1, 2))
    mistakes = {
        "is biased: leave out the pairs of a point with itself": biased,
        "has the factor 2 of the mixed term missing": half,
        "is the root: return MMD²": right.clamp(min=0).sqrt(),
        "has the wrong sign of the mixed term": right + 4 * xy.mean((1, 2)),
        "has the wrong sign": -right,
    }
    same(
        array(plain(answer(**given)), name, (3,)),
        right.numpy(),
        {says: value.numpy() for says, value in mistakes.items()},
        name,
    )
    gradients.right(answer, true_mmd, given, name)
    values: Array = array(plain(answer(draw(3000, 6), draw(3000, 4))), name, (3000,))
    checks.true(
        abs(values.mean()) < 5 * values.std() / len(values) ** 0.5,
        f"`{name}` is not zero on average for samples of one distribution.",
    )


def true_mmd(x: Tensor, y: Tensor) -> Tensor:
    """Unbiased MMD² of the values in each row, with the kernel of the check."""
    within = (
        (_kernels(one, one).sum((1, 2)) - one.shape[1]) / (one.shape[1] * (one.shape[1] - 1))
        for one in (x, y)
    )
    return sum(within, start=torch.zeros(())) - 2 * _kernels(x, y).mean((1, 2))


def _kernels(x: Tensor, y: Tensor) -> Tensor:
    return KERNEL(x[:, :, None] - y[:, None, :])


def _is_kernel(breit_wigner: Answer, d: Tensor, width: float) -> None:
    name = "breit_wigner(d, width)"
    right = 1 / (1 + (d / width) ** 2)
    same(
        array(plain(breit_wigner(d, width)), name, tuple(d.shape)),
        right.numpy(),
        {
            "is not 1 at zero": (right / width).numpy(),
            "is not 1 at zero: multiply by width²": (right / width**2).numpy(),
            "multiplies by the width: the difference is divided by it": (
                1 / (1 + (d * width) ** 2)
            ).numpy(),
            "lacks the square of the difference": (1 / (1 + d.abs() / width)).numpy(),
            "is a Gaussian": torch.exp(-((d / width) ** 2) / 2).numpy(),
            "takes half the width: (10) is one half at d = width": (
                1 / (1 + (2 * d / width) ** 2)
            ).numpy(),
            "is squared": np.square(right.numpy()),
        },
        name,
    )
    gradients.right(
        lambda d: breit_wigner(d, width), lambda d: 1 / (1 + (d / width) ** 2), {"d": d}, name
    )
