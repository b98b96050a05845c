"""Wrong answers to the notebook `distances`, from the modules of its sections."""

from autograde_tests.sheet02.mutants._distances_divergences import BOUND, DIVERGENCES, FITS
from autograde_tests.sheet02.mutants._distances_kernels import KERNELS, MMD
from autograde_tests.sheet02.mutants._distances_tests import AUC, MASS, NULL, POWER
from autograde_tests.sheet02.mutants._distances_transport import (
    BOXES,
    CLOSED_FORMS,
    PLAN,
    POTENTIALS,
)

CASES = (
    DIVERGENCES,
    FITS,
    BOUND,
    PLAN,
    CLOSED_FORMS,
    POTENTIALS,
    BOXES,
    KERNELS,
    MMD,
    NULL,
    MASS,
    AUC,
    POWER,
)
