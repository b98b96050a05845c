"""The given preprocessing of Drell-Yan events: exact inverse, no surprises."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from course_utils import kinematics as kin
from course_utils.data import ETA_CUT, MUON_MASS, PT_CUT, drell_yan_p4, load_drell_yan
from course_utils.preprocessing import DrellYanPreprocessing

seeds = st.integers(0, 2**32 - 1)


def events(seed: int, n: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pt = PT_CUT + rng.exponential(20, n) + 1e-6
    eta = rng.uniform(-ETA_CUT, ETA_CUT, (n, 2)) * (1 - 1e-9)
    return drell_yan_p4(np.column_stack((pt, eta, rng.uniform(-np.pi, np.pi, n))))


@given(seeds)
def test_inverse_restores_events_up_to_the_azimuth(seed):
    x = events(seed)
    preprocessing = DrellYanPreprocessing().fit(x)
    back = preprocessing.inverse_transform(preprocessing.transform(x), np.random.default_rng(seed))
    muons, restored = x.reshape(-1, 2, 4), back.reshape(-1, 2, 4)
    np.testing.assert_allclose(kin.pt(restored), kin.pt(muons), rtol=1e-9)
    np.testing.assert_allclose(kin.eta(restored), kin.eta(muons), atol=1e-9)
    np.testing.assert_allclose(kin.mass(restored), MUON_MASS, atol=1e-5)
    np.testing.assert_allclose(restored[..., 0], muons[..., 0], rtol=1e-9)


@given(seeds)
def test_transform_restores_reduced_events(seed):
    preprocessing = DrellYanPreprocessing().fit(events(1))
    z = np.random.default_rng(seed).normal(size=(50, 3))
    back = preprocessing.inverse_transform(z, np.random.default_rng(seed))
    np.testing.assert_allclose(preprocessing.transform(back), z, atol=1e-6)


def test_columns_are_the_formulas_of_the_sheet():
    x = events(2)
    preprocessing = DrellYanPreprocessing().fit(x)
    raw = preprocessing.transform(x) * preprocessing.scale_ + preprocessing.mean_
    np.testing.assert_allclose(np.exp(raw[:, 0]) + 10, np.hypot(x[:, 1], x[:, 2]), rtol=1e-12)
    np.testing.assert_allclose(2.5 * np.tanh(raw[:, 1]), kin.eta(x[:, :4]), atol=1e-12)
    np.testing.assert_allclose(2.5 * np.tanh(raw[:, 2]), kin.eta(x[:, 4:]), atol=1e-12)


def test_training_events_come_out_standardised():
    x = load_drell_yan("validation")[:20_000]
    z = DrellYanPreprocessing().fit_transform(x)
    assert z.shape == (20_000, 3)
    assert z.dtype == np.float64
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-12)


def test_statistics_are_those_of_fit_and_not_of_the_events_transformed():
    preprocessing = DrellYanPreprocessing().fit(events(1))
    mean = preprocessing.mean_.copy()
    x = events(2)
    x = x[kin.pt(x[:, :4]) > 40]
    assert preprocessing.transform(x)[:, 0].mean() > 0.5
    np.testing.assert_array_equal(preprocessing.mean_, mean)


def test_each_event_is_transformed_on_its_own():
    preprocessing = DrellYanPreprocessing().fit(events(1))
    x = events(2)
    z = preprocessing.transform(x)
    np.testing.assert_allclose(preprocessing.transform(x[3:4]), z[3:4])
    assert preprocessing.inverse_transform(z[3:4], np.random.default_rng(1)).shape == (1, 8)


def test_inputs_are_not_changed():
    x = events(1)
    before = x.copy()
    preprocessing = DrellYanPreprocessing().fit(x)
    z = preprocessing.transform(x)
    z_before = z.copy()
    preprocessing.inverse_transform(z, np.random.default_rng(1))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(z, z_before)


def test_float32_and_tensors_are_read():
    x = load_drell_yan("test")[:1000]
    preprocessing = DrellYanPreprocessing().fit(x)
    z = preprocessing.transform(x)
    np.testing.assert_allclose(preprocessing.transform(torch.tensor(x)), z)
    inner = (np.abs(z) < 2.5).all(axis=1)  # float32 is coarse close to the cuts
    np.testing.assert_allclose(
        preprocessing.transform(x[inner].astype(np.float32)), z[inner], atol=1e-3
    )
    generated = preprocessing.inverse_transform(
        torch.tensor(z, dtype=torch.float32, requires_grad=True), np.random.default_rng(1)
    )
    assert generated.dtype == np.float64


def test_generated_events_have_exact_mass_and_balance_and_lie_inside_the_cuts():
    preprocessing = DrellYanPreprocessing().fit(events(1))
    z = np.random.default_rng(1).normal(scale=30, size=(5000, 3))
    x = preprocessing.inverse_transform(z[z[:, 0] < 30], np.random.default_rng(1))
    np.testing.assert_array_equal(x[:, 1:3], -x[:, 5:7])
    muons = x.reshape(-1, 2, 4)
    assert (kin.pt(muons) > PT_CUT).all()
    assert (np.abs(kin.eta(muons)) < ETA_CUT).all()
    assert np.isfinite(preprocessing.transform(x)).all()


def test_azimuth_is_uniform_and_comes_from_rng():
    preprocessing = DrellYanPreprocessing().fit(events(1))
    z = np.zeros((10_000, 3))
    x = preprocessing.inverse_transform(z, np.random.default_rng(1))
    counts, _ = np.histogram(kin.phi(x[:, :4]), bins=20, range=(-np.pi, np.pi))
    chi2 = ((counts - 500) ** 2 / 500).sum()
    assert 5 < chi2 < 45  # 19 degrees of freedom, about 1e-3 on either side
    again = preprocessing.inverse_transform(z, np.random.default_rng(1))
    np.testing.assert_array_equal(x, again)


@pytest.mark.parametrize(
    ("pt", "eta", "message"),
    [
        (PT_CUT, 0.0, r"1 of 3 events in `x` have a μ⁻ with pT at or below the cut of 10.0 GeV"),
        (PT_CUT - 1, 0.0, "pT at or below the cut"),
        (20.0, ETA_CUT + 1e-9, r"1 of 3 events in `x` have a muon with \|η\| at or beyond the cut"),
        (20.0, -3.0, r"\(the first is row 2\): remove these events first"),
    ],
)
def test_events_at_the_cuts_are_named(pt, eta, message):
    x = drell_yan_p4(np.array([[30.0, 1, 1, 0], [40, 0, 1, 0], [pt, 0.5, eta, 0.0]]))
    with pytest.raises(ValueError, match=message):
        DrellYanPreprocessing().fit(x)
    with pytest.raises(ValueError, match=message):
        DrellYanPreprocessing().fit(events(1)).transform(x)


def test_events_just_inside_the_cuts_pass():
    x = drell_yan_p4(np.array([[PT_CUT + 1e-9, ETA_CUT - 1e-9, 1e-9 - ETA_CUT, 0.0]]))
    assert np.isfinite(DrellYanPreprocessing().fit(events(1)).transform(x)).all()


@pytest.mark.parametrize("shape", [(5, 4), (8,), (5, 2, 4), (5, 3)])
def test_wrong_shapes_are_named(shape):
    with pytest.raises(ValueError, match=r"`x` must have shape \(n, 8\), got"):
        DrellYanPreprocessing().fit(np.ones(shape))


def test_wrong_numbers_are_named():
    x = events(1)
    preprocessing = DrellYanPreprocessing().fit(x)
    rng = np.random.default_rng(1)
    bad = x.copy()
    bad[7, 2] = np.nan
    with pytest.raises(ValueError, match=r"NaN or infinite numbers, .*first is row 7"):
        preprocessing.transform(bad)
    with pytest.raises(ValueError, match=r"`x_reduced` must have shape \(n, 3\), got \(200, 8\)"):
        preprocessing.inverse_transform(x, rng)
    with pytest.raises(ValueError, match=r"1 of 2 events in `x_reduced` .* diverged"):
        preprocessing.inverse_transform(np.array([[0.0, 0, 0], [1e4, 0, 0]]), rng)
    with pytest.raises(ValueError, match="standard deviations"):
        DrellYanPreprocessing().fit(x[:1])


def test_use_before_fit_is_refused():
    with pytest.raises(NotFittedError, match="not fitted"):
        DrellYanPreprocessing().transform(events(1))
    with pytest.raises(NotFittedError, match="not fitted"):
        DrellYanPreprocessing().inverse_transform(np.zeros((1, 3)), np.random.default_rng(1))


def test_scikit_learn_can_clone_it_with_its_settings():
    copy = clone(DrellYanPreprocessing(pt_cut=5.0).fit(events(1)))
    assert copy.get_params() == {"pt_cut": 5.0, "eta_cut": ETA_CUT, "muon_mass": MUON_MASS}
    assert not hasattr(copy, "mean_")
