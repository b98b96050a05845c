"""Figures: the numbers in them are right, and what is drawn is what was computed."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from course_utils.plotting import (
    COLOURS,
    LINE_STYLES,
    Observable,
    PlottingError,
    Sample,
    calibration_curve,
    compare,
    compare_grid,
    loss_curves,
    roc_curve,
    set_style,
)
from course_utils.plotting.samples import binned, pull, ratio
from course_utils.training import History

EDGES = np.linspace(0, 1, 6)
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True)
def _style():
    with mpl.rc_context():
        mpl.use("Agg")
        set_style()
        yield
        plt.close("all")


def sample(n_events=500, seed=0, weighted=False, label="model"):
    rng = np.random.default_rng(seed)
    weights = rng.gamma(2.0, 0.5, n_events) if weighted else None
    return Sample(rng.beta(2, 3, n_events), weights, label=label)


# --- the numbers -------------------------------------------------------------------------------


def toys(kind, n_toys=3000):
    """Pairs of independent histograms of one distribution.

    "weighted": the second is drawn from another distribution and reweighted to the first one.
    """
    rng = np.random.default_rng(1)
    edges = np.array([0.0, 0.1, 0.3, 0.6, 0.9])  # wide bins of unequal size; events above 0.9
    for _ in range(n_toys):
        x = rng.uniform(size=900)
        if kind == "counts":
            yield binned(Sample(x), edges), binned(Sample(rng.uniform(size=1500)), edges)
            continue
        y = np.sqrt(0.04 + 2.4 * rng.uniform(size=2500)) - 0.2  # density (y + 0.2) / 1.2
        y = y[y < 1]
        reweighted = Sample(y, 1 / (y + 0.2))
        other = Sample(x, rng.choice([0.5, 1.5], 900)) if kind == "both weighted" else Sample(x)
        yield binned(other, edges), binned(reweighted, edges)


@pytest.mark.parametrize("kind", ["counts", "weighted", "both weighted"])
def test_pulls_of_toys_have_mean_zero_and_width_one(kind):
    pulls = np.array([pull(a, b) for a, b in toys(kind)])
    assert np.abs(pulls.mean(axis=0)).max() < 0.08
    assert pulls.std(axis=0) == pytest.approx(np.ones(4), abs=0.05)


@pytest.mark.parametrize("kind", ["counts", "weighted", "both weighted"])
def test_uncertainties_of_ratios_and_densities_are_the_spread_of_toys(kind):
    pairs = list(toys(kind))
    ratios, uncertainties = np.array([ratio(a, b) for a, b in pairs]).swapaxes(0, 1)
    assert ratios.std(axis=0) / uncertainties.mean(axis=0) == pytest.approx(np.ones(4), abs=0.05)
    for k in range(2):
        density = np.array([pair[k].density for pair in pairs])
        uncertainty = np.array([pair[k].uncertainty for pair in pairs])
        spread = density.std(axis=0) / uncertainty.mean(axis=0)
        assert spread == pytest.approx(np.ones(4), abs=0.05)


def test_pulls_would_be_wrong_with_counts_in_place_of_squared_weights():
    pulls = []
    for a, b in toys("weighted", 500):
        counts = b.probability * (1 - b.probability) / 2400  # as if the events had no weights
        pulls.append((a.probability - b.probability) / np.sqrt(a.variance + counts))
    assert np.abs(np.std(pulls, axis=0) - 1).max() > 0.1


def test_unit_weights_give_binomial_variances():
    values = np.random.default_rng(1).uniform(-0.5, 1.2, 1000)
    histogram = binned(Sample(values), EDGES)
    p = np.histogram(values, EDGES)[0] / 1000
    assert histogram.probability == pytest.approx(p)
    assert histogram.variance == pytest.approx(p * (1 - p) / 1000)
    assert histogram.density == pytest.approx(p / 0.2)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_scale_of_weights_is_irrelevant_and_copies_are_weights(seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.uniform(size=50), rng.uniform(0.1, 2, 50)
    first = binned(Sample(values, weights), EDGES)
    second = binned(Sample(values, 7 * weights), EDGES)
    np.testing.assert_allclose(first.probability, second.probability)
    np.testing.assert_allclose(first.variance, second.variance)
    copies = rng.integers(1, 4, 50)
    repeated = binned(Sample(np.repeat(values, copies)), EDGES)
    np.testing.assert_allclose(binned(Sample(values, copies), EDGES).density, repeated.density)


def test_edges_count_as_in_numpy():
    histogram = binned(Sample(EDGES), EDGES)
    assert (6 * histogram.probability).tolist() == pytest.approx([1, 1, 1, 1, 2])


def test_empty_bins_are_nan_and_one_sided_pulls_are_kept():
    a = binned(Sample(np.full(100, 0.1)), EDGES)
    b = binned(Sample(np.r_[np.full(50, 0.1), np.full(50, 0.3)]), EDGES)
    assert np.isnan(a.density).tolist() == [False, True, True, True, True]
    value, uncertainty = ratio(a, b)
    assert value[0] == pytest.approx(2)
    assert np.isnan(value[1:]).all()
    assert np.isnan(uncertainty[1:]).all()
    pulls = pull(a, b)
    assert pulls[1] == pytest.approx(-0.5 / np.sqrt(0.5 * 0.5 / 100))
    assert np.isnan(pulls[2:]).all()


# --- the pictures ------------------------------------------------------------------------------


def drawn_steps(ax):
    """Values of the step lines (not the filled one) in drawing order."""
    patches = [p for p in ax.patches if isinstance(p, mpl.patches.StepPatch) and not p.get_fill()]
    return [np.asarray(p.get_data().values) for p in patches]


@pytest.mark.parametrize("panel", ["ratio", "pull"])
def test_panels_show_the_computed_numbers(panel):
    samples = [sample(seed=1), sample(seed=2, weighted=True), sample(seed=3, label="data")]
    fig, (main, lower) = compare(samples, EDGES, xlabel="$x$ [GeV]", panel=panel)
    histograms = [binned(s, EDGES) for s in samples]
    for values, histogram in zip(drawn_steps(main), histograms, strict=True):
        np.testing.assert_allclose(values, histogram.density)
    expected = [ratio(h, histograms[2])[0] for h in histograms[:2]]
    if panel == "pull":
        expected = [pull(h, histograms[2]) for h in histograms[:2]]
    np.testing.assert_allclose(drawn_steps(lower), expected)
    assert lower.get_xlabel() == "$x$ [GeV]"
    assert main.get_xlabel() == ""
    assert lower.get_ylabel() == f"{panel} to\ndata"
    assert [t.get_text() for t in main.get_legend().get_texts()] == ["model", "model", "data"]
    assert len(fig.axes) == 2


def test_error_bars_are_the_uncertainties():
    samples = [sample(seed=1, weighted=True), sample(seed=2, label="data")]
    _, (main, lower) = compare(samples, EDGES, xlabel="$x$")
    histograms = [binned(s, EDGES) for s in samples]
    for bars, histogram in zip(main.containers, histograms, strict=True):
        heights = [np.ptp(segment[:, 1]) for segment in bars[2][0].get_segments()]
        np.testing.assert_allclose(heights, 2 * histogram.uncertainty)
    heights = [np.ptp(s[:, 1]) for s in lower.containers[0][2][0].get_segments()]
    np.testing.assert_allclose(heights, 2 * ratio(*histograms)[1])


def test_panels_have_heights_three_to_one_and_share_the_axis():
    fig, (main, lower) = compare([sample(seed=1), sample(seed=2)], EDGES, xlabel="$x$")
    fig.canvas.draw()
    assert main.get_position().height / lower.get_position().height == pytest.approx(3, rel=0.02)
    assert main.get_xlim() == lower.get_xlim() == (0, 1)
    assert 0 <= main.get_position().y0 - lower.get_position().y1 < 0.05


def test_the_reference_can_be_any_sample():
    samples = [sample(seed=1, label="data"), sample(seed=2)]
    _, (main, lower) = compare(samples, EDGES, xlabel="$x$", reference=samples[0])
    assert lower.get_ylabel() == "ratio to\ndata"
    lines = [p for p in main.patches if not p.get_fill()]
    assert to_rgb(lines[0].get_edgecolor()) == (0, 0, 0)
    assert len(drawn_steps(lower)) == 1


def test_empty_bins_are_not_drawn():
    a, b = Sample([0.1, 0.1, 0.5], label="a"), Sample([0.1, 0.7], label="b")
    _, (main, lower) = compare([a, b], EDGES, xlabel="$x$", log=True)
    assert np.isnan(drawn_steps(main)[0]).tolist() == [False, True, False, True, True]
    assert np.isnan(drawn_steps(lower)[0]).tolist() == [False, True, True, True, True]
    assert main.get_yscale() == "log"


def test_points_outside_the_lower_panel_get_triangles_at_its_rim():
    rng = np.random.default_rng(1)
    a = Sample(np.r_[rng.uniform(size=2000), rng.uniform(0.4, 0.6, 3000)])
    b = Sample(rng.uniform(size=2000))
    _, (_, lower) = compare([a, b], EDGES, xlabel="$x$", panel="pull")
    low, high = lower.get_ylim()
    up = [line for line in lower.lines if line.get_marker() == "^" and len(line.get_xdata())]
    assert up[0].get_xdata() == pytest.approx([0.5])
    assert low < up[0].get_ydata()[0] < high


def test_lines_differ_in_colour_and_style():
    samples = [sample(seed=k, label=str(k)) for k in range(5)]
    _, (main, _) = compare(samples, EDGES, xlabel="$x$")
    lines = [p for p in main.patches if not p.get_fill()]
    assert len({to_rgb(p.get_edgecolor()) for p in lines}) == 5
    assert len({str(p.get_linestyle()) for p in lines[:4]}) == 4
    assert len(set(COLOURS)) == len(COLOURS) == len({str(s) for s in LINE_STYLES})


def test_given_axes_and_no_panel():
    fig, axes = plt.subplots(1, 2)
    result, drawn = compare([sample(label="")], EDGES, xlabel="$x$", panel=None, axes=[axes[0]])
    assert result is fig
    assert drawn == (axes[0],)
    assert axes[0].get_legend() is None
    assert not axes[1].patches


def test_grid_has_one_place_for_each_observable_and_one_legend():
    samples = [sample(seed=1, label="LO"), sample(seed=2, label="NLO")]
    names = ["$x$", "$y$", "$z$"]
    observables = [Observable(samples, EDGES, name) for name in names]
    fig, axes = compare_grid(observables, n_columns=2, panel="pull", title="all")
    fig.canvas.draw()
    assert [pair[1].get_xlabel() for pair in axes] == names
    assert len(fig.axes) == 6
    assert [t.get_text() for t in fig.legends[0].get_texts()] == ["LO", "NLO"]
    assert all(pair[0].get_legend() is None for pair in axes)
    boxes = [ax.get_tightbbox() for ax in fig.axes]
    assert all(box.x0 >= 0 and box.y0 >= 0 for box in boxes)


def test_loss_curves_of_one_and_of_several_histories():
    history = History([1.0, 0.5, 0.4], [1.1, 0.6, 0.7], [], best_epoch=1)
    _, ax = loss_curves(history)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 0.5, 0.4], [1.1, 0.6, 0.7]]
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert ax.lines[1].get_markevery() == [1]
    _, ax = loss_curves({"a": history, "b": history}, log=True, ylabel="BCE")
    assert len(ax.lines) == 4
    assert ax.get_ylabel() == "BCE"
    assert ax.lines[1].get_marker() != ax.lines[3].get_marker()


def test_roc_and_calibration_draw_the_points_given():
    _, ax = roc_curve({"a": ([0, 0.2, 1], [0, 0.9, 1])})
    assert ax.lines[1].get_ydata().tolist() == [0, 0.9, 1]
    _, ax = calibration_curve({"a": ([0.1, 0.5, 0.9], [0.2, np.nan, 0.8], [0.1, np.nan, 0.1])})
    np.testing.assert_array_equal(ax.containers[0][0].get_ydata(), [0.2, np.nan, 0.8])


def test_importing_changes_no_defaults():
    code = (
        "import matplotlib as mpl; before = dict(mpl.rcParams)\n"
        "import course_utils.plotting\n"
        "raise SystemExit(before != dict(mpl.rcParams))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_style_gives_figures_of_notebook_width():
    assert plt.figure().get_size_inches().tolist() == [8, 5]
    assert mpl.rcParams["figure.constrained_layout.use"]


GOOD = Sample([0.5], label="good")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Sample([[1.0]], label="a"), r"'a' must have shape \(n_events,\).*got \(1, 1\)"),
        (lambda: Sample([]), "at least one event"),
        (lambda: Sample([np.nan, 1.0]), "1 NaN or infinite values of 2"),
        (lambda: Sample([1.0], [1.0, 2.0]), r"one weight per event, shape \(1,\), got \(2,\)"),
        (lambda: Sample([1.0, 2.0], [1.0, -2.0]), "positive sum, got a sum of -1"),
        (lambda: compare([], EDGES, xlabel=""), "list with at least one `Sample`"),
        (lambda: compare([[1.0]], EDGES, xlabel=""), "list with at least one `Sample`"),
        (lambda: compare([GOOD], [1.0], xlabel=""), r"`edges`.*rising numbers, got shape \(1,\)"),
        (lambda: compare([GOOD], [1.0, 0.0], xlabel=""), "rising numbers"),
        (lambda: compare([GOOD], EDGES, xlabel="", panel="both"), "'ratio'.*got 'both'"),
        (lambda: compare([GOOD], EDGES, xlabel="", reference=Sample([1.0])), "one of `samples`"),
        (lambda: compare([GOOD], EDGES, xlabel="", axes=[]), "got 0 axes, expected main and lower"),
        (lambda: compare_grid([]), "got 0 observables"),
        (lambda: loss_curves({}), "at least one history"),
        (lambda: loss_curves({"a": History()}), "'a' has no epochs"),
        (lambda: roc_curve({"a": ([0, 1], [0, 1, 1])}), r"one shape \(n,\), got \(2,\) and \(3,\)"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises(PlottingError, match=message):
        call()
