"""Checks of the notebook `distances`, from the modules `_distances_…` of its sections.

Truth comes from closed forms (Gaussians, points, shifted boxes) and from what every right answer
obeys (symmetry, bounds, invariance, no bias). Tolerances leave room for answers in float32 and for
any quadrature rule on the grid.
"""

from autograde_tests.sheet02._distances_bound import check_bound
from autograde_tests.sheet02._distances_divergences import check_divergences
from autograde_tests.sheet02._distances_dual import check_potentials, check_shifted_boxes
from autograde_tests.sheet02._distances_fits import check_fits
from autograde_tests.sheet02._distances_kernels import check_kernels, check_mmd
from autograde_tests.sheet02._distances_nulls import check_null, check_power
from autograde_tests.sheet02._distances_statistics import check_auc, check_mass_statistics
from autograde_tests.sheet02._distances_transport import check_closed_forms, check_transport

__all__ = [
    "check_auc",
    "check_bound",
    "check_closed_forms",
    "check_divergences",
    "check_fits",
    "check_kernels",
    "check_mass_statistics",
    "check_mmd",
    "check_null",
    "check_potentials",
    "check_power",
    "check_shifted_boxes",
    "check_transport",
]
