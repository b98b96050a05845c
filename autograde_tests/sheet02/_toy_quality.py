"""Checks of `toy_gans`, 2h and 2i: measures of a generator, and how good the cured one is."""

import math

import numpy as np
import ot
import torch
from numpy.typing import NDArray
from torch import Tensor

from autograde_tests.answers import Answer, Array, array, given_copies, same
from autograde_tests.sheet02._calibration import CALIBRATION
from course_utils import checks

DEFAULT = 24
WIDTH = 0.1
N_REPLICAS = 20
N_EVENTS = 400  # of W1, which costs their third power; 50 for each peak
_ANGLES = 2 * math.pi * torch.arange(8, dtype=torch.float64) / 8
RING = 2 * torch.stack([_ANGLES.cos(), _ANGLES.sin()], dim=-1)
JUMP = 0.7  # half of the way from peak to peak: no network makes it in a thousandth of its input


def counted(x: Tensor, centres: Tensor, width: float) -> tuple[Tensor, Tensor]:
    """Share of good events and good events of each centre, for events `(n_replicas, n, 2)`."""
    distances = torch.linalg.vector_norm(x[..., None, :] - centres, dim=-1)
    nearest = distances.argmin(dim=-1)
    good = distances.min(dim=-1).values < 3 * width
    modes = torch.arange(len(centres))
    n_good = ((nearest[..., None] == modes) & good[..., None]).sum(dim=-2)
    return good.double().mean(dim=-1), n_good


@given_copies
def check_measures(good_share: Answer, modes_covered: Answer, *, seed: int = DEFAULT) -> None:
    """2h: on events around some of the modes, in any numbers, with bad ones and NaN.

    Args:
        good_share: `(x, centres, width)` to the share of good events.
        modes_covered: the same to the number of covered modes.
        seed: of the hidden centres and events.

    Raises:
        CheckFailed: with the mistake, if it is a known one.
    """
    rng = np.random.default_rng(seed)
    n_modes, n_events = int(rng.integers(4, 9)), int(rng.integers(150, 250))
    width = float(rng.uniform(0.05, 0.3))
    places = rng.permutation([(i, j) for i in range(4) for j in range(4)])[:n_modes]
    centres = torch.tensor(places * 12.0 * width)
    shares = rng.dirichlet(np.full(n_modes, 0.4), size=4)
    shares[2] = 1 / n_modes
    chosen = np.stack([rng.choice(n_modes, n_events, p=share) for share in shares])
    x = centres[torch.tensor(chosen)] + width * torch.tensor(rng.normal(0, 2, (4, n_events, 2)))
    x[2, chosen[2] == 0] = centres[0] + 4.5 * width * torch.tensor([1.0, 0.0])  # a mode of bad ones
    x[3] = torch.nan
    share, n_good = counted(x, centres, width)
    covered = (n_good >= 0.2 * n_events / n_modes).sum(dim=-1)
    _, n_wide = counted(x, centres, 100 * width)
    wide = (n_wide >= 0.2 * n_events / n_modes).sum(dim=-1)
    mistakes = {
        "it counts modes with any good event at all": (n_good > 0).sum(dim=-1),
        "events that are not good do not count": wide,
        "a fifth of its due is 0.2 n / m": (n_good >= 0.2 * n_events).sum(dim=-1),
        "its due is n / m, a fifth is enough": (n_good >= n_events / n_modes).sum(dim=-1),
        "it counts events, not modes": n_good.sum(dim=-1),
    }
    for replicas in (slice(0, 4), 0):
        shape = (4,) if isinstance(replicas, slice) else ()
        given = x[replicas], centres, width
        label = "good_share(x, centres, width)"
        one_width, _ = counted(x, centres, width / 3)
        same(
            array(good_share(*given), label, shape),
            share[replicas].numpy(),
            {
                "good is within 3 widths, not one": one_width[replicas].numpy(),
                "it is the number of good events, not their share": (
                    n_events * share[replicas]
                ).numpy(),
                "it is the share of bad events": 1 - share[replicas].numpy(),
            },
            label,
        )
        label = "modes_covered(x, centres, width)"
        right = covered[replicas].numpy().astype(np.float64)
        wrong = {says: value[replicas].numpy() for says, value in mistakes.items()}
        got = array(modes_covered(*given), label, shape)
        same(got, right, wrong, label)


def earth_mover(x: Array, y: Array) -> float:
    """Exact W1 of two samples of equal weights."""
    weights = (np.full(len(one), 1 / len(one)) for one in (x, y))
    return float(ot.emd2(*weights, ot.dist(x, y, metric="euclidean")))


def ring(n_events: int, seed: int) -> Array:
    """Events of the true ring."""
    rng = np.random.default_rng(seed)
    return _around(rng.integers(len(RING), size=n_events), rng)


def _around(mode: NDArray[np.int64], rng: np.random.Generator) -> Array:
    return RING.numpy()[mode] + WIDTH * rng.normal(size=(len(mode), 2))


def quality(x: Array, seed: int) -> dict[str, float]:
    """What is measured of events `(n_replicas, n, 2)`."""
    _, n_good = counted(torch.tensor(x), RING, WIDTH)
    lost = (n_good < 0.2 * x.shape[1] / len(RING)).any(dim=-1)
    rng = np.random.default_rng(seed + 500)
    truth = _around(np.arange(N_EVENTS) % len(RING), rng)  # the same for each peak: less noise
    distances = [earth_mover(one[:N_EVENTS], truth) for one in x]
    return {"ring_lost": float(lost.double().mean()), "ring_w1": float(np.mean(distances))}


@given_copies
def measure_cure(generate: Answer, *, seed: int = DEFAULT) -> dict[str, float]:
    """Share of replicas that lost a mode, and mean W1 from the truth, on hidden latent vectors.

    Args:
        generate: latent vectors `(n, 2)` to events `(20, n, 2)`.
        seed: of the latent vectors and of the true events.

    Raises:
        CheckFailed: if these are not events of twenty networks.
    """
    stream = torch.Generator().manual_seed(seed + 77)
    z = torch.randn(2000, 2, generator=stream)
    name = "generate(z)"
    events = array(generate(z), name, (N_REPLICAS, len(z), 2))
    order = torch.randperm(len(z), generator=stream)
    again = array(generate(z[order]), name, (N_REPLICAS, len(z), 2))
    checks.close(
        again,
        events[:, order.numpy()],
        rtol=1e-3,
        atol=1e-3,
        name=f"{name} of the same latent vectors in another order",
        hint="each event follows from its latent vector alone.",
        reveal=False,
    )
    checks.true(
        len(np.unique(np.round(events[:, 0], 4), axis=0)) == N_REPLICAS,
        f"`{name}` gives the same events for several replicas: train 20 seeds.",
    )
    way = torch.linspace(0, 1, 2001)[:, None] * (z[1] - z[0]) + z[0]
    path = array(generate(way), name, (N_REPLICAS, len(way), 2))
    steps = np.linalg.norm(np.diff(path, axis=1), axis=-1)
    checks.true(
        steps.max() < JUMP,
        f"`{name}` jumps from peak to peak: these are not events of a network.",
    )
    return quality(events, seed)


def floor_cure(seed: int) -> dict[str, float]:
    """Truth against truth."""
    return quality(np.stack([ring(2000, 100 * seed + k) for k in range(N_REPLICAS)]), seed)


def check_cure(generate: Answer, *, seed: int = DEFAULT) -> float:
    """2i: points for the share of replicas with lost modes and for W1; prints both."""
    return CALIBRATION.credit(measure_cure(generate, seed=seed), {"ring_lost": 0.5, "ring_w1": 0.5})
