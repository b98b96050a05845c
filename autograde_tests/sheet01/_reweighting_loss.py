"""Check of the loss of exercise 2a: cross-entropy from logits with class weights."""

import numpy as np
import torch
from scipy.special import log_expit
from torch.nn.functional import softplus

from autograde_tests import gradients
from autograde_tests.answers import Answer, Array, floats, given_copies, number, parts
from course_utils import checks

DEFAULT = 23


@given_copies
def check_bce(bce_with_logits: Answer, class_weights: Answer, *, seed: int = DEFAULT) -> None:
    """2a (i): the weighted cross-entropy from logits, and weights for classes of unequal size.

    Args:
        bce_with_logits: `(logits, labels, weights)`, tensors `(n,)`, to one number.
        class_weights: `(n_lo, n_nlo)` to the weights of an LO and an NLO event.
        seed: of the hidden events.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    _balances_classes(class_weights, rng)
    n_events = int(rng.integers(9, 15))
    logits = rng.normal(0, 3, n_events)
    labels = (np.arange(n_events) % 3 == 0).astype(np.float64)
    weights = rng.uniform(0.3, 4.0, n_events)
    got = _bce(bce_with_logits, logits, labels, weights)
    _explain_bce(got, logits, labels, weights)
    _is_stable(bce_with_logits, rng)
    _has_right_gradient(bce_with_logits, logits, labels, weights)


def _balances_classes(class_weights: Answer, rng: np.random.Generator) -> None:
    few = int(rng.integers(200, 9000))
    many = int(few * rng.uniform(1.5, 6.0))
    for n_lo, n_nlo in ((many, few), (few, many)):
        _balances(class_weights, n_lo, n_nlo)


def _balances(class_weights: Answer, n_lo: int, n_nlo: int) -> None:
    name = "class_weights(n_lo, n_nlo)"
    both = parts(class_weights(n_lo, n_nlo), 2, name)
    lo, nlo = (number(part, f"{name}[{k}]") for k, part in enumerate(both))
    checks.true(min(lo, nlo) > 0, f"`{name}` must return positive weights.")
    checks.true(
        abs(n_lo * lo / (n_nlo * nlo) - 1) < 1e-4,
        f"with `{name}` the classes do not have the same total weight: n_lo·w_lo must equal "
        "n_nlo·w_nlo. Are the two weights swapped, or both one?",
    )
    checks.true(
        abs((n_lo * lo + n_nlo * nlo) / (n_lo + n_nlo) - 1) < 1e-4,
        f"with `{name}` the mean weight of all events is not one: the totals balance, but the "
        "overall size of the weights is off.",
    )


def _bce(answer: Answer, logits: Array, labels: Array, weights: Array) -> float:
    tensors = (torch.as_tensor(values) for values in (logits, labels, weights))
    return number(answer(*tensors), "bce_with_logits(logits, labels, weights)")


def _event_losses(logits: Array, labels: Array) -> Array:
    return np.asarray(-labels * log_expit(logits) - (1 - labels) * log_expit(-logits))


def _explain_bce(got: float, logits: Array, labels: Array, weights: Array) -> None:
    """Compares with the right value; names the mistake if it is a known one."""
    losses = _event_losses(logits, labels)
    if abs(got / np.average(losses, weights=weights) - 1) < 1e-4:
        return
    swapped = _event_losses(logits, 1 - labels)
    for wrong, says in (
        (np.sum(weights * losses), "is a sum over the events; a weighted mean is asked for"),
        (np.mean(losses), "ignores the weights"),
        (
            np.mean(weights * losses),
            "is divided by the number of events, not by the sum of weights",
        ),
        (
            np.mean(np.where(labels == 1, weights, 1.0) * losses),
            "uses the weights of events with label 1 alone, as `pos_weight` does",
        ),
        (np.average(swapped, weights=weights), "has the labels swapped: NLO is 1, LO is 0"),
        (-np.average(losses, weights=weights), "has the wrong sign"),
    ):
        checks.true(abs(got - wrong) > 1e-4 * abs(float(wrong)), f"`bce_with_logits(…)` {says}.")
    raise checks.CheckFailed("`bce_with_logits(…)` is not right: compare with equation (4).")


def _is_stable(answer: Answer, rng: np.random.Generator) -> None:
    """Float32 logits of ±200: the loss is 0 for right and 200 for wrong labels."""
    logits = np.array([200.0, -200.0], dtype=np.float32)
    weights = rng.uniform(0.5, 2.0, 2).astype(np.float32)
    for labels, expected in ((np.array([1.0, 0.0]), 0.0), (np.array([0.0, 1.0]), 200.0)):
        value = answer(*(torch.as_tensor(v) for v in (logits, labels.astype("float32"), weights)))
        name = f"bce_with_logits(…) for logits ±200 with {'wrong' if expected else 'right'} labels"
        hint = "σ(l) rounds to 0 or 1 there, and clamping bends the loss: stay with the logit."
        checks.is_given(value, name)
        loss = floats(value, name)
        checks.true(np.isfinite(loss).all(), f"`{name}` is NaN or infinite.\nHint: {hint}")
        checks.close(loss, expected, rtol=1e-3, atol=1e-3, name=name, hint=hint)


def _has_right_gradient(answer: Answer, logits: Array, labels: Array, weights: Array) -> None:
    """∂L/∂l_i = w_i (σ(l_i) − y_i) / Σw."""
    y, w = torch.as_tensor(labels), torch.as_tensor(weights)
    gradients.right(
        lambda logits: answer(logits, y, w),
        lambda logits: (w * (softplus(logits) - y * logits)).sum() / w.sum(),
        {"logits": torch.as_tensor(logits)},
        "bce_with_logits(logits, labels, weights)",
    )
