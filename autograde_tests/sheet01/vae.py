"""Checks of exercise 3: a variational autoencoder for Drell-Yan events."""

from autograde_tests.sheet01._vae_bound import check_elbo
from autograde_tests.sheet01._vae_events import check_masses_and_balance, check_standardise
from autograde_tests.sheet01._vae_generation import (
    check_generation_naive,
    check_generation_optimised,
    measure_generation,
    measure_naive_generation,
)
from autograde_tests.sheet01._vae_inference import (
    check_kl,
    check_reparametrise,
    check_vae_loss,
)
from autograde_tests.sheet01._vae_reduced import check_network_space, check_round_trip

__all__ = [
    "check_elbo",
    "check_generation_naive",
    "check_generation_optimised",
    "check_kl",
    "check_masses_and_balance",
    "check_network_space",
    "check_reparametrise",
    "check_round_trip",
    "check_standardise",
    "check_vae_loss",
    "measure_generation",
    "measure_naive_generation",
]
