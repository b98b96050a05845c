"""Wrong answers to the notebook `toy_gans`, and what its cured GAN is measured against."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograde_tests.answers import Array
from autograde_tests.cases import Case, Control, MetricCase, Mutant, Namespace, Variant, wrong
from autograde_tests.sheet02 import toy_gans
from autograde_tests.sheet02._toy_quality import (
    N_REPLICAS,
    RING,
    floor_cure,
    measure_cure,
    quality,
    ring,
)
from autograde_tests.sheet02.mutants._toy_games import DIRAC, FORCE
from autograde_tests.sheet02.mutants._toy_losses import CROSS_ENTROPY, OTHER_LOSSES
from autograde_tests.sheet02.mutants._toy_slopes import PENALTIES, POWER, SLOPES
from course_utils.training import train_gans

_MEASURES = ("good_share", "modes_covered")
_CURE = ("generate",)


def _any_event(_: Any, x: Tensor, centres: Tensor, width: float) -> Tensor:
    distance, nearest = torch.cdist(x, centres.to(x)).min(dim=-1)
    own = nearest[..., None] == torch.arange(len(centres))
    return (own & (distance < 3 * width)[..., None]).any(dim=-2).sum(dim=-1)


def _all_events(right: Any, x: Tensor, centres: Tensor, width: float) -> Any:
    return right(x, centres, 100 * width)


def _of_all(_: Any, x: Tensor, centres: Tensor, width: float) -> Tensor:
    distance, nearest = torch.cdist(x, centres.to(x)).min(dim=-1)
    own = nearest[..., None] == torch.arange(len(centres))
    n_good = (own & (distance < 3 * width)[..., None]).sum(dim=-2)
    return (n_good >= 0.2 * x.shape[-2]).sum(dim=-1)


_MEASURES_CASE = Case(
    toy_gans.check_measures,
    "toy_gans",
    _MEASURES,
    0.75,
    {
        "within one width": wrong(0, _MEASURES, lambda f, x, c, w: f(x, c, w / 3), "not one"),
        "number of events": wrong(
            0, _MEASURES, lambda f, x, c, w: f(x, c, w) * x.shape[-2], "not their share"
        ),
        "share of bad events": wrong(0, _MEASURES, lambda f, *a: 1 - f(*a), "bad events"),
        "mean over replicas": wrong(0, _MEASURES, lambda f, *a: f(*a).mean(), "shape"),
        "each coordinate": wrong(
            0,
            _MEASURES,
            lambda f, x, c, w: (
                ((x[..., None, :] - c).abs() < 3 * w).all(-1).any(-1).double().mean(-1)
            ),
            "not right",
        ),
        "one event is enough": wrong(1, _MEASURES, _any_event, "any good event"),
        "bad events count": wrong(1, _MEASURES, _all_events, "do not count"),
        "a fifth of all": wrong(1, _MEASURES, _of_all, "0.2 n / m"),
        "share of modes": wrong(
            1, _MEASURES, lambda f, x, c, w: f(x, c, w) / len(c), "not right|fifth"
        ),
        "constant": wrong(
            1, _MEASURES, lambda f, x, c, w: torch.ones(x.shape[:-2]), "not right", is_slip=False
        ),
    },
)


def _moved(z: Tensor) -> Tensor:
    """A continuous map to a ring without peaks, for each replica another turn."""
    angle = 2 * torch.pi * torch.special.ndtr(torch.as_tensor(z)[..., 0])
    turns = torch.arange(N_REPLICAS)[:, None] / N_REPLICAS
    return 2 * torch.stack([(angle + turns).cos(), (angle + turns).sin()], dim=-1)


def _truth(z: Tensor) -> Tensor:
    """No network: the peaks themselves."""
    z = torch.as_tensor(z, dtype=torch.float64)
    mode = (8 * torch.special.ndtr(z[..., 0])).long().clamp(0, 7)
    turns = torch.arange(N_REPLICAS)[:, None] % 8
    return (
        RING[(mode + turns) % 8]
        + 0.1 * z[..., [1, 1]] * (1 + torch.arange(N_REPLICAS) / 100)[:, None, None]
    )


def _noisy(z: Tensor) -> Tensor:
    return _moved(z) + 0.1 * torch.randn(N_REPLICAS, len(z), 2)


_CURE_CASE = Case(
    toy_gans.check_cure,
    "toy_gans",
    _CURE,
    1,
    {
        "one replica": Mutant(lambda _: (lambda z: _moved(z)[0],), "shape"),
        "replicas alike": Mutant(
            lambda _: (lambda z: _moved(z)[:1].expand(N_REPLICAS, -1, -1),), "several replicas"
        ),
        "noise of its own": Mutant(lambda _: (_noisy,), "latent vector alone"),
        "NaN": Mutant(lambda _: (lambda z: _moved(z) * torch.nan,), "NaN"),
        "a point": Mutant(
            lambda _: (lambda z: _moved(z) * 0.01 + 2,), "of 1 points", is_slip=False
        ),
        "no network": Mutant(lambda _: (_truth,), "jumps from peak to peak", is_slip=False),
    },
    trained=True,
    stand_ins={"generate": _moved},
)


def _collapsed(namespace: Namespace) -> tuple[Callable[[Tensor], Tensor]]:
    """The notebook's GANs without a cure, on the same seeds."""
    for_d, for_g = namespace["game"](namespace["bce_discriminator"], namespace["non_saturating"])
    gans = train_gans(namespace["x_ring"], for_d, for_g, namespace["COLLAPSE"], namespace["SEEDS"])
    return (lambda z: gans.generator(z).detach(),)


_LOSSES = "losses = game(bce_discriminator, non_saturating, r1(0.2))"
_GAN = "losses = game(bce_discriminator, non_saturating, lipschitz(1.0, one_sided=True))"
_SETTINGS = "settings = replace(COLLAPSE, n_critic=1, lr_discriminator=3e-3)"
_TWO, _FIVE = (_SETTINGS.replace("n_critic=1", f"n_critic={n}") for n in (2, 5))

VARIANTS = tuple(
    Variant("toy_gans", name, changes)
    for name, changes in {
        "R1, two steps of D": ((_SETTINGS, _TWO),),
        "one-sided penalty": ((_LOSSES, _GAN),),
        "one-sided penalty, two steps of D": ((_LOSSES, _GAN), (_SETTINGS, _TWO)),
        "relativistic, one-sided penalty, two steps of D": (
            (
                _LOSSES,
                _GAN.replace("bce_discriminator, non_saturating", "ra_discriminator, ra_generator"),
            ),
            (_SETTINGS, _TWO),
        ),
        "WGAN-GP, five steps of the critic": (
            (_LOSSES, "losses = game(critic_loss, critic_generator, lipschitz(1.0, False))"),
            (_SETTINGS, _FIVE),
        ),
        "spectral norm, five steps of D": (
            (_LOSSES, "losses = game(bce_discriminator, non_saturating)"),
            (_SETTINGS, _FIVE.replace("3e-3)", "3e-3, normalise=SpectralNorm())")),
        ),
    }.items()
)

METRICS = (
    MetricCase(
        measure=measure_cure,
        notebook="toy_gans",
        answers=_CURE,
        weak=_collapsed,
        weak_name="the collapsed GANs",
        floor=floor_cure,
    ),
)


def _without_a_mode(seed: int) -> float:
    """W1 of rings that lack one of the peaks."""
    first = RING.numpy()[0]
    lacking = [x[np.linalg.norm(x - first, axis=1) > 1][:600] for x in _rings(seed)]
    return quality(np.stack(lacking), seed)["ring_w1"]


def _rings(seed: int) -> list[Array]:
    return [ring(1000, 100 * seed + k) for k in range(N_REPLICAS)]


CONTROLS = (
    Control(
        metric="ring_w1",
        deformation="one of the eight peaks is missing",
        deformed=_without_a_mode,
        truth=lambda seed: quality(np.stack(_rings(seed)), seed)["ring_w1"],
        limit=0.25,
    ),
)

CASES = (
    CROSS_ENTROPY,
    OTHER_LOSSES,
    SLOPES,
    PENALTIES,
    POWER,
    DIRAC,
    FORCE,
    _MEASURES_CASE,
    _CURE_CASE,
)
