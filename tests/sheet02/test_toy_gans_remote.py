"""Right answers to `toy_gans` pass from inside of a sandbox; lost gradients do not."""

import pytest
from courses.remotely import functions_of, remote_answers

from autograde_tests.sheet02 import toy_gans
from autograde_tests.sheet02.mutants.toy_gans import CASES
from course_utils.checks import CheckFailed

UNTRAINED = [case for case in CASES if not case.trained]
SLIPS = """
def slopes_without_graph(W, v, x):
    return slopes_of_tanh(W, v, x).detach()


def ra_item(l_data, l_model):
    return ra_discriminator(l_data, l_model) * 0 + ra_discriminator(l_data, l_model).detach()


def power_without_gradient(W, v):
    return power_step(W.detach(), v)
"""


@pytest.fixture(scope="module")
def remote():
    """Answers by name, in a sandbox."""
    with remote_answers(*functions_of("sheet02", "toy_gans"), SLIPS) as answers:
        yield answers


@pytest.mark.parametrize("case", UNTRAINED, ids=lambda case: case.name)
def test_right_answers_pass(case, remote):
    case.check(*[remote[name] for name in case.answers])


@pytest.mark.parametrize(
    ("check", "names"),
    [
        (toy_gans.check_slopes, ["critic_loss", "critic_generator", "slopes_without_graph"]),
        (
            toy_gans.check_other_losses,
            ["ls_discriminator", "ls_generator", "ra_item", "ra_generator"],
        ),
        (toy_gans.check_power_step, ["power_without_gradient"]),
    ],
)
def test_lost_gradients_are_seen(check, names, remote):
    with pytest.raises(CheckFailed, match="gradient"):
        check(*[remote[name] for name in names])
