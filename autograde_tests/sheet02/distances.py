"""Checks of the notebook `distances`, from the modules `_distances_…` of its sections.

Truth comes from closed forms (Gaussians, points, shifted boxes) and from what every right answer
obeys (symmetry, bounds, invariance, no bias). Tolerances leave room for answers in float32 and for
any quadrature rule on the grid.
"""

from autograde_tests.sheet02._distances_divergences import check_divergences

__all__ = ["check_divergences"]
