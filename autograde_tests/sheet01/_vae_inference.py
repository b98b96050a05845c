"""Checks of exercise 3a and 3b: Kullback-Leibler term, sampling, loss; all differentiable.

Truth comes from `torch.distributions`, in float64; tolerances leave room for answers in float32.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from autograde_tests import gradients
from autograde_tests.answers import Answer, Array, array, given_copies, number, plain, same
from course_utils import checks

DEFAULT = 31


@given_copies
def check_kl(kl_to_standard_normal: Answer, *, seed: int = DEFAULT) -> None:
    """3a (i): closed-form KL of diagonal Gaussians from the unit Gaussian, one number per event.

    Args:
        kl_to_standard_normal: `(mu, log_var)`, each `(n, k)`, to `(n,)`.
        seed: of the hidden means and variances.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    name = "kl_to_standard_normal(mu, log_var)"
    for n_latent in (3, 1, 8):
        shape = (int(rng.integers(10, 30)), n_latent)
        mu, log_var = tensor(rng.normal(0, 1.5, shape)), tensor(rng.normal(-0.5, 1.0, shape))
        answer = kl_to_standard_normal(mu, log_var)
        checks.shape(
            plain(answer),
            shape[:1],
            name=name,
            hint="one number per event: sum over the latent dimensions (the last axis) only.",
        )
        right = kl_divergence(Normal(mu, torch.exp(log_var / 2)), Normal(0.0, 1.0))
        mu_2, var, sigma = mu**2, log_var.exp(), torch.exp(log_var / 2)
        mistakes = {
            "mean over the latent dimensions instead of the sum": right.mean(-1),
            "a factor 1/2 is missing": 2 * right.sum(-1),
            "the sign is wrong": -right.sum(-1),
            "exp(log_var / 2) is the standard deviation, the formula has the variance": 0.5
            * (mu_2 + sigma - 1 - log_var).sum(-1),
            "this is the reversed divergence, of the unit Gaussian from the encoder": 0.5
            * ((mu_2 + 1) / var - 1 + log_var).sum(-1),
            "the sign of log_var is wrong": 0.5 * (mu_2 + var - 1 + log_var).sum(-1),
            "the -1 has the wrong sign or is missing: at mu = 0 and log_var = 0 the result must "
            "be 0": 0.5 * (mu_2 + var + 1 - log_var).sum(-1),
        }
        forgotten = {k: v for k, v in mistakes.items() if n_latent > 1 or "mean" not in k}
        same_tensor(answer, right.sum(-1), forgotten, name)
    gradients.right(kl_to_standard_normal, _true_kl, {"mu": mu, "log_var": log_var}, name)
    zero = array(kl_to_standard_normal(*tensor(np.zeros((2, 4, 3)))), name, (4,))
    checks.true(
        bool(np.abs(zero).max() < 1e-6),
        f"`{name}` must vanish for mu = 0 and log_var = 0: the two distributions are the same.",
    )


@given_copies
def check_reparametrise(reparametrise: Answer, *, seed: int = DEFAULT) -> None:
    """3a (ii): z = mu + sigma · noise, element by element.

    Args:
        reparametrise: `(mu, log_var, noise)`, each `(n, k)`, to `(n, k)`.
        seed: of the hidden numbers.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    name = "reparametrise(mu, log_var, noise)"
    mu, log_var, noise = tensor(rng.normal(size=(3, int(rng.integers(10, 30)), 3)))
    shape = tuple(mu.shape)
    still = array(reparametrise(mu, log_var, torch.zeros_like(noise)), name, shape)
    checks.true(
        bool(np.allclose(still, mu.numpy(), rtol=1e-5, atol=1e-5)),
        f"`{name}` must give mu if the noise is zero. Use the `noise` that is passed, draw none.",
    )
    sigma = torch.exp(log_var / 2)
    mistakes = {
        "exp(log_var) is the variance, but the noise is multiplied by the standard deviation": mu
        + log_var.exp() * noise,
        "the noise is multiplied by log_var; it needs the standard deviation": mu + log_var * noise,
        "the variance has no influence": mu + noise,
        "the noise has no influence": mu,
        "the mean has no influence": sigma * noise,
    }
    same_tensor(reparametrise(mu, log_var, noise), mu + sigma * noise, mistakes, name)
    given = {"mu": mu, "log_var": log_var, "noise": noise}
    gradients.right(
        reparametrise, lambda m, v, e: m + torch.exp(v / 2) * e, given, name, by=("mu", "log_var")
    )


@given_copies
def check_vae_loss(vae_loss: Answer, *, seed: int = DEFAULT) -> None:
    """3b (ii): squared error summed over features plus beta KL, mean over events.

    Args:
        vae_loss: `(x, x_reco, mu, log_var, beta)` to one number.
        seed: of the hidden numbers.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    for n, n_features, n_latent in ((12, 8, 3), (7, 3, 5), (1, 4, 2)):
        x, x_reco = tensor(rng.normal(size=(2, n, n_features)))
        mu, log_var = tensor(rng.normal(size=(2, n, n_latent)))
        beta = float(rng.uniform(0.1, 3.0))
        error = (x - x_reco) ** 2
        kl = kl_divergence(Normal(mu, torch.exp(log_var / 2)), Normal(0.0, 1.0))
        right = error.sum(-1).mean() + beta * kl.sum(-1).mean()
        mistakes = {
            "the squared error is averaged over the features; it must be summed": error.mean()
            + beta * kl.sum(-1).mean(),
            "the KL term is averaged over the latent dimensions; it must be summed": error.sum(
                -1
            ).mean()
            + beta * kl.mean(),
            "both terms are averaged over everything; sum over features and latent dimensions, "
            "average over events": error.mean() + beta * kl.mean(),
            "the loss is summed over the events; it must be averaged": n * right,
            "beta multiplies the wrong term": beta * error.sum(-1).mean() + kl.sum(-1).mean(),
            "beta has no influence": error.sum(-1).mean() + kl.sum(-1).mean(),
            "the KL term is missing": error.sum(-1).mean(),
            "the KL term has the wrong sign": error.sum(-1).mean() - beta * kl.sum(-1).mean(),
            "the squared error has a factor 1/2 that equation (9) does not have": right
            - 0.5 * error.sum(-1).mean(),
        }
        name = "vae_loss(x, x_reco, mu, log_var, beta)"
        answer = vae_loss(x, x_reco, mu, log_var, beta)
        checks.shape(plain(answer), (), name=name)
        if n == 1:
            mistakes = {}
        same_tensor(number(answer, name), right, mistakes, name)
        given = {"x": x, "x_reco": x_reco, "mu": mu, "log_var": log_var}
        _has_gradients(vae_loss, given, beta, name)


def _has_gradients(vae_loss: Answer, given: dict[str, Tensor], beta: float, name: str) -> None:
    gradients.right(
        lambda *tensors: vae_loss(*tensors, beta),
        lambda x, y, m, v: ((x - y) ** 2).sum(-1).mean() + beta * _true_kl(m, v).mean(),
        given,
        name,
        by=("x_reco", "mu", "log_var"),
    )


def _true_kl(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL of each event from the unit Gaussian, through which gradients flow."""
    divergence: Tensor = kl_divergence(Normal(mu, torch.exp(log_var / 2)), Normal(0.0, 1.0))
    return divergence.sum(-1)


def same_tensor(got: Any, right: Tensor, mistakes: dict[str, Tensor], name: str) -> None:
    """`answers.same` for tensors."""
    shape = tuple(right.shape)
    wrong: dict[str, Array] = {says: value.numpy() for says, value in mistakes.items()}
    same(array(got, name, shape), right.numpy(), wrong, name)


def tensor(values: Any) -> Tensor:
    """In float64."""
    return torch.as_tensor(np.asarray(values, dtype=np.float64))
