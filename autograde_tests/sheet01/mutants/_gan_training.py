"""A GAN loop with one mistake of choice, for the mutants of task 1b (ii)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus


def wrong_gan(
    *,
    stale: bool = False,
    ignore_k: bool = False,
    penalty_factor: float = 1.0,
    saturating: bool = False,
    ascends: bool = False,
    bias: bool = True,
    total: bool = False,
) -> Callable[..., list[float]]:
    """`gaussian_gan` with a mistake; takes the right answer first, as all mutants do."""

    def answer(_: Any, *given: Any) -> list[float]:
        x_data, z, start, lr, n_steps, k, penalty = given
        a, b, theta = (
            torch.tensor(v, dtype=z.dtype, requires_grad=True) for v in (0.0, 0.0, start)
        )
        average: Callable[[Tensor], Tensor] = torch.sum if total else torch.mean
        path = [theta.item()]
        for _step in range(n_steps):
            old_a, old_b = a.detach().clone(), b.detach().clone()
            x_model = (theta + z).detach()
            for _inner in range(1 if ignore_k else k):
                loss = average(softplus(-(a * x_data + b))) + average(softplus(a * x_model + b))
                loss = loss + penalty_factor * penalty / 2 * a**2
                slope_a, slope_b = torch.autograd.grad(loss, (a, b))
                with torch.no_grad():
                    a -= lr * slope_a
                    b -= lr * slope_b * bias
            logit = (old_a if stale else a) * (theta + z) + (old_b if stale else b)
            loss = average(-softplus(logit) if saturating else softplus(-logit))
            (slope,) = torch.autograd.grad(loss, (theta,))
            with torch.no_grad():
                theta += lr * slope if ascends else -lr * slope
            path.append(theta.item())
        return path

    return answer
