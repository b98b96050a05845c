"""Wrong answers to 2a and 2b of `toy_gans`: losses of logits."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from autograde_tests.cases import Case, Mutant, wrong
from autograde_tests.sheet02 import toy_gans

_CLASSIC = ("bce_discriminator", "saturating", "non_saturating")
_OTHERS = ("ls_discriminator", "ls_generator", "ra_discriminator", "ra_generator")

Loss = Callable[..., Any]


def _mixed(right: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    value: Tensor = right(l_data, l_model).mean()
    return value


def _detached(right: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    value: Tensor = right(l_data.detach(), l_model.detach())
    return value


def _probabilities(_: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    D_data, D_model = torch.sigmoid(l_data.float()), torch.sigmoid(l_model.float())
    return -(D_data.log().mean(dim=-1) + (1 - D_model).log().mean(dim=-1))


def _clamped(right: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    value: Tensor = right(l_data.clamp(-15, 15), l_model.clamp(-15, 15))
    return value


def _visible_only(right: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    """Right on a few events, as in the visible check."""
    few = l_data.shape[-1] < 6
    value: Tensor = right(l_data, l_model) if few else torch.zeros(l_data.shape[:-1])
    return value


def _counting() -> Loss:
    """Right for the first calls alone."""
    calls = []

    def loss(right: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
        calls.append(1)
        value: Tensor = right(l_data, l_model)
        return value if len(calls) < 2 else value * 0

    return loss


def _at(names: tuple[str, ...], name: str, mistake: Loss, reason: str, **kind: bool) -> Mutant:
    return wrong(names.index(name), names, mistake, reason, **kind)


CROSS_ENTROPY = Case(
    toy_gans.check_cross_entropy,
    "toy_gans",
    _CLASSIC,
    0.5,
    {
        "swapped samples": _at(
            _CLASSIC, "bce_discriminator", lambda f, a, b: f(b, a), "data and model swapped"
        ),
        "of data alone": _at(
            _CLASSIC,
            "bce_discriminator",
            lambda _, a, b: softplus(-a).mean(dim=-1),
            "not right|saturate",
        ),
        "probabilities": _at(_CLASSIC, "bce_discriminator", _probabilities, "softplus"),
        "clamped": _at(_CLASSIC, "bce_discriminator", _clamped, "not right"),
        "mean over replicas": _at(_CLASSIC, "non_saturating", _mixed, "shape"),
        "sum over events": _at(
            _CLASSIC, "non_saturating", lambda f, a, b: f(a, b) * b.shape[-1], "not right"
        ),
        "not averaged": _at(_CLASSIC, "saturating", lambda _, a, b: -softplus(b), "shape"),
        "sign": _at(_CLASSIC, "saturating", lambda f, a, b: -f(a, b), "sign is wrong"),
        "saturates": _at(
            _CLASSIC, "non_saturating", lambda _, a, b: -softplus(b).mean(dim=-1), "which saturates"
        ),
        "does not saturate": _at(
            _CLASSIC, "saturating", lambda _, a, b: softplus(-b).mean(dim=-1), "does not saturate"
        ),
        "generator looks at data": _at(
            _CLASSIC, "saturating", lambda f, a, b: f(b, a), "not right|saturate"
        ),
        "no gradient": _at(_CLASSIC, "non_saturating", _detached, "gradient"),
        "visible inputs alone": _at(
            _CLASSIC, "bce_discriminator", _visible_only, "not right", is_slip=False
        ),
        "first call alone": _at(
            _CLASSIC, "non_saturating", _counting(), "not right", is_slip=False
        ),
    },
)


def _constant_averages(_: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    r_data = l_data - l_model.mean(dim=-1, keepdim=True).detach()
    r_model = l_model - l_data.mean(dim=-1, keepdim=True).detach()
    return softplus(-r_data).mean(dim=-1) + softplus(r_model).mean(dim=-1)


def _own_averages(_: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    r_data = l_data - l_data.mean(dim=-1, keepdim=True)
    r_model = l_model - l_model.mean(dim=-1, keepdim=True)
    return softplus(-r_data).mean(dim=-1) + softplus(r_model).mean(dim=-1)


def _averages_of_all(_: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    r_data, r_model = l_data - l_model.mean(), l_model - l_data.mean()
    return softplus(-r_data).mean(dim=-1) + softplus(r_model).mean(dim=-1)


def _half(_: Loss, l_data: Tensor, l_model: Tensor) -> Tensor:
    return softplus(-(l_model - l_data.mean(dim=-1, keepdim=True))).mean(dim=-1)


OTHER_LOSSES = Case(
    toy_gans.check_other_losses,
    "toy_gans",
    _OTHERS,
    0.75,
    {
        "no factor 1/2": _at(_OTHERS, "ls_discriminator", lambda f, a, b: 2 * f(a, b), "not right"),
        "swapped targets": _at(
            _OTHERS, "ls_discriminator", lambda f, a, b: f(b, a), "not right|should"
        ),
        "of probabilities": _at(
            _OTHERS,
            "ls_discriminator",
            lambda f, a, b: f(torch.sigmoid(a), torch.sigmoid(b)),
            "not right",
        ),
        "generator wants 0": _at(
            _OTHERS, "ls_generator", lambda _, a, b: 0.5 * (b**2).mean(dim=-1), "other target"
        ),
        "generator's sign": _at(_OTHERS, "ls_generator", lambda f, a, b: -f(a, b), "sign is wrong"),
        "generator without gradient": _at(_OTHERS, "ls_generator", _detached, "gradient"),
        "not relativistic": _at(
            _OTHERS,
            "ra_discriminator",
            lambda _, a, b: softplus(-a).mean(dim=-1) + softplus(b).mean(dim=-1),
            "not right|swapped",
        ),
        "averages without gradient": _at(
            _OTHERS, "ra_discriminator", _constant_averages, "gradient"
        ),
        "averages of the own sample": _at(_OTHERS, "ra_discriminator", _own_averages, "not right"),
        "averages over replicas": _at(_OTHERS, "ra_discriminator", _averages_of_all, "not right"),
        "generator as discriminator": _at(
            _OTHERS, "ra_generator", lambda f, a, b: f(b, a), "not right"
        ),
        "generator's events alone": _at(_OTHERS, "ra_generator", _half, "not right"),
        "visible inputs alone": _at(
            _OTHERS, "ra_generator", _visible_only, "not right", is_slip=False
        ),
    },
)
