"""Check of exercise 3a (iii): the evidence lower bound of the linear-Gaussian model.

There log p(x), the posterior and the gap between bound and evidence are known exactly. All in
float64; tolerances leave room for answers in float32.
"""

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from autograde_tests.answers import Answer, array, given_copies
from autograde_tests.sheet01._vae_inference import DEFAULT, same_tensor, tensor
from course_utils import checks


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
    x = tensor(rng.normal(0, 1.5, (n, d)))
    b, sigma = tensor(rng.normal(size=d)), float(rng.uniform(0.4, 0.9))
    any_W = tensor(rng.normal(size=(d, k)))
    W = torch.linalg.qr(any_W)[0] * tensor(rng.uniform(0.5, 2.0, k))
    mu, log_var = tensor(rng.normal(size=(2, n, k)))
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
    same_tensor(
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
    same_tensor(
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
    same_tensor(got, right, mistakes, name)
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
