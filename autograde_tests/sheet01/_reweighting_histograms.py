"""Checks of exercise 2c: the leading top, weighted histograms, pulls and their summary."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograde_tests.answers import Answer, Array, array, floats, given_copies, number, pair, parts
from autograde_tests.histograms import sums
from course_utils import checks, kinematics
from course_utils.data import read_ttbarj

DEFAULT = 23
EMPTIES = np.array([[1, 2, 0, 0], [0.3, 0.5, 0, 0], [2, 0, 3, 0], [0.4, 0, 1.5, 0]])
"""Two densities with their uncertainties: bins that both fill, one of them, and none."""
HIDDEN = Path(__file__).parent / "data"


@given_copies
def check_leading_top(leading_top: Answer, *, seed: int = DEFAULT) -> None:
    """2c (i): pT and mass of the top quark of larger pT, t or t̄.

    Args:
        leading_top: events `(n, 28)` to (pT, mass) in GeV, each `(n,)`.
        seed: picks the hidden events.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    x = hidden_events("lo")[rng.choice(25_000, 400, replace=False)]
    pt, mass = top_candidates(x)
    leading = (np.arange(len(x)), pt.argmax(axis=1))
    got_pt, got_mass = pair(leading_top(x), "leading_top(x)", len(x))
    for wrong, says in (
        (pt.min(axis=1), "returns the top of smaller pT"),
        (pt[:, 0], "always takes t: compare the transverse momenta event by event"),
        (pt[:, 1], "always takes t̄: compare the transverse momenta event by event"),
        (_scalar_sum(x), "adds up the pT of the jets: add the four-momenta first"),
    ):
        checks.true(not _agree(got_pt, wrong), f"`leading_top` {says}.")
    checks.true(
        _agree(got_pt, pt[leading]),
        "the pT of `leading_top` is not right: t = b1 + q1 + q̄'1 and t̄ = b̄2 + q̄2 + q'2, where "
        "four-momenta are added component by component.",
    )
    checks.true(
        not _agree(got_mass, mass.max(axis=1)),
        "the mass of `leading_top` is the larger of the two masses; the mass of the top of "
        "larger pT is asked for.",
    )
    checks.true(
        _agree(got_mass, mass[leading]),
        "the mass of `leading_top` is not that of the top of larger pT: m² = E² − |p|² of the "
        "summed four-momentum.",
    )


@given_copies
def check_weighted_histogram(weighted_histogram: Answer, *, seed: int = DEFAULT) -> None:
    """2c (ii): density of weighted events with the uncertainty √Σw².

    Args:
        weighted_histogram: `(values, weights, edges)` to (density, uncertainty), each `(n_bins,)`.
        seed: of the hidden events.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(100, 40, 3000), rng.gamma(4.0, 0.5, 3000)
    edges = np.array([20.0, 60.0, 70.0, 90.0, 130.0, 150.0, 900.0, 950.0])  # none in the last
    n, s1, s2 = sums(values, weights, edges)
    width, total = np.diff(edges), weights.sum()
    density, sigma = s1 / total / width, np.sqrt(s2) / total / width
    name = "weighted_histogram(values, weights, edges)"
    with np.errstate(all="ignore"):
        answer = weighted_histogram(values, weights, edges)
    got, got_sigma = pair([_filled(part, n, name) for part in parts(answer, 2, name)], name, 7)
    for wrong, says in (
        (s1, "returns sums of weights: divide by the total weight and the bin width"),
        (s1 / width, "is not divided by the total weight"),
        (s1 / total, "is not divided by the bin width"),
        (n / 3000 / width, "ignores the weights"),
        (s1 / s1.sum() / width, "is normalised to the events inside the edges; use all events"),
    ):
        checks.true(not np.allclose(got, wrong, rtol=1e-4), f"the density {says}.")
    checks.close(got, density, rtol=1e-4, name="the density", reveal=False)
    for wrong, says in (
        (np.sqrt(n) / 3000 / width, "is √(number of events): use the weights"),
        (np.sqrt(n) / total / width, "is √(number of events): use √Σw²"),
        (np.sqrt(s1) / total / width, "is √Σw: use √Σw²"),
        (s2 / total / width, "is Σw², without the square root"),
        (np.sqrt(s2), "is √Σw², but not scaled like the density"),
    ):
        checks.true(not np.allclose(got_sigma, wrong, rtol=1e-4), f"the uncertainty {says}.")
    # some take the small correlation through the normalisation into account: that is right too
    p = s1 / total
    exact = np.sqrt((1 - p) ** 2 * s2 + p**2 * (np.sum(weights**2) - s2)) / total / width
    checks.true(
        np.allclose(got_sigma, sigma, rtol=1e-4) or np.allclose(got_sigma, exact, rtol=1e-4),
        "the uncertainty of the density is not right: √Σw² of the bin, scaled like the density.",
    )


def _filled(answer: Any, n_events: Array, name: str) -> Array:
    """With 0 in bins without events, as equation (10) has it, where the answer has NaN."""
    checks.is_given(answer, name)
    column = floats(answer, name)
    checks.shape(column, n_events.shape, name=name)
    return np.where((n_events == 0) & np.isnan(column), 0.0, column)


@given_copies
def check_comparison(
    pulls: Answer, chi2_per_ndf: Answer, effective_sample_size: Answer, *, seed: int = DEFAULT
) -> None:
    """2c (iii): pulls, chi-square per degree of freedom, effective sample size.

    Args:
        pulls: `(density_a, sigma_a, density_b, sigma_b)`, arrays `(n_bins,)`, to pulls `(n_bins,)`.
        chi2_per_ndf: pulls to one number; NaN marks an empty bin.
        effective_sample_size: weights `(n,)` to one number.
        seed: of the hidden histograms.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    a, b, sigma_a, sigma_b = rng.uniform(0.5, 2.0, (4, 9))
    with np.errstate(all="ignore"):
        got = array(pulls(a, sigma_a, b, sigma_b), "pulls(…)", (9,))
        empties = floats(pulls(*EMPTIES), "pulls(…) with empty bins")
    for wrong, says in (
        ((b - a) / np.hypot(sigma_a, sigma_b), "have the wrong sign: a − b is asked for"),
        ((a - b) / (sigma_a + sigma_b), "add the uncertainties linearly; add their squares"),
        ((a - b) / (sigma_a**2 + sigma_b**2), "divide by the variance: a square root is missing"),
        ((a - b) / sigma_a, "leave out the uncertainty of b"),
        ((a - b) / sigma_b, "leave out the uncertainty of a"),
        ((a - b) / b, "are relative differences, not in units of the uncertainty"),
    ):
        checks.true(not np.allclose(got, wrong, rtol=1e-4), f"your pulls {says}.")
    right = (a - b) / np.hypot(sigma_a, sigma_b)
    checks.close(got, right, rtol=1e-4, name="pulls(…)", reveal=False)
    checks.shape(empties, (4,), name="pulls(…) with empty bins")
    checks.true(
        np.isnan(empties[3]),
        "the pull of a bin that is empty in both histograms must be NaN: it says nothing.",
    )
    checks.close(
        empties[:3],
        [-1.0 / np.hypot(0.3, 0.4), 4.0, -2.0],
        rtol=1e-4,
        name="pulls(…) of bins that are empty in one histogram only",
        hint="the other histogram has events there, with an uncertainty: this is a pull like any.",
        reveal=False,
    )
    known = np.append(rng.normal(0, 2, 12), [np.nan, np.nan])
    chi2 = number(chi2_per_ndf(known), "chi2_per_ndf(pulls)")
    squares = np.nansum(known**2)
    for wrong, says in (
        (squares, "is not divided by the number of bins"),
        (squares / 14, "counts empty bins as degrees of freedom"),
        (np.nanmean(np.abs(known)), "is a mean of absolute values; pulls are squared"),
        (np.sqrt(squares / 12), "has a square root too much"),
    ):
        checks.true(abs(chi2 / wrong - 1) > 1e-4, f"`chi2_per_ndf` {says}.")
    checks.close(chi2, squares / 12, rtol=1e-4, name="chi2_per_ndf(pulls)", reveal=False)
    _counts_events(effective_sample_size, rng)


def _counts_events(answer: Answer, rng: np.random.Generator) -> None:
    """Equal weights count fully whatever their size; zeros not at all; else (Σw)²/Σw²."""
    name = "effective_sample_size(weights)"
    weights = rng.gamma(2.0, 1.0, 300)
    right = weights.sum() ** 2 / np.sum(weights**2)
    got = number(answer(weights), name)
    for wrong, says in (
        (300.0, "is the number of events, whatever their weights"),
        (right / 300, "is a fraction; the number of events is asked for"),
        (np.sum(weights**2) / weights.sum() ** 2, "is upside down"),
        (weights.sum(), "is the sum of weights, which changes if all weights are doubled"),
    ):
        checks.true(abs(got / wrong - 1) > 1e-4, f"`{name}` {says}.")
    checks.close(got, right, rtol=1e-4, name=name, reveal=False)
    equal = number(answer(np.repeat([0.2, 0.0], [50, 7])), name)
    checks.close(equal, 50.0, rtol=1e-4, name=f"{name} of 50 equal weights, and some that are 0")


@cache
def hidden_events(order: str) -> Any:
    """Hidden tt̄j events, float32 `(25000, 28)`; read only, since they are kept."""
    events = read_ttbarj(HIDDEN / f"ttbarj_{order}.npy")
    events.flags.writeable = False
    return events


def top_candidates(x: Any) -> tuple[Array, Array]:
    """pT and mass in GeV of t and t̄, each `(n, 2)`."""
    jets = kinematics.ttbarj_p4(x)
    tops = np.stack((jets[:, 0:3].sum(axis=1), jets[:, 3:6].sum(axis=1)), axis=1)
    return kinematics.pt(tops), kinematics.mass(tops)


def _agree(got: Array, expected: Array) -> bool:
    """Within the room that float32 sums of energies of up to some TeV need."""
    return bool(np.allclose(got, expected, rtol=1e-4, atol=0.02))


def _scalar_sum(x: Any) -> Array:
    pt = kinematics.pt(kinematics.ttbarj_p4(x))
    return np.asarray(np.maximum(pt[:, 0:3].sum(axis=1), pt[:, 3:6].sum(axis=1)))
