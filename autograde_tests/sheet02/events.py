"""Checks of the notebook `event_gan`, from the modules `_events_…` of its sections.

Truth comes from closed forms, from an own fit that must not be more likely than the student's, and
from what every right answer obeys (a sample of n points is worth n points, a spline passes its
knots). Tolerances leave room for answers in float32.
"""

from autograde_tests.sheet02._events_fit import check_fit
from autograde_tests.sheet02._events_flow import check_spline_flow
from autograde_tests.sheet02._events_kernel import check_kernel_estimate
from autograde_tests.sheet02._events_mass import check_mmd_term, check_pair_mass
from autograde_tests.sheet02._events_quantiles import check_quantile_error

__all__ = [
    "check_fit",
    "check_kernel_estimate",
    "check_mmd_term",
    "check_pair_mass",
    "check_quantile_error",
    "check_spline_flow",
]
