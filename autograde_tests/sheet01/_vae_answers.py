"""Compares an answer with the right one, and names the mistake if it is a known one."""

from collections.abc import Mapping

import numpy as np

from autograde_tests.sheet01._answers import Array, agrees
from course_utils import checks


def same(
    got: Array,
    right: Array,
    mistakes: Mapping[str, Array],
    name: str,
    *,
    tolerance: float = 1e-4,
) -> None:
    """Passes if `got` is right.

    Args:
        got: the answer, of the shape of `right`.
        right: the right numbers.
        mistakes: what a known mistake says about itself, with the numbers that it gives.
        name: what the student calls the answer.
        tolerance: relative and absolute; the default is the room that float32 needs.

    Raises:
        CheckFailed: if not, with the mistake whose numbers these are; without any hidden number.

    Example:
        >>> one = np.ones(1)
        >>> same(2 * one, one, {"a factor 1/2 is missing": 2 * one}, "kl")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `kl`: a factor 1/2 is missing.
    """
    if agrees(got, right, mistakes, name, tolerance=tolerance):
        return
    n_wrong = int(np.sum(~np.isclose(got, right, rtol=tolerance, atol=tolerance)))
    raise checks.CheckFailed(
        f"`{name}` is not right in {n_wrong} of {right.size} entries.\n"
        "Hint: compute one event by hand, with the equations of the task, and compare."
    )
