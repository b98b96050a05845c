"""Wrong answers about the loss of a variational autoencoder, one typical mistake each."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograde_tests.cases import Case, Mutant, wrong
from autograde_tests.sheet01 import vae

NOTEBOOK = "drell_yan_vae"

_KL = ("kl_to_standard_normal",)
_REPARAMETRISE = ("reparametrise",)
_ELBO = ("elbo_linear_gaussian", "linear_gaussian_posterior")
_LOSS = ("vae_loss",)


def _kl(_: Any, mu: Tensor, log_var: Tensor) -> Tensor:
    """Per latent dimension."""
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


_KL_CASE = Case(
    vae.check_kl,
    NOTEBOOK,
    _KL,
    0.25,
    {
        "mean over latent dimensions": wrong(
            0, _KL, lambda f, m, v: _kl(f, m, v).mean(-1), "mean over the latent dimensions"
        ),
        "sum over events": wrong(0, _KL, lambda f, m, v: f(m, v).sum(), "sum over the latent dim"),
        "sum over the wrong axis": wrong(0, _KL, lambda f, m, v: f(m.T, v.T), "shape"),
        "variance taken for sigma": wrong(0, _KL, lambda f, m, v: f(m, v / 2), r"is not right"),
        "sigma for the variance": wrong(
            0,
            _KL,
            lambda _, m, v: 0.5 * (m**2 + (v / 2).exp() - 1 - v).sum(-1),
            "standard deviation, the formula has the variance",
        ),
        "sign of the one": wrong(
            0, _KL, lambda _, m, v: 0.5 * (m**2 + v.exp() + 1 - v).sum(-1), "the -1"
        ),
        "sign of the logarithm": wrong(
            0, _KL, lambda _, m, v: 0.5 * (m**2 + v.exp() - 1 + v).sum(-1), "sign of log_var"
        ),
        "no gradient by log_var": wrong(
            0, _KL, lambda f, m, v: f(m, v.detach()), "no gradient flows .*by log_var"
        ),
        "no gradient by mu": wrong(
            0, _KL, lambda f, m, v: f(m.detach(), v), "no gradient flows .*by mu"
        ),
        "gradient of one term": wrong(
            0,
            _KL,
            lambda _, m, v: 0.5 * (m**2 + v.detach().exp() - 1 - v).sum(-1),
            "gradient of .*by log_var",
        ),
        "numpy": wrong(
            0, _KL, lambda f, m, v: f(*(torch.as_tensor(t.numpy()) for t in (m, v))), "differenti"
        ),
        "reversed": wrong(
            0,
            _KL,
            lambda _, m, v: 0.5 * ((m**2 + 1) * (-v).exp() - 1 + v).sum(-1),
            "the reversed divergence",
        ),
        "factor a half": wrong(0, _KL, lambda f, m, v: 2 * f(m, v), "factor 1/2"),
        "negative": wrong(0, _KL, lambda f, m, v: -f(m, v), "sign is wrong"),
        "no return": wrong(0, _KL, lambda _, m, v: None, "None"),
    },
)

_REPARAMETRISE_CASE = Case(
    vae.check_reparametrise,
    NOTEBOOK,
    _REPARAMETRISE,
    0.25,
    {
        "variance for sigma": wrong(
            0, _REPARAMETRISE, lambda _, m, v, e: m + v.exp() * e, "is the variance"
        ),
        "log_var for sigma": wrong(
            0, _REPARAMETRISE, lambda _, m, v, e: m + v * e, "multiplied by log_var"
        ),
        "mean detached": wrong(
            0, _REPARAMETRISE, lambda f, m, v, e: f(m.detach(), v, e), "no gradient .*by mu"
        ),
        "deviation detached": wrong(
            0, _REPARAMETRISE, lambda f, m, v, e: f(m, v.detach(), e), "no gradient .*by log_var"
        ),
        "new tensor": wrong(
            0, _REPARAMETRISE, lambda f, m, v, e: torch.tensor(f(m, v, e).tolist()), "no gradient"
        ),
        "own noise": wrong(
            0, _REPARAMETRISE, lambda f, m, v, e: f(m, v, torch.randn_like(m)), "draw none"
        ),
        "mean only": wrong(0, _REPARAMETRISE, lambda _, m, v, e: m, "noise has no influence"),
        "no mean": wrong(0, _REPARAMETRISE, lambda f, m, v, e: f(0 * m, v, e), "must give mu"),
        "unit width": wrong(0, _REPARAMETRISE, lambda _, m, v, e: m + e, "no influence"),
        "one noise for all events": wrong(
            0, _REPARAMETRISE, lambda f, m, v, e: f(m, v, e[:1]), "is not right"
        ),
    },
)


def _elbo_at_mean(f: Any, x: Tensor, W: Tensor, b: Tensor, s: float, m: Tensor, v: Tensor) -> Any:
    spread: Tensor = (v.exp() * (W**2).sum(0)).sum(-1) / (2 * s**2)
    return f(x, W, b, s, m, v) + spread


def _elbo_without_constant(
    f: Any, x: Tensor, W: Tensor, b: Tensor, s: float, m: Tensor, v: Tensor
) -> Any:
    return f(x, W, b, s, m, v) + 0.5 * x.shape[1] * np.log(2 * np.pi * s**2)


def _elbo_without_kl(
    f: Any, x: Tensor, W: Tensor, b: Tensor, s: float, m: Tensor, v: Tensor
) -> Any:
    return f(x, W, b, s, m, v) + _kl(None, m, v).sum(-1)


def _least_squares(_: Any, x: Tensor, W: Tensor, b: Tensor, s: float) -> tuple[Tensor, Tensor]:
    length = (W**2).sum(0)
    mu = (x - b) @ W / length
    return mu, torch.log(s**2 / (length + s**2)).expand(mu.shape)


_ELBO_CASE = Case(
    vae.check_elbo,
    NOTEBOOK,
    _ELBO,
    0.5,
    {
        "residual at the mean": wrong(0, _ELBO, _elbo_at_mean, "variance of q is forgotten"),
        "no normalisation": wrong(0, _ELBO, _elbo_without_constant, "normalisation"),
        "no KL": wrong(0, _ELBO, _elbo_without_kl, "KL term is missing"),
        "mean over events": wrong(0, _ELBO, lambda f, *a: f(*a).mean(), "shape"),
        "no prior in the posterior": wrong(1, _ELBO, _least_squares, "least-squares"),
        "no offset in the posterior": wrong(
            1, _ELBO, lambda f, x, W, b, s: f(x, W, 0 * b, s), "offset b is forgotten"
        ),
        "variance instead of its logarithm": wrong(
            1, _ELBO, lambda f, *a: (f(*a)[0], f(*a)[1].exp()), "logarithm is asked for"
        ),
        "log sigma": wrong(1, _ELBO, lambda f, *a: (f(*a)[0], f(*a)[1] / 2), "this is log sigma"),
        "posterior mean only": wrong(1, _ELBO, lambda f, *a: f(*a)[0], "two arrays"),
    },
)


def _terms(x: Tensor, y: Tensor, m: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    return (x - y) ** 2, _kl(None, m, v)


def _loss(combine: Callable[[Tensor, Tensor, float], Tensor], reason: str) -> Mutant:
    def combined(_: Any, x: Tensor, y: Tensor, m: Tensor, v: Tensor, beta: float) -> Tensor:
        return combine(*_terms(x, y, m, v), beta)

    return wrong(0, _LOSS, combined, reason)


_LOSS_CASE = Case(
    vae.check_vae_loss,
    NOTEBOOK,
    _LOSS,
    0.5,
    {
        "mean over features": _loss(
            lambda e, k, beta: e.mean() + beta * k.sum(-1).mean(), "averaged over the features"
        ),
        "mean over latent dimensions": _loss(
            lambda e, k, beta: e.sum(-1).mean() + beta * k.mean(), "averaged over the latent"
        ),
        "mean over everything": _loss(
            lambda e, k, beta: e.mean() + beta * k.mean(), "averaged over everything"
        ),
        "sum over events": _loss(
            lambda e, k, beta: e.sum() + beta * k.sum(), "summed over the events"
        ),
        "no mean": _loss(lambda e, k, beta: e.sum(-1) + beta * k.sum(-1), "shape"),
        "beta forgotten": _loss(
            lambda e, k, beta: e.sum(-1).mean() + k.sum(-1).mean(), "beta has no influence"
        ),
        "beta on the error": _loss(
            lambda e, k, beta: beta * e.sum(-1).mean() + k.sum(-1).mean(), "wrong term"
        ),
        "KL without gradient": _loss(
            lambda e, k, beta: e.sum(-1).mean() + beta * k.sum(-1).mean().item(), "by mu"
        ),
        "error without gradient": _loss(
            lambda e, k, beta: e.detach().sum(-1).mean() + beta * k.sum(-1).mean(), "by x_reco"
        ),
        "spread without gradient": wrong(
            0, _LOSS, lambda f, x, y, m, v, beta: f(x, y, m, v.detach(), beta), "by log_var"
        ),
        "no KL": _loss(lambda e, k, beta: e.sum(-1).mean(), "KL term is missing"),
        "sign of the KL": _loss(
            lambda e, k, beta: e.sum(-1).mean() - beta * k.sum(-1).mean(), "wrong sign"
        ),
    },
)


INFERENCE_CASES = (_KL_CASE, _REPARAMETRISE_CASE, _ELBO_CASE, _LOSS_CASE)
