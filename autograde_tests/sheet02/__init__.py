"""Graded checks of sheet 2: distances between distributions."""

from autograde_tests.sheet02.distances import (
    check_auc,
    check_bound,
    check_closed_forms,
    check_divergences,
    check_fits,
    check_kernels,
    check_mass_statistics,
    check_mmd,
    check_null,
    check_potentials,
    check_power,
    check_shifted_boxes,
    check_transport,
)

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
