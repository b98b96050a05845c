"""Checks of exercises 4b and 4c: Kolmogorov-Smirnov, chi-square of a peak, AUC."""

import numpy as np
from scipy.stats import ks_2samp, rankdata

from autograde_tests.answers import Answer, Array, given_copies
from autograde_tests.sheet02._distances_values import one

DEFAULT = 38


@given_copies
def check_mass_statistics(ks_statistic: Answer, peak_chi2: Answer, *, seed: int = DEFAULT) -> None:
    """4b: the largest distance of two cumulative distributions, the chi-square of two histograms.

    Args:
        ks_statistic: `(x, y)`, shapes `(n,)` and `(m,)`, to one number.
        peak_chi2: `(x, y, edges)` to one number.
        seed: of the hidden samples.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    for n, m, shift, width in ((60, 95, 0.4, 1.0), (95, 60, -0.4, 1.0), (80, 80, 0.0, 0.3)):
        x, y = rng.normal(size=n), rng.normal(shift, width, m)
        name = "ks_statistic(x, y)"
        both = np.concatenate((x, y))
        ranks = [np.searchsorted(np.sort(s), both, side="right") / len(s) for s in (x, y)]
        rises = ranks[0] - ranks[1]
        one(
            ks_statistic(x, y),
            float(ks_2samp(x, y).statistic),
            {
                "lacks the absolute value": float(rises.max()),
                "lacks the absolute value (or has the samples swapped)": float(-rises.min()),
                "is a mean difference: take the largest": float(np.abs(rises).mean()),
                "counts events: each sample is normalised to one": float(
                    np.abs(ranks[0] * n - ranks[1] * m).max()
                ),
            },
            name,
        )
    _is_chi2(peak_chi2, rng)


def _is_chi2(peak_chi2: Answer, rng: np.random.Generator) -> None:
    name = "peak_chi2(x, y, edges)"
    edges = np.concatenate((np.linspace(87.0, 95.0, 9), [400.0, 410.0]))  # none in the last bin
    x, y = rng.normal(91, 3.0, 900), rng.normal(91, 3.3, 1500)
    h, g = np.histogram(x, edges)[0].astype(float), np.histogram(y, edges)[0].astype(float)
    full = (h + g) > 0
    h, g, n, m = h[full], g[full], len(x), len(y)

    def chi2(n: float, m: float) -> Array:
        return np.asarray((h / n - g / m) ** 2 / (h / n**2 + g / m**2))

    truth = float(chi2(n, m).sum())
    one(
        peak_chi2(x, y, edges),
        truth,
        {
            "compares numbers of events: divide by the sizes of the samples": float(
                chi2(1, 1).sum()
            ),
            "is divided by the number of bins": truth / len(h),
            "is normalised to the events inside the edges: use all events": float(
                chi2(h.sum(), g.sum()).sum()
            ),
            "knows the uncertainty of one sample only": float(
                np.sum((h / n - g / m) ** 2 / (h / n**2))
            ),
            "knows the uncertainty of one sample only, the second": float(
                np.sum((h / n - g / m) ** 2 / (g / m**2))
            ),
            "lacks the square": float(np.sum(np.abs(h / n - g / m) / np.sqrt(h / n**2 + g / m**2))),
        },
        name,
    )


@given_copies
def check_auc(auc: Answer, auc_sigma: Answer, *, seed: int = DEFAULT) -> None:
    """4c: the probability that a model event has the higher score, and its spread by chance.

    Args:
        auc: `(scores_data, scores_model)`, shapes `(n,)` and `(m,)`, to one number.
        auc_sigma: `(n, m)` to one number.
        seed: of the hidden scores.

    Raises:
        CheckFailed: with what is wrong.
    """
    rng = np.random.default_rng(seed)
    name = "auc(scores_data, scores_model)"
    n, m = 70, 110
    for data, model in (
        (rng.normal(size=n), rng.normal(0.5, 1.0, m)),
        (rng.integers(0, 5, n).astype(float), rng.integers(1, 6, m).astype(float)),
    ):
        ranks = rankdata(np.concatenate((data, model)))
        truth = (ranks[n:].sum() - m * (m + 1) / 2) / (n * m)
        above = float(np.mean(model[None] > data[:, None]))
        ties = float(np.mean(model[None] == data[:, None]))
        one(
            auc(data, model),
            truth,
            {
                "has data and model swapped": 1 - truth,
                "does not count ties: an equal score counts a half": above,
                "counts ties in full: an equal score counts a half": above + ties,
                "runs from 0 to 1 for a classifier that only guesses or knows all": 2 * truth - 1,
            },
            name,
        )
    sigma = ((n + m + 1) / (12 * n * m)) ** 0.5
    one(
        auc_sigma(n, m),
        sigma,
        {
            "is the variance: take its root": sigma**2,
            "belongs to the sum of ranks: divide by n m": sigma * n * m,
        },
        "auc_sigma(n, m)",
    )
