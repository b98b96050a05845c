"""Checks of exercise 3a and 3b: Kullback-Leibler term, sampling, evidence lower bound, loss.

Truth comes from `torch.distributions` and from the linear-Gaussian model, where log p(x), the
posterior and the gap between bound and evidence are known exactly. All in float64; tolerances
leave room for answers in float32.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

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
        mu, log_var = _tensor(rng.normal(0, 1.5, shape)), _tensor(rng.normal(-0.5, 1.0, shape))
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
            "the sign of log_var is wrong": 0.5 * (mu_2 + var - 1 + log_var).sum(-1),
            "the -1 has the wrong sign or is missing: at mu = 0 and log_var = 0 the result must "
            "be 0": 0.5 * (mu_2 + var + 1 - log_var).sum(-1),
        }
        forgotten = {k: v for k, v in mistakes.items() if n_latent > 1 or "mean" not in k}
        _same(answer, right.sum(-1), forgotten, name)
    zero = array(kl_to_standard_normal(*_tensor(np.zeros((2, 4, 3)))), name, (4,))
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
    mu, log_var, noise = _tensor(rng.normal(size=(3, int(rng.integers(10, 30)), 3)))
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
    _same(reparametrise(mu, log_var, noise), mu + sigma * noise, mistakes, name)
    step = 1e-2  # derivative with respect to log_var: half of sigma · noise
    up, down = (array(reparametrise(mu, log_var + h, noise), name, shape) for h in (step, -step))
    slope = 0.5 * (sigma * noise).numpy()
    checks.true(
        bool(np.allclose((up - down) / (2 * step), slope, rtol=1e-3, atol=1e-3)),
        f"the derivative of `{name}` with respect to log_var is not sigma · noise / 2.",
    )


@given_copies
def check_elbo(
    elbo_linear_gaussian: Answer, linear_gaussian_posterior: Answer, *, seed: int = DEFAULT
) -> None:
    """3a (iii): ELBO ≤ log p(x) in the linear-Gaussian model, equal at the exact posterior.

    Args:
        elbo_linear_gaussian: `(x, W, b, sigma, mu, log_var)` to the bound of each event, `(n,)`.
        linear_gaussian_posterior: `(x, W, b, sigma)` to `(mu, log_var)`, each `(n, k)`, for `W`
            with orthogonal columns.
        seed: of the hidden model and events.

    Raises:
        CheckFailed: with the property that does not hold.
    """
    rng = np.random.default_rng(seed)
    n, d, k = int(rng.integers(5, 20)), 5, 2
    x = _tensor(rng.normal(0, 1.5, (n, d)))
    b, sigma = _tensor(rng.normal(size=d)), float(rng.uniform(0.4, 0.9))
    any_W = _tensor(rng.normal(size=(d, k)))
    W = torch.linalg.qr(any_W)[0] * _tensor(rng.uniform(0.5, 2.0, k))
    mu, log_var = _tensor(rng.normal(size=(2, n, k)))
    _check_bound(elbo_linear_gaussian, x, any_W, b, sigma, mu, log_var)
    right = _posterior(x, W, b, sigma)
    answers = linear_gaussian_posterior(x, W, b, sigma)
    checks.is_given(answers, "linear_gaussian_posterior(x, W, b, sigma)")
    checks.true(
        isinstance(answers, tuple | list) and len(answers) == 2,
        "`linear_gaussian_posterior` must return two arrays, (mu, log_var).",
    )
    means = array(answers[0], "mu of linear_gaussian_posterior", (n, k))
    spreads = array(answers[1], "log_var of linear_gaussian_posterior", (n, k))
    var = right.covariance_matrix.diagonal(dim1=-2, dim2=-1).expand(n, k)
    square = (W**2).sum(0)
    _same(
        means,
        right.mean,
        {
            "the offset b is forgotten": x @ W / (sigma**2 + square),
            "this is the least-squares solution; the prior pulls it towards zero": (x - b)
            @ W
            / square,
            "sigma enters squared": (x - b) @ W / (sigma + square),
        },
        "mu of linear_gaussian_posterior",
    )
    _same(
        spreads,
        var.log(),
        {
            "this is the variance; its logarithm is asked for": var,
            "this is log sigma; log_var is the logarithm of the variance": 0.5 * var.log(),
            "the noise variance sigma² is missing in the numerator": -(sigma**2 + square)
            .log()
            .expand(n, k),
        },
        "log_var of linear_gaussian_posterior",
    )
    tight = array(
        elbo_linear_gaussian(x, W, b, sigma, right.mean, var.log()), "elbo_linear_gaussian", (n,)
    )
    checks.true(
        bool(np.allclose(tight, _evidence(x, W, b, sigma).numpy(), rtol=1e-4, atol=1e-4)),
        "`elbo_linear_gaussian` must be equal to log p(x) at the exact posterior.",
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
        x, x_reco = _tensor(rng.normal(size=(2, n, n_features)))
        mu, log_var = _tensor(rng.normal(size=(2, n, n_latent)))
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
        _same(np.asarray(number(answer, name)), right, mistakes, name)


def _check_bound(
    elbo: Answer, x: Tensor, W: Tensor, b: Tensor, sigma: float, mu: Tensor, log_var: Tensor
) -> None:
    """The bound lies below log p(x) by the KL of q from the exact posterior, for any W."""
    name = "elbo_linear_gaussian"
    got = array(elbo(x, W, b, sigma, mu, log_var), name, (len(x),))
    q = MultivariateNormal(mu, torch.diag_embed(log_var.exp()))
    evidence = _evidence(x, W, b, sigma)
    right = evidence - kl_divergence(q, _posterior(x, W, b, sigma))
    kl = kl_divergence(Normal(mu, torch.exp(log_var / 2)), Normal(0.0, 1.0)).sum(-1)
    spread = (log_var.exp() * (W**2).sum(0)).sum(-1) / (2 * sigma**2)
    constant = 0.5 * x.shape[1] * np.log(2 * np.pi * sigma**2)
    mistakes = {
        "the variance of q is forgotten in the mean squared residual: <|x - W z - b|²> is larger "
        "than the value at z = mu": right + spread,
        "the normalisation -d/2 log(2 pi sigma²) of the Gaussian is missing": right + constant,
        "the KL term has the wrong sign": right + 2 * kl,
        "the KL term is missing": right + kl,
    }
    _same(got, right, mistakes, name)
    checks.true(
        bool(np.all(got <= evidence.numpy() + 1e-4)),
        f"`{name}` exceeds log p(x), but it is a lower bound.",
    )


def _evidence(x: Tensor, W: Tensor, b: Tensor, sigma: float) -> Tensor:
    """log p(x) of x = W z + b + sigma · noise."""
    covariance = W @ W.T + sigma**2 * torch.eye(len(b), dtype=x.dtype)
    log_prob: Tensor = MultivariateNormal(b, covariance).log_prob(x)
    return log_prob


def _posterior(x: Tensor, W: Tensor, b: Tensor, sigma: float) -> MultivariateNormal:
    """p(z | x) of the same model, one Gaussian per event."""
    precision = torch.eye(W.shape[1], dtype=x.dtype) + W.T @ W / sigma**2
    covariance = torch.linalg.inv(precision)
    return MultivariateNormal((x - b) @ W @ covariance / sigma**2, covariance)


def _same(got: Any, right: Tensor, mistakes: dict[str, Tensor], name: str) -> None:
    shape = tuple(right.shape)
    wrong: dict[str, Array] = {says: value.numpy() for says, value in mistakes.items()}
    same(array(got, name, shape), right.numpy(), wrong, name)


def _tensor(values: Any) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.float64))
