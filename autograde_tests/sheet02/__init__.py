"""Graded checks of sheet 2: distances between distributions."""

from autograde_tests.sheet02.distances import check_divergences

__all__ = ["check_divergences"]
