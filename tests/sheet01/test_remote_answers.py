"""Answers that must be differentiable keep their gradients, and their slips, on the way out."""

import pytest
from courses.remotely import functions_of, remote_answers

from autograde_tests.sheet01 import reweighting, vae
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


@pytest.fixture(scope="module")
def remote():
    """Answers by name, in a sandbox."""
    parts = [
        text
        for notebook, names in ANSWERS.values()
        for text in functions_of("sheet01", notebook, names)
    ]
    with remote_answers(*parts, SLIPS) as answers:
        yield answers


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
