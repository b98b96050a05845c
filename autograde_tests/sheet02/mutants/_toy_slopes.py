"""Wrong answers to 2c, 2d and 2e of `toy_gans`: slopes, penalties, the spectral norm."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograde_tests.cases import Answers, Case, Mutant, Namespace, wrong
from autograde_tests.sheet02 import toy_gans

_SLOPES = ("critic_loss", "critic_generator", "slopes_of_tanh")
_PENALTIES = ("between", "gradient_penalty", "r1_penalty")
_POWER = ("power_step",)


def _slopes(slopes: Callable[..., Any], reason: str) -> Mutant:
    """With another `slopes`, also where the visible check calls it."""

    def answers(namespace: Namespace) -> Answers:
        def of_tanh(W: Tensor, v: Tensor, x: Tensor) -> Any:
            return slopes(lambda events: torch.tanh(events @ W) @ v, x)

        return namespace["critic_loss"], namespace["critic_generator"], of_tanh

    return Mutant(answers, reason)


def _no_graph(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x)[0]


def _of_mean(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(critic(x).mean(), x, create_graph=True)[0]


def _lengths(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    slope = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    lengths: Tensor = torch.linalg.vector_norm(slope, dim=-1)
    return lengths


def _differences(critic: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Too coarse."""
    units = 0.3 * torch.eye(x.shape[-1], dtype=x.dtype)
    return torch.stack([(critic(x + one) - critic(x - one)) / 0.6 for one in units], dim=-1)


SLOPES = Case(
    toy_gans.check_slopes,
    "toy_gans",
    _SLOPES,
    0.5,
    {
        "critic's sign": wrong(0, _SLOPES, lambda f, a, b: -f(a, b), "sign is wrong"),
        "generator's sign": wrong(1, _SLOPES, lambda f, a, b: -f(a, b), "sign is wrong"),
        "mean over replicas": wrong(0, _SLOPES, lambda f, a, b: f(a, b).mean(), "shape"),
        "logarithms": wrong(
            1, _SLOPES, lambda f, a, b: torch.nn.functional.softplus(-b).mean(dim=-1), "not right"
        ),
        "loss without gradient": wrong(
            0, _SLOPES, lambda f, a, b: f(a.detach(), b.detach()), "gradient"
        ),
        "slopes without graph": _slopes(_no_graph, "gradient"),
        "slopes of the mean": _slopes(_of_mean, "mean score"),
        "lengths": _slopes(_lengths, "shape"),
        "coarse differences": _slopes(_differences, "not right"),
        "detached": _slopes(
            lambda f, x: _lengths(f, x)[..., None] * 0 + _no_graph(f, x), "gradient"
        ),
    },
)


def _norm(slope: Tensor) -> Tensor:
    return (slope**2).sum(dim=-1).sqrt()


def _clamps_the_mean(_: Any, slope: Tensor, one_sided: bool) -> Tensor:
    excess = _norm(slope).mean(dim=-1) - 1
    return (excess.clamp(min=0) if one_sided else excess) ** 2


PENALTIES = Case(
    toy_gans.check_penalties,
    "toy_gans",
    _PENALTIES,
    0.5,
    {
        "u swapped": wrong(0, _PENALTIES, lambda f, a, b, u: f(b, a, u), "u = 1 is data"),
        "middle": wrong(0, _PENALTIES, lambda f, a, b, u: (a + b) / 2, "not right"),
        "always two-sided": wrong(1, _PENALTIES, lambda f, s, one: f(s, False), "the two-sided"),
        "always one-sided": wrong(1, _PENALTIES, lambda f, s, one: f(s, True), "the one-sided"),
        "squared length": wrong(
            1,
            _PENALTIES,
            lambda f, s, one: ((_norm(s) ** 2 - 1).clamp(min=0 if one else -1) ** 2).mean(dim=-1),
            r"\|∇f\|²|not right",
        ),
        "square of the mean": wrong(1, _PENALTIES, _clamps_the_mean, "before the mean|not right"),
        "each feature": wrong(
            1, _PENALTIES, lambda f, s, one: ((s.abs() - 1) ** 2).mean(dim=(-1, -2)), "not right"
        ),
        "mean over replicas": wrong(1, _PENALTIES, lambda f, s, one: f(s, one).mean(), "shape"),
        "NaN where flat": wrong(
            1,
            _PENALTIES,
            lambda f, s, one: (((_norm(s) - 1).clamp(min=0) if one else _norm(s) - 1) ** 2).mean(
                -1
            ),
            "flat",
        ),
        "penalty without gradient": wrong(
            1, _PENALTIES, lambda f, s, one: f(s.detach(), one), "gradient"
        ),
        "R1 without 1/2": wrong(2, _PENALTIES, lambda f, s: 2 * f(s), "factor 1/2"),
        "R1 of lengths": wrong(
            2, _PENALTIES, lambda f, s: 0.5 * _norm(s).mean(dim=-1), "not right"
        ),
        "R1, mean over features": wrong(
            2, _PENALTIES, lambda f, s: 0.5 * (s**2).mean(dim=(-1, -2)), "not right"
        ),
        "R1 without gradient": wrong(2, _PENALTIES, lambda f, s: f(s.detach()), "gradient"),
        "linear critics alone": wrong(
            1,
            _PENALTIES,
            lambda f, s, one: f(s[..., :1, :], one),
            "not right|not the right",
            is_slip=False,
        ),
    },
)


def _vectors(W: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    u = torch.nn.functional.normalize((W @ v[..., None])[..., 0], dim=-1)
    return u, torch.nn.functional.normalize((W.mT @ u[..., None])[..., 0], dim=-1)


def _old_v(_: Any, W: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    u, new = _vectors(W.detach(), v)
    return torch.einsum("...i,...ij,...j->...", u, W, v), new


def _not_normalised(_: Any, W: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    u, new = _vectors(W.detach(), v)
    return torch.einsum("...i,...ij,...j->...", u, W, new), (W.mT @ u[..., None])[..., 0]


def _frobenius(_: Any, W: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    return torch.linalg.matrix_norm(W), _vectors(W.detach(), v)[1]


def _exact(_: Any, W: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """No step: the answer of `torch.linalg`."""
    return torch.linalg.matrix_norm(W, ord=2), torch.linalg.svd(W.detach())[2][..., 0, :]


def _attached(_: Any, W: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Differentiates through u and v."""
    u, new = _vectors(W, v)
    return torch.einsum("...i,...ij,...j->...", u, W, new), new


POWER = Case(
    toy_gans.check_power_step,
    "toy_gans",
    _POWER,
    0.5,
    {
        "σ alone": wrong(0, _POWER, lambda f, W, v: f(W, v)[0], "2 things|shape"),
        "swapped": wrong(0, _POWER, lambda f, W, v: f(W, v)[::-1], "shape"),
        "σ of the old v": wrong(0, _POWER, _old_v, "new v"),
        "v not normalised": wrong(0, _POWER, _not_normalised, "not normalised"),
        "Frobenius norm": wrong(0, _POWER, _frobenius, "not right"),
        "exact norm": wrong(0, _POWER, _exact, "not right"),
        "square": wrong(0, _POWER, lambda f, W, v: (f(W, v)[0] ** 2, f(W, v)[1]), "square"),
        "no gradient": wrong(0, _POWER, lambda f, W, v: f(W.detach(), v), "gradient"),
        "through u and v": wrong(0, _POWER, _attached, "gradient"),
        "v stays": wrong(0, _POWER, lambda f, W, v: (f(W, v)[0], v), "not right"),
    },
)
