"""Checks of the notebook `toy_gans`, from the modules `_toy_…` of its sections.

Truth comes from closed forms (linear critics, Gaussians, matrices), written out in float64.
"""

from autograde_tests.sheet02._toy_games import check_dirac, check_force
from autograde_tests.sheet02._toy_losses import check_cross_entropy, check_other_losses
from autograde_tests.sheet02._toy_quality import check_cure, check_measures
from autograde_tests.sheet02._toy_slopes import check_penalties, check_power_step, check_slopes

__all__ = [
    "check_cross_entropy",
    "check_cure",
    "check_dirac",
    "check_force",
    "check_measures",
    "check_other_losses",
    "check_penalties",
    "check_power_step",
    "check_slopes",
]
