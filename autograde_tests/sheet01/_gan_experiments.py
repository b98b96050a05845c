"""Checks of exercise 1(b): the experiments on a game, two Gaussians and vanishing gradients."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from autograde_tests.answers import Answer, Array, agrees, array, given_copies
from autograde_tests.sheet01._gan_truth import train
from course_utils import checks

DEFAULT = 11


@given_copies
def check_bilinear_game(bilinear_game: Answer, *, seed: int = DEFAULT) -> None:
    """1b (i): gradient steps on V = θφ, both players at once or φ first.

    Args:
        bilinear_game: `(theta, phi, lr, n_steps, simultaneous)` to the path `(n_steps + 1, 2)`.
        seed: of the hidden start and learning rate.

    Raises:
        CheckFailed: with the mistake, if it is a known one.
    """
    rng = np.random.default_rng(seed)
    start = rng.uniform(0.5, 1.5, 2) * rng.choice([-1, 1], 2)
    lr, n_steps = float(rng.uniform(0.1, 0.4)), 40
    for simultaneous in (True, False):
        name = f"bilinear_game(…, simultaneous={simultaneous})"
        given = float(start[0]), float(start[1]), lr, n_steps, simultaneous
        path = array(bilinear_game(*given), name, (n_steps + 1, 2))
        _keeps(path[0], start, name)
        theta, phi = path[:-1].T
        both = np.stack([theta - lr * phi, phi + lr * theta], axis=1)
        phi_first = np.stack([theta - lr * (phi + lr * theta), phi + lr * theta], axis=1)
        theta_first = np.stack([theta - lr * phi, phi + lr * (theta - lr * phi)], axis=1)
        mistakes = {
            "the signs are swapped; θ goes down the gradient of V, φ goes up": np.stack(
                [theta + lr * phi, phi - lr * theta], axis=1
            ),
            "both players go down the gradient; φ wants to maximise V": np.stack(
                [theta - lr * phi, phi - lr * theta], axis=1
            ),
            "here θ moves first; let φ, the discriminator, move first": theta_first,
            "these are simultaneous steps; alternating means that θ sees the new φ": both,
            "these are alternating steps; simultaneous means that both see the old values": (
                phi_first
            ),
        }
        _same(path[1:], both if simultaneous else phi_first, mistakes, name)


@given_copies
def check_gaussian_gan(gaussian_gan: Answer, *, seed: int = DEFAULT) -> None:
    """1b (ii): k steps of D, then one of G, on given points, with gradient penalty.

    Args:
        gaussian_gan: `(x_data, z, theta, lr, n_steps, k, penalty)` with tensors `(n_data,)` and
            `(n_model,)` to θ after each step, `(n_steps + 1,)`.
        seed: of the hidden points and settings.

    Raises:
        CheckFailed: with the mistake, if it is a known one.
    """
    rng = np.random.default_rng(seed)
    x_data, z = rng.normal(0.3, 0.6, 50), rng.normal(0.0, 0.8, 40)
    theta, lr, n_steps = float(rng.uniform(1.2, 1.8)), 0.25, 12
    for k, penalty in ((1, 0.0), (4, 0.0), (2, 0.7)):
        name = f"gaussian_gan(…, k={k}, penalty={penalty:g})"
        answer = gaussian_gan(torch.tensor(x_data), torch.tensor(z), theta, lr, n_steps, k, penalty)
        got = array(answer, name, (n_steps + 1,))
        _keeps(got[:1], np.array([theta]), name)
        points = x_data, z, theta, lr, n_steps
        mistakes = {
            "the generator must see the updated D": train(*points, k, penalty, stale=True),
            "D makes k steps for each step of the generator": train(*points, 1, penalty),
            "the penalty has no effect": train(*points, k, 0.0),
            "the penalty is (γ/2) a²: mind the factor 1/2": train(*points, k, 2 * penalty),
            "the generator minimises −log D, not log(1 − D)": train(
                *points, k, penalty, saturating=True
            ),
            "the generator moves the wrong way: check the sign": train(
                *points, k, penalty, sign=-1.0
            ),
            "D has no bias b": train(*points, k, penalty, bias=False),
        }
        _same(got, train(*points, k, penalty), mistakes, name)


@given_copies
def check_generator_losses(
    generator_losses: Answer, generator_slopes: Answer, *, seed: int = DEFAULT
) -> None:
    """1b (iii): both losses of the generator and their slopes, from logits in float32.

    Args:
        generator_losses: logit `(n,)` to (saturating, non-saturating), each `(n,)`.
        generator_slopes: logit `(n,)` to their derivatives, in the same order.
        seed: of the hidden logits, within ±30.

    Raises:
        CheckFailed: with what does not hold.
    """
    rng = np.random.default_rng(seed)
    logit = np.append(np.linspace(-30, 30, 61), rng.uniform(-30, 30, 20)).astype(np.float32)
    exact = logit.astype(np.float64)
    stable = "start from the logit with softplus or logsigmoid: sigmoid(30.) is 1 in float32."
    slope = "differentiate with respect to the logit; and 1 − sigmoid(l) = sigmoid(−l)."
    losses = -np.logaddexp(0, exact), np.logaddexp(0, -exact)
    slopes = -expit(exact), -expit(-exact)
    # float32 knows 30 to 2e-6: l − softplus(l) is right where the loss goes to zero; but a slope
    # that vanishes exponentially must do so, not be rounded to zero
    for answer, name, truths, hint, atol in (
        (generator_losses, "generator_losses", losses, stable, 1e-5),
        (generator_slopes, "generator_slopes", slopes, slope, 0.0),
    ):
        with np.errstate(all="ignore"):
            pair = answer(torch.tensor(logit))
        checks.true(
            isinstance(pair, tuple | list | np.ndarray | torch.Tensor) and len(pair) == 2,
            f"`{name}` must return two arrays: saturating, non-saturating.",
        )
        got = [array(value, f"{name}(logit)", logit.shape, hint=hint) for value in pair]
        checks.true(
            not all(_alike(g, t) for g, t in zip(got, truths[::-1], strict=True)),
            f"`{name}` has the two swapped: return the saturating one, of log(1 − D), first.",
        )
        checks.true(
            not any(_alike(g, -t) for g, t in zip(got, truths, strict=True)),
            f"`{name}` has a wrong sign: the generator minimises log(1 − D), or −log D.",
        )
        for value, truth, which in zip(got, truths, ("saturating", "non-saturating"), strict=True):
            label = f"{name}(logit), {which}"
            checks.close(value, truth, rtol=1e-3, atol=atol, name=label, hint=hint, reveal=False)


def _same(got: Array, right: Array, mistakes: Mapping[str, Array], name: str) -> None:
    """Passes if `got` is right to 1e-4; otherwise names the mistake, if it is a known one."""
    if not agrees(got, right, mistakes, name):
        raise checks.CheckFailed(
            f"`{name}` is not right: it deviates by up to {np.abs(got - right).max():.2g}.\n"
            "Hint: check the signs, the learning rate and the order of the updates."
        )


def _keeps(first: Any, start: Any, name: str) -> None:
    hint = "the path begins with the start."
    checks.close(first, start, rtol=1e-5, atol=0, name=f"start of {name}", hint=hint, reveal=False)


def _alike(got: Any, wrong: Any) -> bool:
    return bool(np.allclose(got, wrong, rtol=1e-2, atol=1e-2))
