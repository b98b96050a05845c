"""Wrong answers to exercise 2a (i): the cross-entropy from logits, weights of the classes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from autograde_tests.cases import Case, wrong
from autograde_tests.sheet01 import reweighting

_BCE = ("bce_with_logits", "class_weights")


def _from_probability(clamp: float) -> Callable[..., Tensor]:
    """The loss from a rounded D, clamped to [clamp, 1 − clamp]."""

    def answer(_: Any, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        D = torch.sigmoid(logits).clamp(clamp, 1 - clamp)
        losses = -labels * D.log() - (1 - labels) * (1 - D).log()
        return (weights * losses).sum() / weights.sum()

    return answer


def _overflowing(_: Any, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    losses = torch.log(1 + torch.exp(logits)) - labels * logits
    return (weights * losses).sum() / weights.sum()


def _with_log1p_of_logit(_: Any, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    losses = torch.log1p(logits.abs()) - labels * logits
    return (weights * losses).sum() / weights.sum()


def _pos_weight(_: Any, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(logits, labels, pos_weight=weights)


BCE_CASE = Case(
    reweighting.check_bce,
    "classifier_reweighting",
    _BCE,
    0.5,
    {
        "pos_weight": wrong(0, _BCE, _pos_weight, "weights of events with label 1 alone"),
        "sum for mean": wrong(0, _BCE, lambda f, x, y, w: f(x, y, w) * w.sum(), "is a sum"),
        "class weights forgotten in the loss": wrong(
            0, _BCE, lambda f, x, y, w: f(x, y, torch.ones_like(w)), "ignores the weights"
        ),
        "divided by the number of events": wrong(
            0, _BCE, lambda f, x, y, w: f(x, y, w) * w.mean(), "not by the sum of weights"
        ),
        "labels swapped": wrong(0, _BCE, lambda f, x, y, w: f(x, 1 - y, w), "labels swapped"),
        "sign": wrong(0, _BCE, lambda f, x, y, w: -f(x, y, w), "wrong sign"),
        "one loss per event": wrong(0, _BCE, lambda f, x, y, w: f(x, y, w) * w, "shape"),
        "log of a rounded probability": wrong(0, _BCE, _from_probability(0.0), "NaN or infinite"),
        "clamped probability": wrong(0, _BCE, _from_probability(1e-7), "logits ±200"),
        "exp overflows": wrong(0, _BCE, _overflowing, "NaN or infinite"),
        "log1p of the logit": wrong(0, _BCE, _with_log1p_of_logit, "equation"),
        "no gradient": wrong(0, _BCE, lambda f, x, y, w: f(x, y, w).detach(), "no gradient flows"),
        "an item": wrong(0, _BCE, lambda f, x, y, w: f(x, y, w).item(), "no gradient flows"),
        "half of the gradient": wrong(
            0,
            _BCE,
            lambda f, x, y, w: f(x, y, w) / 2 + f(x.detach(), y, w) / 2,
            "gradient of bce.* is not the right value",
        ),
        "weights of the smaller class alone": wrong(
            1, _BCE, lambda f, a, b: f(max(a, b), min(a, b)), "same total weight"
        ),
        "no class weights": wrong(1, _BCE, lambda _, a, b: (1.0, 1.0), "same total weight"),
        "class weights swapped": wrong(1, _BCE, lambda f, a, b: f(b, a), "same total weight"),
        "inverse numbers": wrong(1, _BCE, lambda _, a, b: (1 / a, 1 / b), "mean weight"),
        "LO weight one": wrong(1, _BCE, lambda _, a, b: (1.0, a / b), "mean weight"),
    },
)
