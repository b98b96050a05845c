"""Right answers to `toy_gans` pass from inside of a sandbox; lost gradients do not."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from autograde_tests import reference
from autograde_tests.sheet02 import toy_gans
from autograde_tests.sheet02.mutants.toy_gans import CASES
from course_grader.marking.peer import Peer
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, View
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


def source() -> str:
    """The functions of the solution, with what they import, and the slips."""
    text = reference.source("sheet02", "toy_gans")
    nodes = [
        str(ast.get_source_segment(text, node))
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    ]
    lines = ["import numpy as np", "import torch", "from scipy.special import expit"]
    return "\n\n".join([*lines, "from torch.nn.functional import softplus", *nodes, SLIPS])


@pytest.fixture(scope="module")
def remote() -> Iterator[Any]:
    """Answers by name, in a sandbox."""
    with Sandbox(View({}), Limits(call=20), ["torch"]) as box:
        notebook = box.notebook()
        notebook.channel.send({"do": "run", "source": source(), "seed": 1})
        assert notebook.channel.receive(60) == {"said": "done"}
        wanted = [
            node.name for node in ast.parse(source()).body if isinstance(node, ast.FunctionDef)
        ]
        parked = box.park(notebook)
        yield Peer(parked.channel, 20.0).names(wanted, 1)
        box.drop(parked)


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
