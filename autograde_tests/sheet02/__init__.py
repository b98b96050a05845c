"""Graded checks of sheet 2: distances between distributions; what a generator is worth."""

from autograde_tests.sheet02.distances import check_divergences
from autograde_tests.sheet02.events import (
    check_fit,
    check_kernel_estimate,
    check_mmd,
    check_pair_mass,
    check_quantile_error,
    check_spline_flow,
)

__all__ = [
    "check_divergences",
    "check_fit",
    "check_kernel_estimate",
    "check_mmd",
    "check_pair_mass",
    "check_quantile_error",
    "check_spline_flow",
]
