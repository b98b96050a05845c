"""Wrong answers to the notebook `distances`, from the modules of its sections."""

from autograde_tests.sheet02.mutants._distances_divergences import DIVERGENCES

CASES = (DIVERGENCES,)
