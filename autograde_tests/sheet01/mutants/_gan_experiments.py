"""Wrong answers to task 1b: games, GANs of Gaussians, vanishing gradients."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograde_tests.answers import Array
from autograde_tests.cases import Case, wrong
from autograde_tests.sheet01 import gan
from autograde_tests.sheet01.mutants._gan_training import wrong_gan


def _both_descend(_: Any, theta: float, phi: float, lr: float, n_steps: int, both: bool) -> Array:
    path = [(theta, phi)]
    for _ in range(n_steps):
        theta, phi = theta - lr * phi, phi - lr * theta
        path.append((theta, phi))
    return np.array(path)


def _generator_first(
    right: Any, theta: float, phi: float, lr: float, n_steps: int, both: bool
) -> Array:
    if both:
        return np.asarray(right(theta, phi, lr, n_steps, both))
    path = [(theta, phi)]
    for _ in range(n_steps):
        theta = theta - lr * phi
        phi = phi + lr * theta
        path.append((theta, phi))
    return np.array(path)


_GAME = ("bilinear_game",)
BILINEAR = Case(
    gan.check_bilinear_game,
    "gan_convergence",
    _GAME,
    0.1,
    {
        "always simultaneous": wrong(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, lr, n, True), "these are simultaneous"
        ),
        "always alternating": wrong(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, lr, n, False), "these are alternating"
        ),
        "signs swapped": wrong(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, -lr, n, both), "signs are swapped"
        ),
        "both descend": wrong(0, _GAME, _both_descend, "both players go down"),
        "generator first": wrong(0, _GAME, _generator_first, "θ moves first"),
        "start left out": wrong(
            0, _GAME, lambda f, t, p, lr, n, both: f(t, p, lr, n + 1, both)[1:], "start of"
        ),
        "transposed": wrong(0, _GAME, lambda f, *a: np.asarray(f(*a)).T, "shape"),
    },
)

_GAN = ("gaussian_gan",)
GAUSSIANS = Case(
    gan.check_gaussian_gan,
    "gan_convergence",
    _GAN,
    0.3,
    {
        "generator sees the old D": wrong(0, _GAN, wrong_gan(stale=True), "see the updated D"),
        "k ignored": wrong(0, _GAN, wrong_gan(ignore_k=True), "makes k steps"),
        "penalty ignored": wrong(0, _GAN, wrong_gan(penalty_factor=0.0), "no effect"),
        "penalty without 1/2": wrong(0, _GAN, wrong_gan(penalty_factor=2.0), "factor 1/2"),
        "saturating loss": wrong(0, _GAN, wrong_gan(saturating=True), "minimises −log D"),
        "generator ascends": wrong(0, _GAN, wrong_gan(ascends=True), "the wrong way"),
        "no bias": wrong(0, _GAN, wrong_gan(bias=False), "no bias"),
        "sum for mean": wrong(0, _GAN, wrong_gan(total=True), "not right"),
        "start left out": wrong(
            0,
            _GAN,
            lambda f, x, z, t, lr, n, k, g: f(x, z, t, lr, n + 1, k, g)[1:],
            "start of",
        ),
    },
)


def _from_probability(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit)
    return torch.log(1 - D), -torch.log(D)


def _clamped_probability(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit).clamp(1e-7, 1 - 1e-7)
    return torch.log(1 - D), -torch.log(D)


def _slope_of_probability(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit)
    return -1 / torch.sigmoid(-logit), -1 / D


def _rounded_slope(_: Any, logit: Tensor) -> tuple[Tensor, Tensor]:
    D = torch.sigmoid(logit)
    return -D, D - 1


_PAIR_LOSSES = ("generator_losses", "generator_slopes")
LOSSES = Case(
    gan.check_generator_losses,
    "gan_convergence",
    _PAIR_LOSSES,
    0.1,
    {
        "log of a rounded probability": wrong(0, _PAIR_LOSSES, _from_probability, "infinite"),
        "clamped probability": wrong(0, _PAIR_LOSSES, _clamped_probability, "softplus"),
        "clamped logit": wrong(
            0, _PAIR_LOSSES, lambda f, x: f(x.clamp(-20, 20)), "softplus or logsigmoid"
        ),
        "swapped": wrong(0, _PAIR_LOSSES, lambda f, x: f(x)[::-1], "swapped"),
        "sign": wrong(0, _PAIR_LOSSES, lambda f, x: (-f(x)[0], f(x)[1]), "wrong sign"),
        "averaged": wrong(
            0, _PAIR_LOSSES, lambda f, x: tuple(v.mean() for v in f(x)), "one number for all"
        ),
        "one loss": wrong(0, _PAIR_LOSSES, lambda f, x: f(x)[1], "two arrays"),
        "slope in D": wrong(1, _PAIR_LOSSES, _slope_of_probability, "respect to the logit"),
        "1 − sigmoid": wrong(1, _PAIR_LOSSES, _rounded_slope, r"sigmoid\(−l\)"),
        "slopes swapped": wrong(1, _PAIR_LOSSES, lambda f, x: f(x)[::-1], "swapped"),
        "size of the slope": wrong(
            1, _PAIR_LOSSES, lambda f, x: tuple(v.abs() for v in f(x)), "wrong sign"
        ),
    },
)
