"""Autoencoders of Drell-Yan events that are none, and some without training that are.

Those that are none come as mutants of three answers: encoder, decoder, generator.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograde_tests.answers import Answer, Array
from autograde_tests.cases import Answers, Mutant, Namespace, wrong
from autograde_tests.wrong_generators import training_events
from course_utils.data import load_drell_yan


def linear(
    transform: Callable[[Array], Array], inverse: Callable[[Array, int], Array], n_latent: int
) -> tuple[Answer, Answer, Answer]:
    """Encoder, decoder and generator by principal components, fitted without a network.

    Args:
        transform: events to numbers with mean zero.
        inverse: such numbers and a seed to events.
        n_latent: how many components are kept.
    """
    x = transform(load_drell_yan("validation"))
    variances, vectors = np.linalg.eigh(np.cov(x.T))
    widths = np.sqrt(np.maximum(variances[-n_latent:], 1e-12))
    to_events = vectors[:, -n_latent:] * widths

    def encode(events: Array) -> tuple[Array, Array]:
        mu = transform(np.asarray(events)) @ (vectors[:, -n_latent:] / widths)
        return mu, np.full(mu.shape, -8.0)

    def decode(r: Array, seed: int = 0) -> Array:
        return inverse(np.asarray(r) @ to_events.T, seed)

    def generate(n_events: int, seed: int) -> Array:
        return decode(np.random.default_rng(seed).normal(size=(n_events, n_latent)), seed)

    return encode, decode, generate


def independent_gaussians() -> tuple[Answer, Answer, Answer]:
    """Each of the eight columns with the right mean and width, without any correlation."""
    events = load_drell_yan("validation")
    mean, std = events.mean(axis=0), events.std(axis=0)

    def encode(x: Array) -> tuple[Array, Array]:
        mu = (np.asarray(x) - mean) / std
        return mu, np.full(mu.shape, -8.0)

    def decode(r: Array, seed: int = 0) -> Array:
        return np.asarray(np.asarray(r) * std + mean)

    def generate(n_events: int, seed: int) -> Array:
        return decode(np.random.default_rng(seed).normal(size=(n_events, 8)))

    return encode, decode, generate


def without_a_network(n_events: int, seed: int) -> Array:
    """Events of a correlated Gaussian that was fitted to data."""
    events = load_drell_yan("validation")
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal(events.mean(axis=0), np.cov(events.T), n_events)


def _stored(_: Answer, r: Array, **__: Any) -> Array:
    return training_events(len(r), int(1e6 * np.abs(r).sum()) % 2**31)


def _with_noise(right: Answer, r: Array, **options: Any) -> Any:
    noise = np.random.default_rng().normal(0, 0.7, np.shape(r))
    return right(np.asarray(r) + noise, **options)


_MISTAKES: Mapping[str, tuple[int, Callable[..., Any], str]] = {
    "generator without the decoder": (
        2, lambda _, n_events, seed: without_a_network(n_events, seed), "other events than",
    ),
    "decoder of zeros": (1, lambda f, r, **options: f(0 * r, **options), "variance is lost"),
    "decoder of stored events": (1, _stored, "variance is lost"),
    "decoder with noise": (1, _with_noise, "variance is lost|quite other events"),
    "encoder gives mu alone": (0, lambda f, events: f(events)[0], "must return 2 things"),
    "encoder of other events": (
        0, lambda f, events: f(np.asarray(events)[::-1].copy()), "variance is lost",
    ),
}  # fmt: skip
_ATTACKS = ("generator without the decoder", "decoder of stored events")


def mutants(names: tuple[str, str, str], *, seeded: bool = False) -> dict[str, Mutant]:
    """Wrong encoders, decoders and generators.

    Args:
        names: what the notebook calls encoder, decoder and generator.
        seeded: whether the decoder wants a seed.
    """
    made = {
        name: wrong(position, names, mistake, reason, is_slip=name not in _ATTACKS)
        for name, (position, mistake, reason) in _MISTAKES.items()
    }
    return made | {"latent vectors too narrow": Mutant(_narrow(names, seeded), "other events than")}


def _narrow(names: tuple[str, str, str], seeded: bool) -> Callable[[Namespace], Answers]:
    """The generator draws latent vectors of width 0.7."""

    def answers(namespace: Namespace) -> Answers:
        encode, decode = (namespace[name] for name in names[:2])
        n_latent = np.shape(encode(load_drell_yan("validation")[:1])[0])[1]

        def narrow(n_events: int, seed: int) -> Any:
            r = np.random.default_rng(seed).normal(0, 0.7, (n_events, n_latent))
            return decode(r, seed=seed) if seeded else decode(r)

        return encode, decode, narrow

    return answers
