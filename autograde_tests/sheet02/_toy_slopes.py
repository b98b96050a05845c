"""Checks of `toy_gans`, 2c to 2e: slopes of a critic, penalties on them, the spectral norm."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from autograde_tests import gradients
from autograde_tests.answers import Answer, array, given_copies, parts, same
from course_utils import checks

DEFAULT = 22
N_STEPS = 1000  # of the power iteration, here: to its end also where two values are close


def _slopes(W: Tensor, v: Tensor, x: Tensor) -> Tensor:
    """Of v · tanh(Wᵀ x): what calculus says."""
    return ((1 - torch.tanh(x @ W) ** 2) * v) @ W.T


@given_copies
def check_slopes(
    critic_loss: Answer, critic_generator: Answer, slopes_of_tanh: Answer, *, seed: int = DEFAULT
) -> None:
    """2c: both losses of a Wasserstein GAN; slopes that can be differentiated by the critic.

    Args:
        critic_loss: `(f_data, f_model)`, `(..., n_data)` and `(..., n_model)`, to `(...)`.
        critic_generator: the same.
        slopes_of_tanh: `(W, v, x)` to the slopes `(..., n, n_features)` of v · tanh(Wᵀ x).
        seed: of the hidden scores, critics and events.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    f_data, f_model = (torch.tensor(rng.normal(size=(3, int(n)))) for n in rng.integers(9, 20, 2))
    differences = f_model.mean(dim=-1) - f_data.mean(dim=-1)
    score = -f_model.mean(dim=-1)
    sign = "the sign is wrong: high scores belong to data"
    for answer, name, right in (
        (critic_loss, "critic_loss", differences),
        (critic_generator, "critic_generator", score),
    ):
        label = f"{name}(f_data, f_model)"
        got = array(answer(f_data, f_model), label, (3,))
        same(got, right.numpy(), {sign: -right.numpy()}, label)
    given = {"f_data": f_data[0], "f_model": f_model[0]}
    gradients.right(
        critic_loss, lambda a, b: b.mean() - a.mean(), given, "critic_loss(f_data, f_model)"
    )
    gradients.right(
        critic_generator, lambda _, b: -b.mean(), given, "critic_generator(…)", by=("f_model",)
    )

    W, v = torch.tensor(rng.normal(size=(3, 5))), torch.tensor(rng.normal(size=5))
    label = "slopes of v · tanh(Wᵀ x)"
    for shape in ((2, 6, 3), (4, 3)):
        x = torch.tensor(rng.normal(size=shape))
        right = _slopes(W, v, x)
        n_events = right[..., 0].numel()
        mistakes = {
            "it is the gradient of the mean score: take that of the sum": right / n_events,
        }
        got = array(slopes_of_tanh(W, v, x), label, shape)
        same(got, right.numpy(), {says: wrong.numpy() for says, wrong in mistakes.items()}, label)
    gradients.right(
        lambda *given: slopes_of_tanh(*given) ** 2,
        lambda *given: _slopes(*given) ** 2,
        {"W": W, "v": v, "x": x},
        label,
        by=("W", "v"),
    )


def _penalties(slope: Tensor) -> dict[str, Tensor]:
    lengths = slope.square().sum(dim=-1).sqrt()
    return {
        "two-sided": ((lengths - 1) ** 2).mean(dim=-1),
        "one-sided": ((lengths - 1).clamp(min=0) ** 2).mean(dim=-1),
        "R1": 0.5 * (lengths**2).mean(dim=-1),
        "clamped mean": (lengths.mean(dim=-1) - 1).clamp(min=0) ** 2,
        "of the mean": (lengths.mean(dim=-1) - 1) ** 2,
        "of squares": ((lengths**2 - 1) ** 2).mean(dim=-1),
    }


@given_copies
def check_penalties(
    between: Answer, gradient_penalty: Answer, r1_penalty: Answer, *, seed: int = DEFAULT
) -> None:
    """2d: points on lines, both penalties of WGAN-GP, R1; exact on linear critics.

    Args:
        between: `(x_data, x_model, u)`, `(..., n, n_features)` twice and `(n, 1)`.
        gradient_penalty: `(slope, one_sided)`, `(..., n, n_features)`, to `(...)`.
        r1_penalty: the slopes at data to `(...)`.
        seed: of the hidden events and slopes.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    n_events = int(rng.integers(6, 12))
    x_data, x_model = (torch.tensor(rng.normal(size=(2, n_events, 3))) for _ in range(2))
    u = torch.tensor(rng.uniform(size=(n_events, 1)))
    right, swapped = u * x_data + (1 - u) * x_model, u * x_model + (1 - u) * x_data
    label = "between(x_data, x_model, u)"
    got = array(between(x_data, x_model, u), label, tuple(right.shape))
    same(got, right.numpy(), {"u = 1 is data, u = 0 the model": swapped.numpy()}, label)

    linear = torch.tensor(rng.normal(size=(2, 1, 3))) * torch.tensor([2.0, 0.2])[:, None, None]
    for slope in (
        linear.expand(2, n_events, 3).clone(),
        torch.tensor(rng.normal(size=(n_events, 3))),
    ):
        truth = _penalties(slope)
        half = "the factor 1/2 is missing" if slope.dim() == 3 else "mind the factor 1/2"
        for name, answer, key in (
            (
                "gradient_penalty(slope, one_sided=False)",
                _flagged(gradient_penalty, False),
                "two-sided",
            ),
            (
                "gradient_penalty(slope, one_sided=True)",
                _flagged(gradient_penalty, True),
                "one-sided",
            ),
            ("r1_penalty(slope)", r1_penalty, "R1"),
        ):
            mistakes = {
                "this is the two-sided penalty": truth["two-sided"],
                "this is the one-sided penalty": truth["one-sided"],
                half: 2 * truth["R1"],
                "max(0, …) and the square come before the mean over events": truth["clamped mean"],
                "the square comes before the mean over events": truth["of the mean"],
                "it has |∇f|² where |∇f| is asked for": truth["of squares"],
            }
            right = truth[key]
            wrong = {
                says: value.numpy()
                for says, value in mistakes.items()
                if not torch.allclose(value, right)
            }
            same(array(answer(slope), name, tuple(right.shape)), right.numpy(), wrong, name)
            gradients.right(answer, lambda s, k=key: _penalties(s)[k], {"slope": slope}, name)
    _flat(_flagged(gradient_penalty, False))


def _flagged(answer: Answer, one_sided: bool) -> Callable[[Tensor], Tensor]:
    return lambda slope: answer(slope, one_sided)


def _flat(answer: Callable[[Tensor], Tensor]) -> None:
    """Where the critic is flat the penalty has a gradient that is a number."""
    flat = torch.zeros(5, 3, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(answer(flat).sum(), flat)
    checks.finite(
        slope,
        "gradient of the penalty where the critic is flat",
        hint="the derivative of a square root at 0: `torch.linalg.vector_norm` has it.",
    )


@given_copies
def check_power_step(power_step: Answer, *, seed: int = DEFAULT) -> None:
    """2e: one step is right, many converge from below, the gradient is u vᵀ.

    Args:
        power_step: `(W, v)`, `(..., n_in, n_out)` and `(..., n_out)`, to sigma `(...)` and v.
        seed: of the hidden matrices.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    W, start = torch.tensor(rng.normal(size=(3, 4, 6))), torch.tensor(rng.normal(size=(3, 6)))
    name = "power_step(W, v)"
    u = torch.nn.functional.normalize((W @ start[..., None])[..., 0], dim=-1)
    v = torch.nn.functional.normalize((W.mT @ u[..., None])[..., 0], dim=-1)
    one = (u * (W @ v[..., None])[..., 0]).sum(dim=-1)
    sigma, new = parts(power_step(W, start), 2, name)
    old = (u * (W @ start[..., None])[..., 0]).sum(dim=-1)
    mistakes = {
        "σ takes the new v, which has length 1": old.numpy(),
        "the square of σ": (one**2).numpy(),
    }
    same(array(sigma, f"sigma of {name}", (3,)), one.numpy(), mistakes, f"sigma of {name}")
    got = array(new, f"v of {name}", (3, 6))
    same(
        got,
        v.numpy(),
        {"it is not normalised": (W.mT @ u[..., None])[..., 0].numpy()},
        f"v of {name}",
    )

    exact, first = torch.linalg.matrix_norm(W, ord=2), v
    for _ in range(N_STEPS):
        v = torch.nn.functional.normalize((W.mT @ (W @ v[..., None]))[..., 0], dim=-1)
    sigma, _ = parts(power_step(W, v), 2, name)
    checks.close(
        array(sigma, f"sigma of {name}", (3,)),
        exact.numpy(),
        rtol=1e-3,
        name=f"sigma of {name} from the converged v",
        reveal=False,
    )
    gradients.right(
        lambda W: power_step(W, v)[0],
        lambda W: torch.linalg.matrix_norm(W, ord=2),
        {"W": W},
        f"sigma of {name}",
    )
    gradients.right(
        lambda W: power_step(W, start)[0],
        lambda W: torch.einsum("ri,rij,rj->r", u, W, first),
        {"W": W},
        f"sigma of {name} after one step",
    )
