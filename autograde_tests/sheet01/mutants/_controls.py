"""Deformations of Drell-Yan events that the metrics must detect, and truth against truth."""

import numpy as np

from autograde_tests import drell_yan, drell_yan_copies
from autograde_tests.answers import Array
from autograde_tests.cases import Control
from autograde_tests.generated import MOST_EXCESS, N_EVENTS
from autograde_tests.wrong_autoencoders import independent_gaussians
from autograde_tests.wrong_generators import smeared_training_events
from course_utils.data import drell_yan_p4, load_drell_yan
from course_utils.kinematics import eta, pt


def smeared_peak(events: Array, width: float, seed: int) -> Array:
    """Muon pairs whose mass is smeared by `width` GeV; their η and balance stay as they are."""
    rng = np.random.default_rng(seed)
    muons = events.reshape(-1, 2, 4)
    factor = 1 + rng.normal(0, width, len(events)) / drell_yan.features(events)[:, 3]
    phi = np.arctan2(muons[:, 0, 2], muons[:, 0, 1])
    return drell_yan_p4(np.column_stack((pt(muons[:, 0]) * factor, eta(muons), phi)))


def _many(seed: int, width: float) -> Array:
    """So many events that a smeared peak is seen in its mass, 200,000."""
    events = np.concatenate([load_drell_yan("test"), load_drell_yan("validation")])
    return smeared_peak(events, width, seed)


def _ks(seed: int, width: float) -> float:
    return drell_yan.ks_of_mass(_many(seed, width), load_drell_yan("train"))


def _chi2(seed: int, width: float) -> float:
    return drell_yan.chi2_of_peak(_many(seed, width), load_drell_yan("train"))


def _auc(seed: int, width: float) -> float:
    events, truth = drell_yan.two_truths(seed)
    return drell_yan.auc(smeared_peak(events, width, seed), truth, seed)


def _w1(seed: int, width: float) -> float:
    events, truth = drell_yan.two_truths(seed)
    return drell_yan.w1(smeared_peak(events, width, seed), truth)


CONTROLS = (
    Control(
        "KS of the mass",
        "Z peak smeared by 0.3 GeV, 200,000 events",
        lambda seed: _ks(seed, 0.3),
        lambda seed: _ks(seed, 0.0),
        1.0,
    ),
    Control(
        "chi2 of half-GeV bins",
        "Z peak smeared by 0.3 GeV, 200,000 events",
        lambda seed: _chi2(seed, 0.3),
        lambda seed: _chi2(seed, 0.0),
        1.0,
    ),
    Control(
        "drell_yan_auc",
        "Z peak smeared by 3 GeV",
        lambda seed: _auc(seed, 3.0),
        lambda seed: _auc(seed, 0.0),
        0.51,
    ),
    Control(
        "drell_yan_w1",
        "Z peak smeared by 5 GeV",
        lambda seed: _w1(seed, 5.0),
        lambda seed: _w1(seed, 0.0),
        0.03,
    ),
    Control(
        "nearest neighbours",
        "training events smeared by 1 %",
        lambda seed: drell_yan_copies.excess_of_known(smeared_training_events(N_EVENTS, seed)),
        lambda seed: drell_yan_copies.excess_of_known(independent_gaussians()[2](N_EVENTS, seed)),
        MOST_EXCESS,
    ),
)
