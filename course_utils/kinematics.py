"""Four-momenta as arrays `(..., 4)` = (E, px, py, pz) in GeV, on top of scikit-hep `vector`.

The beam runs along z. Every function takes anything array-like, a torch tensor included, and
computes in float64: in float32 the mass of a light particle drowns in the rounding of E².
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

TTBARJ_PARTICLES = ("b1", "q1", "qbar1", "bbar2", "qbar2", "q2", "j")
TTBARJ_FEATURES: tuple[str, ...] = (
    *("pt_t", "y_t", "m_t", "pt_tbar", "y_tbar", "m_tbar", "pt_tt", "y_tt", "m_tt"),
    *("pt_j", "eta_j", "m_j", "dphi_tt", "dr_tj", "dr_tbarj", "dr_tt", "dphi_ttj"),
    *("m_ttj", "pt_ttj", "m_w1", "m_w2", "min_pt_q"),
)

_FIELDS = np.dtype([(name, np.float64) for name in ("E", "px", "py", "pz")])


def as_float64(value: ArrayLike | Any) -> Array:
    """Any array-like as a float64 array; tensors are detached and moved to the CPU.

    Example:
        >>> as_float64([1, 2])
        array([1., 2.])
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value, dtype=np.float64)


def _momenta(p4: ArrayLike | Any, name: str = "p4") -> Any:
    """The same numbers as an array of scikit-hep vectors, shape `(...)`."""
    import vector  # brings sympy and awkward: not for those who only load events

    array = as_float64(p4)
    if array.ndim == 0 or array.shape[-1] != 4:
        raise ValueError(
            f"`{name}` must have shape (..., 4), got {array.shape}: "
            "the last axis holds (E, px, py, pz) of one particle"
        )
    records = np.ascontiguousarray(array).view(_FIELDS).reshape(array.shape[:-1])
    return records.view(vector.MomentumNumpy4D)


def _plain(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)


def pt(p4: ArrayLike | Any) -> Array:
    """Transverse momentum in GeV.

    Args:
        p4: four-momenta (E, px, py, pz) in GeV, shape `(..., 4)`.

    Returns:
        Shape `(...)`.

    Raises:
        ValueError: if the last axis does not hold four numbers.

    Example:
        >>> float(pt([10.0, 3.0, 4.0, 0.0]))
        5.0
    """
    return _plain(_momenta(p4).pt)


def eta(p4: ArrayLike | Any) -> Array:
    """Pseudorapidity arsinh(pz / pT), shape `(...)`; ±inf along the beam, 0 at rest.

    Example:
        >>> float(eta([5.0, 3.0, 4.0, 0.0]))
        0.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _plain(_momenta(p4).eta)


def phi(p4: ArrayLike | Any) -> Array:
    """Azimuth in [-π, π], shape `(...)`.

    Example:
        >>> phi([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]]).round(3)
        array([0.   , 1.571])
    """
    return _plain(_momenta(p4).phi)


def mass(p4: ArrayLike | Any) -> Array:
    """Invariant mass in GeV, shape `(...)`: √m² with m² = E² − |p|².

    The mass is signed: −√(−m²) where m² is negative (space-like), so that a generator that misses
    the mass shell shows as a tail below zero, not as NaN or as a spike at zero.

    Example:
        >>> mass([[5.0, 0.0, 0.0, 4.0], [4.0, 0.0, 0.0, 5.0]])
        array([ 3., -3.])
    """
    return _plain(_momenta(p4).mass)


def rapidity(p4: ArrayLike | Any) -> Array:
    """Rapidity ½ log((E + pz) / (E − pz)), shape `(...)`; NaN where E < |pz|.

    Example:
        >>> float(rapidity([5.0, 0.0, 0.0, 3.0]).round(4))
        0.6931
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _plain(_momenta(p4).rapidity)


def delta_phi(p4_a: ArrayLike | Any, p4_b: ArrayLike | Any) -> Array:
    """Angle between the transverse momenta, in [0, π] (no sign).

    Args:
        p4_a: four-momenta, shape `(..., 4)`.
        p4_b: four-momenta of a shape that broadcasts with it.

    Returns:
        Radian, shape `(...)`.

    Example:
        >>> float(delta_phi([1.0, 1.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0]).round(4))
        3.1416
    """
    return np.abs(_plain(_momenta(p4_a, "p4_a").deltaphi(_momenta(p4_b, "p4_b"))))


def delta_r(p4_a: ArrayLike | Any, p4_b: ArrayLike | Any) -> Array:
    """Distance √(Δy² + Δφ²) in rapidity and azimuth, as jet algorithms use it.

    Rapidity rather than pseudorapidity: differences of it do not change under boosts along the
    beam even for particles as heavy as a top quark. For massless particles the two agree.

    Args:
        p4_a: four-momenta, shape `(..., 4)`.
        p4_b: four-momenta of a shape that broadcasts with it.

    Returns:
        Shape `(...)`, not negative.

    Example:
        >>> float(delta_r([5.0, 4.0, 0.0, 3.0], [5.0, 4.0, 0.0, -3.0]).round(4))
        1.3863
    """
    a, b = _momenta(p4_a, "p4_a"), _momenta(p4_b, "p4_b")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.hypot(_plain(a.rapidity) - _plain(b.rapidity), _plain(a.deltaphi(b)))


def p4_from_ptetaphim(
    pt: ArrayLike | Any, eta: ArrayLike | Any, phi: ArrayLike | Any, mass: ArrayLike | Any
) -> Array:
    """Four-momenta from transverse momentum, pseudorapidity, azimuth and mass.

    Args:
        pt: transverse momentum in GeV.
        eta: pseudorapidity.
        phi: azimuth in radian.
        mass: mass in GeV, not negative; as all four, any shape that broadcasts with the others.

    Returns:
        (E, px, py, pz) in GeV, shape `(..., 4)`.

    Example:
        >>> p4_from_ptetaphim(3.0, 0.0, 0.0, 4.0)
        array([5., 3., 0., 0.])
    """
    values = [as_float64(value) for value in (pt, eta, phi, mass)]
    try:
        pt_, eta_, phi_, mass_ = np.broadcast_arrays(*values)
    except ValueError:
        shapes = ", ".join(str(value.shape) for value in values)
        raise ValueError(
            f"`pt`, `eta`, `phi`, `mass` must broadcast, got shapes {shapes}: "
            "give one value per event for each, or single numbers"
        ) from None
    px, py, pz = pt_ * np.cos(phi_), pt_ * np.sin(phi_), pt_ * np.sinh(eta_)
    energy = np.sqrt(mass_**2 + pt_**2 + pz**2)
    return np.stack((energy, px, py, pz), axis=-1)


def ttbarj_p4(x: ArrayLike | Any) -> Array:
    """Four-momenta of the seven jets of an event, in the order of `TTBARJ_PARTICLES`.

    Args:
        x: events of 28 numbers, shape `(n, 28)`, in GeV.

    Returns:
        Shape `(n, 7, 4)`.

    Raises:
        ValueError: for any other shape.

    Example:
        >>> ttbarj_p4(np.zeros((5, 28))).shape
        (5, 7, 4)
    """
    array = as_float64(x)
    if array.ndim != 2 or array.shape[1] != 28:
        raise ValueError(
            f"`x` must have shape (n, 28), got {array.shape}: seven jets of (E, px, py, pz) a row"
        )
    return array.reshape(-1, 7, 4)


def ttbarj_features(x: ArrayLike | Any) -> Array:
    """The 22 observables `TTBARJ_FEATURES` of tt̄j events.

    t = b1 + q1 + q̄'1, t̄ = b̄2 + q̄2 + q'2, tt = t + t̄; distances ΔR are in rapidity and azimuth,
    `min_pt_q` is the smallest pT of the six jets that come from the tops.

    Args:
        x: events, shape `(n, 28)`, in GeV.

    Returns:
        Shape `(n, 22)`; GeV, radian or without unit.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> jets = p4_from_ptetaphim(50.0, rng.normal(size=(9, 7)), rng.normal(size=(9, 7)), 5.0)
        >>> ttbarj_features(jets.reshape(9, 28)).shape
        (9, 22)
    """
    p4 = ttbarj_p4(x)
    t, tbar, j = p4[:, 0:3].sum(axis=1), p4[:, 3:6].sum(axis=1), p4[:, 6]
    tt = t + tbar
    columns = {
        "pt_t": pt(t),
        "y_t": rapidity(t),
        "m_t": mass(t),
        "pt_tbar": pt(tbar),
        "y_tbar": rapidity(tbar),
        "m_tbar": mass(tbar),
        "pt_tt": pt(tt),
        "y_tt": rapidity(tt),
        "m_tt": mass(tt),
        "pt_j": pt(j),
        "eta_j": eta(j),
        "m_j": mass(j),
        "dphi_tt": delta_phi(t, tbar),
        "dr_tj": delta_r(t, j),
        "dr_tbarj": delta_r(tbar, j),
        "dr_tt": delta_r(t, tbar),
        "dphi_ttj": delta_phi(tt, j),
        "m_ttj": mass(tt + j),
        "pt_ttj": pt(tt + j),
        "m_w1": mass(p4[:, 1:3].sum(axis=1)),
        "m_w2": mass(p4[:, 4:6].sum(axis=1)),
        "min_pt_q": pt(p4[:, :6]).min(axis=1),
    }
    return np.stack([columns[name] for name in TTBARJ_FEATURES], axis=1)
