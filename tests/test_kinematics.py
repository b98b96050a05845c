"""Kinematics against formulas, boosts and rotations."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils import kinematics as kin
from course_utils.data import load_ttbarj

seeds = st.integers(0, 2**32 - 1)


def cylinder(seed: int, n: int = 50) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(0.5, 500, n),
        rng.uniform(-4, 4, n),
        rng.uniform(-np.pi, np.pi, n),
        rng.uniform(0.1, 200, n),
    )


def boosted_along_z(p4: np.ndarray, rapidity: float) -> np.ndarray:
    e, px, py, pz = np.moveaxis(p4, -1, 0)
    ch, sh = np.cosh(rapidity), np.sinh(rapidity)
    return np.stack((ch * e + sh * pz, px, py, sh * e + ch * pz), axis=-1)


@given(seeds)
def test_p4_from_ptetaphim_is_inverted_by_the_four_observables(seed):
    pt, eta, phi, mass = cylinder(seed)
    p4 = kin.p4_from_ptetaphim(pt, eta, phi, mass)
    np.testing.assert_allclose(kin.pt(p4), pt, rtol=1e-12)
    np.testing.assert_allclose(kin.eta(p4), eta, rtol=0, atol=1e-11)
    np.testing.assert_allclose(kin.phi(p4), phi, rtol=0, atol=1e-12)
    tolerance = 1e-13 * (p4[:, 0] / mass) ** 2 + 1e-13  # of E² − p² where both are large
    assert (np.abs(kin.mass(p4) / mass - 1) < tolerance).all()


@given(seeds, st.floats(-3, 3))
def test_boost_along_the_beam_shifts_rapidity_and_keeps_the_rest(seed, boost):
    p4 = kin.p4_from_ptetaphim(*cylinder(seed))
    moved = boosted_along_z(p4, boost)
    np.testing.assert_allclose(kin.rapidity(moved), kin.rapidity(p4) + boost, atol=1e-7)
    np.testing.assert_array_equal(kin.pt(moved), kin.pt(p4))
    np.testing.assert_allclose(
        kin.delta_r(moved[1:], moved[:-1]), kin.delta_r(p4[1:], p4[:-1]), atol=1e-7
    )


@given(seeds)
def test_rapidity_equals_pseudorapidity_without_mass(seed):
    pt, eta, phi, _ = cylinder(seed)
    p4 = kin.p4_from_ptetaphim(pt, eta, phi, 0.0)
    np.testing.assert_allclose(kin.rapidity(p4), kin.eta(p4), atol=1e-9)


@given(seeds)
def test_delta_phi_is_the_shorter_way_round(seed):
    pt, eta, phi, mass = cylinder(seed)
    turn = np.random.default_rng(seed).uniform(-10, 10, len(pt))
    a = kin.p4_from_ptetaphim(pt, eta, phi, mass)
    b = kin.p4_from_ptetaphim(pt, eta, phi + turn, mass)
    np.testing.assert_allclose(kin.delta_phi(a, b), np.arccos(np.cos(turn)), atol=1e-7)
    np.testing.assert_allclose(kin.delta_phi(a, b), kin.delta_phi(b, a), atol=1e-12)


def test_mass_of_two_back_to_back_particles_is_their_energy():
    pair = np.array([[45.0, 45.0, 0, 0], [45.0, -45.0, 0, 0]])
    assert kin.mass(pair.sum(axis=0)) == 90.0


def test_mass_is_negative_for_space_like_momenta():
    assert kin.mass([3.0, 0.0, 5.0, 0.0]) == -4.0


def test_float64_resolves_the_muon_mass_where_float32_does_not():
    p4 = kin.p4_from_ptetaphim(200.0, 2.4, 1.0, 0.105)
    assert abs(kin.mass(p4) - 0.105) < 1e-7
    assert abs(kin.mass(p4.astype(np.float32)) - 0.105) > 1e-3


def test_momenta_along_the_beam_and_at_rest_give_no_warnings():
    p4 = [[5.0, 0, 0, 5.0], [5.0, 0, 0, -5.0], [5.0, 0, 0, 0]]
    np.testing.assert_array_equal(kin.eta(p4), [np.inf, -np.inf, 0])
    np.testing.assert_array_equal(kin.rapidity(p4), [np.inf, -np.inf, 0])
    np.testing.assert_array_equal(kin.pt(p4), 0)
    assert np.isnan(kin.rapidity([1.0, 0, 0, 2.0]))


@pytest.mark.parametrize("shape", [(4,), (5, 4), (5, 2, 4), (0, 4)])
def test_leading_axes_are_kept(shape):
    for function in (kin.pt, kin.eta, kin.phi, kin.mass, kin.rapidity):
        values = function(np.ones(shape))
        assert values.shape == shape[:-1]
        assert values.dtype == np.float64


def test_views_lists_and_tensors_give_the_same_as_arrays():
    events = kin.p4_from_ptetaphim(*cylinder(1, 6)).reshape(3, 8)
    expected = kin.pt(events[:, 4:].copy())
    np.testing.assert_array_equal(kin.pt(events[:, 4:]), expected)
    np.testing.assert_array_equal(kin.pt(events[:, 4:].tolist()), expected)
    tensor = torch.tensor(events, requires_grad=True)
    np.testing.assert_array_equal(kin.pt(tensor[:, 4:]), expected)


def test_input_is_not_changed():
    p4 = kin.p4_from_ptetaphim(*cylinder(1))
    before = p4.copy()
    kin.mass(p4), kin.delta_r(p4, p4), kin.ttbarj_features(np.tile(p4[0], (2, 7)))
    np.testing.assert_array_equal(p4, before)


@pytest.mark.parametrize("shape", [(100, 8), (4, 3), (), (3,)])
def test_wrong_last_axis_is_named(shape):
    with pytest.raises(ValueError, match=r"`p4` must have shape \(\.\.\., 4\), got \("):
        kin.mass(np.zeros(shape))
    with pytest.raises(ValueError, match="`p4_b` must have shape"):
        kin.delta_r(np.zeros(4), np.zeros(shape))


def test_arguments_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"got shapes \(3,\), \(2,\), \(\), \(\)"):
        kin.p4_from_ptetaphim(np.ones(3), np.ones(2), 0.0, 0.0)


@pytest.mark.parametrize("shape", [(5, 27), (28,), (5, 7, 4)])
def test_ttbarj_wants_28_columns(shape):
    with pytest.raises(ValueError, match=r"must have shape \(n, 28\), got"):
        kin.ttbarj_features(np.zeros(shape))


@pytest.fixture(scope="module")
def events() -> np.ndarray:
    return load_ttbarj("nlo")[:2000]


def feature(x: np.ndarray, name: str) -> np.ndarray:
    return kin.ttbarj_features(x)[:, kin.TTBARJ_FEATURES.index(name)]


def test_there_are_22_different_features(events):
    assert len(set(kin.TTBARJ_FEATURES)) == 22
    values = kin.ttbarj_features(events)
    assert values.shape == (len(events), 22)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()


def test_features_against_formulas_written_out(events):
    x = events.astype(np.float64)
    e, px, py, pz = (x[:, k:12:4].sum(axis=1) for k in range(4))
    np.testing.assert_allclose(feature(events, "m_t"), np.sqrt(e**2 - px**2 - py**2 - pz**2))
    np.testing.assert_allclose(feature(events, "pt_t"), np.hypot(px, py))
    np.testing.assert_allclose(feature(events, "y_t"), np.arctanh(pz / e), atol=1e-9)
    balance = [x[:, k::4].sum(axis=1) for k in (1, 2)]
    np.testing.assert_allclose(feature(events, "pt_ttj"), np.hypot(*balance))
    np.testing.assert_allclose(
        feature(events, "eta_j"), np.arcsinh(x[:, 27] / np.hypot(*x[:, 25:27].T))
    )
    jets = x.reshape(-1, 7, 4)
    np.testing.assert_allclose(
        feature(events, "min_pt_q"), np.hypot(jets[:, :6, 1], jets[:, :6, 2]).min(axis=1)
    )
    e, px, py, pz = (jets[:, 4:6].sum(axis=1)).T
    np.testing.assert_allclose(feature(events, "m_w2"), np.sqrt(e**2 - px**2 - py**2 - pz**2))


def test_features_do_not_depend_on_the_direction_around_the_beam(events):
    jets = events.astype(np.float64).reshape(-1, 7, 4)
    c, s = np.cos(1.0), np.sin(1.0)
    turned = jets.copy()
    turned[..., 1] = c * jets[..., 1] - s * jets[..., 2]
    turned[..., 2] = s * jets[..., 1] + c * jets[..., 2]
    # masses of single jets lose digits to the boost: E² ε / m
    np.testing.assert_allclose(
        kin.ttbarj_features(turned.reshape(-1, 28)),
        kin.ttbarj_features(events),
        rtol=1e-6,
        atol=1e-4,
    )


def test_exchange_of_top_and_antitop_exchanges_their_features(events):
    swapped = events.reshape(-1, 7, 4)[:, [3, 4, 5, 0, 1, 2, 6]].reshape(-1, 28)
    for a, b in (("pt_t", "pt_tbar"), ("m_t", "m_tbar"), ("m_w1", "m_w2"), ("dr_tj", "dr_tbarj")):
        np.testing.assert_allclose(feature(swapped, a), feature(events, b))
    for name in ("m_tt", "dphi_tt", "dr_tt", "pt_j", "min_pt_q"):
        np.testing.assert_allclose(feature(swapped, name), feature(events, name))


def test_tops_peak_near_the_top_mass_and_w_near_the_w_mass(events):
    assert 160 < np.median(feature(events, "m_t")) < 173
    assert 72 < np.median(feature(events, "m_w1")) < 82
