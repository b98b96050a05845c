"""Wrong answers to the notebook `event_gan`, from the modules of its sections."""

from autograde_tests.sheet02.mutants._events_estimators import FIT, KERNEL, QUANTILES
from autograde_tests.sheet02.mutants._events_flow import SPLINE
from autograde_tests.sheet02.mutants._events_mass import MASS, MMD

CASES = (QUANTILES, FIT, KERNEL, SPLINE, MASS, MMD)
