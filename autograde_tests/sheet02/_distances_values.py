"""One number against the truth, with the numbers that known mistakes give."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograde_tests.answers import number, same


def one(
    answer: Any, truth: float, mistakes: Mapping[str, Any], name: str, *, tolerance: float = 1e-4
) -> None:
    """The answer is the right number; a wrong one that is a known mistake is named.

    Args:
        answer: one number of a student.
        truth: the right one.
        mistakes: what a known mistake says about itself, with the number that it gives.
        name: what the student calls the answer.
        tolerance: relative and absolute.

    Raises:
        CheckFailed: if it is not the right number.

    Example:
        >>> one(0.5, 0.25, {"lacks a square": 0.5}, "area")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `area`: lacks a square.
    """
    named = {says: np.array(float(value)) for says, value in mistakes.items()}
    same(np.array(number(answer, name)), np.array(truth), named, name, tolerance=tolerance)
