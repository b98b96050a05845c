"""Physics-informed preprocessing of Drell-Yan events, as a scikit-learn transformer."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from course_utils import kinematics
from course_utils.data import ETA_CUT, MUON_MASS, PT_CUT

__all__ = ["DrellYanPreprocessing"]

_MARGIN = 1e-12  # relative distance of inverse-transformed events from the cuts
_TOO_SMALL = 1e-9  # a standard deviation below this: all events alike


class DrellYanPreprocessing(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    r"""Muon pairs `(n, 8)` to the three numbers that carry information, and back.

    .. math::
        (\log(p_T - p_T^\text{cut}),\;
        \operatorname{artanh}(\eta_1 / \eta^\text{cut}),\;
        \operatorname{artanh}(\eta_2 / \eta^\text{cut}))

    each shifted and scaled to mean 0 and standard deviation 1 over the events given to `fit`. The
    cuts become ±∞, so that no generated event can lie outside them. Not kept: the azimuth (uniform,
    since nothing singles out a direction around the beam), the masses, and the transverse momentum
    of the second muon (opposite to the first).

    Args:
        pt_cut: lower cut on the transverse momentum in GeV.
        eta_cut: cut on the absolute pseudorapidity.
        muon_mass: mass in GeV that `inverse_transform` gives to both muons.

    Attributes:
        mean_: means of the three numbers, shape `(3,)`.
        scale_: their standard deviations, shape `(3,)`.

    Example:
        >>> from course_utils.data import drell_yan_p4
        >>> x = drell_yan_p4(np.array([[40.0, 0.5, -1.0, 0.3], [30.0, 1.5, 0.2, 2.0]]))
        >>> preprocessing = DrellYanPreprocessing().fit(x)
        >>> x_reduced = preprocessing.transform(x)
        >>> x_reduced.shape
        (2, 3)
        >>> events = preprocessing.inverse_transform(x_reduced, np.random.default_rng(1))
        >>> kinematics.pt(events[:, :4]).round(6)
        array([40., 30.])
    """

    def __init__(
        self, *, pt_cut: float = PT_CUT, eta_cut: float = ETA_CUT, muon_mass: float = MUON_MASS
    ) -> None:
        self.pt_cut = pt_cut
        self.eta_cut = eta_cut
        self.muon_mass = muon_mass

    def fit(self, x: ArrayLike | Any, y: None = None) -> Self:
        """Learns means and standard deviations; give it training events only.

        Args:
            x: muon pairs, (E, px, py, pz) of the μ⁻ then of the μ⁺ in GeV, shape `(n, 8)`.
            y: ignored; there for scikit-learn's pipelines.

        Returns:
            The transformer itself.

        Raises:
            ValueError: for another shape, numbers that are not finite, events outside the cuts or
                on their edge, or events that are all alike.
        """
        reduced = self._reduce(x)
        mean, scale = reduced.mean(axis=0), reduced.std(axis=0)
        if not (scale > _TOO_SMALL).all():
            raise ValueError(
                f"cannot standardise: got {len(reduced)} event(s) with standard deviations "
                f"{scale}, expected all above 0: fit on many different events"
            )
        self.mean_, self.scale_, self.n_features_in_ = mean, scale, 8
        return self

    def transform(self, x: ArrayLike | Any) -> NDArray[np.float64]:
        """Reduces events to three standardised numbers, with the statistics of `fit`.

        Args:
            x: muon pairs in GeV, shape `(n, 8)`; not changed.

        Returns:
            float64 of shape `(n, 3)`.

        Raises:
            ValueError: as `fit`; `NotFittedError` (a ValueError) before `fit`.
        """
        check_is_fitted(self, "mean_")
        reduced: NDArray[np.float64] = (self._reduce(x) - self.mean_) / self.scale_
        return reduced

    def inverse_transform(
        self, x_reduced: ArrayLike | Any, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Events from three standardised numbers each; the azimuth is drawn anew.

        Args:
            x_reduced: shape `(n, 3)`; not changed.
            rng: draws the azimuth of the μ⁻, uniform in [−π, π).

        Returns:
            Muon pairs in GeV, float64 of shape `(n, 8)`, strictly inside the cuts, with exact
            transverse balance and muon mass.

        Raises:
            ValueError: for another shape or numbers that are not finite or too large to be a
                momentum; `NotFittedError` (a ValueError) before `fit`.
        """
        check_is_fitted(self, "mean_")
        standardised = _table(x_reduced, 3, "x_reduced")
        reduced = standardised * self.scale_ + self.mean_
        with np.errstate(over="ignore"):
            pt = np.exp(reduced[:, 0]) + self.pt_cut
        largest = np.sqrt(np.finfo(np.float64).max) / np.cosh(self.eta_cut) / 2
        _refuse(
            ~(pt < largest),
            "have a first column too large for the exponential",
            "the network that made them has diverged",
            "x_reduced",
        )
        pt = np.maximum(pt, self.pt_cut * (1 + _MARGIN))
        eta = np.clip(np.tanh(reduced[:, 1:]), _MARGIN - 1, 1 - _MARGIN) * self.eta_cut
        phi = rng.uniform(-np.pi, np.pi, len(pt))
        first = kinematics.p4_from_ptetaphim(pt, eta[:, 0], phi, self.muon_mass)
        second = kinematics.p4_from_ptetaphim(pt, eta[:, 1], phi, self.muon_mass)
        second[:, 1:3] *= -1.0
        return np.concatenate((first, second), axis=1)

    def get_feature_names_out(self, input_features: None = None) -> NDArray[np.object_]:
        """Names of the three columns.

        Example:
            >>> list(DrellYanPreprocessing().get_feature_names_out())
            ['log_pt', 'artanh_eta1', 'artanh_eta2']
        """
        return np.array(["log_pt", "artanh_eta1", "artanh_eta2"], dtype=object)

    def _reduce(self, x: ArrayLike | Any) -> NDArray[np.float64]:
        """The three numbers before they are standardised."""
        muons = _table(x, 8, "x").reshape(-1, 2, 4)
        pt, eta = kinematics.pt(muons[:, 0]), kinematics.eta(muons)
        _refuse(
            pt <= self.pt_cut,
            f"have a μ⁻ with pT at or below the cut of {self.pt_cut} GeV, expected above it",
            "remove these events first",
        )
        _refuse(
            (np.abs(eta) >= self.eta_cut).any(axis=1),
            f"have a muon with |η| at or beyond the cut of {self.eta_cut}, expected below it",
            "remove these events first",
        )
        return np.column_stack((np.log(pt - self.pt_cut), np.arctanh(eta / self.eta_cut)))


def _table(values: ArrayLike | Any, n_columns: int, name: str) -> NDArray[np.float64]:
    """Values as a float64 array `(n, n_columns)` of finite numbers."""
    array = kinematics.as_float64(values)
    if array.ndim != 2 or array.shape[1] != n_columns:
        meaning = "two four-momenta" if n_columns == 8 else "three numbers"
        raise ValueError(
            f"`{name}` must have shape (n, {n_columns}), got {array.shape}: {meaning} a row; "
            "for a single event use `x[None]`"
        )
    _refuse(
        ~np.isfinite(array).all(axis=1),
        "have NaN or infinite numbers, expected none",
        "look at the step that made them",
        name,
    )
    return array


def _refuse(bad: ArrayLike, what: str, advice: str, name: str = "x") -> None:
    mask = np.asarray(bad)
    if mask.any():
        raise ValueError(
            f"{mask.sum()} of {len(mask)} events in `{name}` {what} "
            f"(the first is row {int(mask.argmax())}): {advice}"
        )
