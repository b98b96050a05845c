"""Answers of exercise 3 that must be differentiable keep their gradients on the way out."""

import ast

import pytest

from autograde_tests import reference
from autograde_tests.sheet02 import events
from course_grader.marking.peer import Peer
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, View
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
    text = reference.source("sheet02", "event_gan")
    functions = [
        str(ast.get_source_segment(text, node))
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name in wanted
    ]
    source = "\n\n".join(["import numpy as np", "import torch", *functions, SLIPS])
    wanted += [node.name for node in ast.parse(SLIPS).body if isinstance(node, ast.FunctionDef)]
    with Sandbox(View({}), Limits(call=20), ["torch"]) as box:
        notebook = box.notebook()
        notebook.channel.send({"do": "run", "source": source, "seed": 1})
        assert notebook.channel.receive(60) == {"said": "done"}
        parked = box.park(notebook)
        yield Peer(parked.channel, 20.0).names(wanted, 1)
        box.drop(parked)


@pytest.mark.parametrize("check", ANSWERS, ids=lambda check: check.__name__)
def test_right_answers_of_a_sandbox_pass(check, remote):
    check(*(remote[name] for name in ANSWERS[check]))


def test_lost_gradients_are_seen(remote):
    with pytest.raises(CheckFailed, match="gradient"):
        events.check_mmd_term(remote["breit_wigner"], remote["mmd_squared_detached"])
    with pytest.raises(CheckFailed, match="gradient"):
        events.check_pair_mass(remote["mass_item"])
