"""Checks of `toy_gans`, 2a and 2b: losses of logits, by value and by gradient.

Truth is written out here in float64, replica by replica.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from autograde_tests import gradients
from autograde_tests.answers import Answer, array, given_copies, same

DEFAULT = 21
LARGE = "start from the logits with `softplus`: D rounds to 0 or 1, and its logarithm breaks down."

Loss = Callable[[Tensor, Tensor], Tensor]


def _mean(values: Tensor) -> Tensor:
    return values.mean(dim=-1)


def _bce(l_data: Tensor, l_model: Tensor) -> Tensor:
    return _mean(softplus(-l_data)) + _mean(softplus(l_model))


def _relativistic(l_data: Tensor, l_model: Tensor) -> Tensor:
    means = (_mean(one)[..., None] for one in (l_model, l_data))
    return _bce(*(one - mean for one, mean in zip((l_data, l_model), means, strict=True)))


def _squares(values: Tensor, target: float) -> Tensor:
    return 0.5 * _mean((values - target) ** 2)


TRUTH: dict[str, Loss] = {
    "bce_discriminator": _bce,
    "saturating": lambda _, l_model: -_mean(softplus(l_model)),
    "non_saturating": lambda _, l_model: _mean(softplus(-l_model)),
    "ls_discriminator": lambda l_data, l_model: _squares(l_data, 1) + _squares(l_model, 0),
    "ls_generator": lambda _, l_model: _squares(l_model, 1),
    "ra_discriminator": _relativistic,
    "ra_generator": lambda l_data, l_model: _relativistic(l_model, l_data),
}
"""The right losses, by the names of the answers."""

MISTAKES: dict[str, Loss] = {
    "it has data and model swapped": lambda l_data, l_model: _bce(l_model, l_data),
    "this is log(1 − D), which saturates": TRUTH["saturating"],
    "this is −log D, which does not saturate": TRUTH["non_saturating"],
    "it is pulled to the other target": lambda l_data, l_model: _squares(l_model, 0),
}


@given_copies
def check_cross_entropy(
    bce_discriminator: Answer, saturating: Answer, non_saturating: Answer, *, seed: int = DEFAULT
) -> None:
    """2a: the losses of equation (1) for logits up to ±60, of several replicas and of one.

    Args:
        bce_discriminator: `(l_data, l_model)`, `(..., n_data)` and `(..., n_model)`, to `(...)`.
        saturating: the same.
        non_saturating: the same.
        seed: of the hidden logits.

    Raises:
        CheckFailed: with what does not hold.
    """
    answers = {
        "bce_discriminator": bce_discriminator,
        "saturating": saturating,
        "non_saturating": non_saturating,
    }
    _losses(answers, 20.0, seed)


@given_copies
def check_other_losses(
    ls_discriminator: Answer,
    ls_generator: Answer,
    ra_discriminator: Answer,
    ra_generator: Answer,
    *,
    seed: int = DEFAULT,
) -> None:
    """2b: least squares, and relativistic averages with gradients through the averages.

    Args:
        ls_discriminator: `(l_data, l_model)`, `(..., n_data)` and `(..., n_model)`, to `(...)`.
        ls_generator: the same.
        ra_discriminator: the same.
        ra_generator: the same.
        seed: of the hidden logits.

    Raises:
        CheckFailed: with what does not hold.
    """
    answers = {
        "ls_discriminator": ls_discriminator,
        "ls_generator": ls_generator,
        "ra_discriminator": ra_discriminator,
        "ra_generator": ra_generator,
    }
    _losses(answers, 6.0, seed)


def _losses(answers: Mapping[str, Answer], width: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_data, n_model = (int(n) for n in rng.integers(20, 40, 2))

    def logits(*shape: int) -> Tensor:
        return torch.tensor(rng.uniform(-3 * width, 3 * width, shape))

    for shape in ((3,), ()):
        l_data, l_model = logits(*shape, n_data), logits(*shape, n_model)
        for name, answer in answers.items():
            truth = TRUTH[name]
            label = f"{name}(l_data, l_model)"
            got = array(answer(l_data, l_model), label, shape, hint=LARGE)
            right = truth(l_data, l_model)
            wrong = {
                says: value.numpy()
                for says, mistake in MISTAKES.items()
                if not torch.allclose(value := mistake(l_data, l_model), right)
            }
            wrong["the sign is wrong: each player minimises its loss"] = -right.numpy()
            same(got, right.numpy(), wrong, label)
    small = {"l_data": logits(n_data) / width, "l_model": logits(n_model) / width}
    for name, answer in answers.items():
        label = f"{name}(l_data, l_model)"
        relativistic = name.startswith("ra_")
        by = ("l_data", "l_model") if relativistic or "discr" in name else ("l_model",)
        gradients.right(answer, TRUTH[name], small, label, by=by)
