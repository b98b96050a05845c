"""Answers that must be differentiable keep their gradients, and their slips, on the way out."""

import ast

import pytest

from autograde_tests import reference
from autograde_tests.sheet01 import reweighting, vae
from course_grader.marking.peer import Peer
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, View
from course_utils.checks import CheckFailed

ANSWERS = {
    vae.check_kl: ("drell_yan_vae", ["kl_to_standard_normal"]),
    vae.check_reparametrise: ("drell_yan_vae", ["reparametrise"]),
    vae.check_vae_loss: ("drell_yan_vae", ["vae_loss"]),
    reweighting.check_bce: ("classifier_reweighting", ["bce_with_logits", "class_weights"]),
}
SLIPS = """
def kl_without_log_var(mu, log_var):
    return kl_to_standard_normal(mu, log_var.detach())


def mean_detached(mu, log_var, noise):
    return reparametrise(mu.detach(), log_var, noise)


def kl_item(x, x_reco, mu, log_var, beta):
    kl = beta * kl_to_standard_normal(mu, log_var).mean().item()
    return vae_loss(x, x_reco, mu, log_var, 0.0) + kl


def loss_item(logits, labels, weights):
    return bce_with_logits(logits, labels, weights).item()


def emptying_kl(mu, log_var):
    return kl_to_standard_normal(mu.zero_(), log_var.zero_())
"""


def source():
    """The functions of the solutions that are asked for, with what they import, and the slips."""
    lines = ["import numpy as np", "import torch", "from torch.nn.functional import softplus", ""]
    for notebook, names in ANSWERS.values():
        text = reference.source("sheet01", notebook)
        lines += [
            str(ast.get_source_segment(text, node))
            for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef) and node.name in names
        ]
    return "\n\n".join([*lines, SLIPS])


@pytest.fixture(scope="module")
def remote():
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


@pytest.mark.parametrize("check", ANSWERS, ids=lambda check: check.__name__)
def test_right_answers_pass(check, remote):
    check(*[remote[name] for name in ANSWERS[check][1]])


@pytest.mark.parametrize(
    ("check", "names", "reason"),
    [
        (vae.check_kl, ["kl_without_log_var"], "no gradient flows through .* by log_var"),
        (vae.check_kl, ["emptying_kl"], "is not right"),
        (vae.check_reparametrise, ["mean_detached"], "no gradient flows through .* by mu"),
        (vae.check_vae_loss, ["kl_item"], "gradient of .* by mu"),
        (reweighting.check_bce, ["loss_item", "class_weights"], "no gradient flows"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_slips_are_refused(check, names, reason, remote):
    with pytest.raises(CheckFailed, match=reason):
        check(*[remote[name] for name in names])
