"""Wrong generators of exercise 3, and how the quality of generated events is measured."""

import numpy as np

from autograde_tests.answers import Array
from autograde_tests.cases import Answers, Case, MetricCase, Namespace
from autograde_tests.sheet01 import _vae_generation, vae
from autograde_tests.sheet01.mutants._vae_inference import NOTEBOOK
from autograde_tests.wrong_autoencoders import linear, mutants
from autograde_tests.wrong_generators import generation_case
from course_utils.data import load_drell_yan
from course_utils.preprocessing import DrellYanPreprocessing

_NAIVE = ("encode_naive", "decode_naive", "generate_naive")
_OPTIMISED = ("encode_optimised", "decode_optimised", "generate_optimised")


def linear_naive() -> Answers:
    """Four principal components of the standardised four-momenta."""
    events = load_drell_yan("validation")
    mean, std = events.mean(axis=0), events.std(axis=0)
    return linear(lambda x: (x - mean) / std, lambda x, _: x * std + mean, 4)


def linear_optimised() -> Answers:
    """A correlated Gaussian in the space of the network."""
    preprocessing = DrellYanPreprocessing().fit(load_drell_yan("validation"))

    def inverse(x: Array, seed: int) -> Array:
        return preprocessing.inverse_transform(x, np.random.default_rng(seed))

    return linear(preprocessing.transform, inverse, 3)


def _naive_model(namespace: Namespace) -> Answers:
    """The naive VAE in the place of the optimised one: its decoder needs no seed."""
    encode, decode, generate = (namespace[name] for name in _NAIVE)
    return encode, lambda r, seed: decode(r), generate


GENERATION_CASES: tuple[Case, ...] = (
    generation_case(
        vae.check_generation_naive, _NAIVE, NOTEBOOK, 1.0, linear_naive(), mutants(_NAIVE)
    ),
    generation_case(
        vae.check_generation_optimised,
        _OPTIMISED,
        NOTEBOOK,
        1.0,
        linear_optimised(),
        mutants(_OPTIMISED, seeded=True),
    ),
)

METRICS: tuple[MetricCase, ...] = (
    MetricCase(
        vae.measure_naive_generation,
        NOTEBOOK,
        _NAIVE,
        lambda _: linear_naive(),
        "four principal components",
        _vae_generation.floor_naive,
    ),
    MetricCase(
        vae.measure_generation,
        NOTEBOOK,
        _OPTIMISED,
        _naive_model,
        "VAE with standardised four-momenta",
        _vae_generation.floor,
    ),
)
