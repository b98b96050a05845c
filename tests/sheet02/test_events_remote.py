"""Answers of exercise 3 that must be differentiable keep their gradients on the way out."""

import pytest
from courses.remotely import functions_of, remote_answers

from autograde_tests.sheet02 import events
from course_utils.checks import CheckFailed

ANSWERS = {
    events.check_spline_flow: ["spline", "flow_loss"],
    events.check_pair_mass: ["pair_mass"],
    events.check_mmd_term: ["breit_wigner", "mmd_squared"],
}
SLIPS = """
def mmd_squared_detached(x, y, kernel):
    return mmd_squared(x.detach(), y, kernel)


def mass_item(x, mean, scale):
    return pair_mass(x.detach(), mean, scale)
"""


@pytest.fixture(scope="module")
def remote():
    """Answers by name, in a sandbox."""
    wanted = [name for names in ANSWERS.values() for name in names]
    with remote_answers(*functions_of("sheet02", "event_gan", wanted), SLIPS) as answers:
        yield answers


@pytest.mark.parametrize("check", ANSWERS, ids=lambda check: check.__name__)
def test_right_answers_of_a_sandbox_pass(check, remote):
    check(*(remote[name] for name in ANSWERS[check]))


def test_lost_gradients_are_seen(remote):
    with pytest.raises(CheckFailed, match="gradient"):
        events.check_mmd_term(remote["breit_wigner"], remote["mmd_squared_detached"])
    with pytest.raises(CheckFailed, match="gradient"):
        events.check_pair_mass(remote["mass_item"])
