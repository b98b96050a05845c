"""Does a generator come from an autoencoder? The model itself is asked.

Events of a mixture that was fitted without a network, or events that were stored, are as good as
any; that they come from a decoder is seen by giving it latent vectors, and by encoding events and
decoding them again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from autograde_tests.answers import Answer, Array, array, parts
from autograde_tests.generated import N_EVENTS
from course_utils import checks

N_ENCODED = 2_000
"""Hidden events that are encoded and decoded again."""
MOST_LOST = 0.5
"""Of the variance, in encoding and decoding again; a constant loses all, other events twice it."""
STEP, MOST_MOVED, SHARE_MOVED = 1e-3, 0.5, 0.05
"""Latent vectors that differ by `STEP` give events that differ by less than so many standard
deviations, but for this share of them (a network may have steep places)."""
MOST_LATENT, MOST_LOG_VAR = 64, 20.0
SMALLEST_P = 1e-6
"""Of equal samples one in a million looks more different."""


@dataclass(frozen=True)
class Autoencoder:
    """What is asked of a model.

    Attributes:
        encode: events `(n, n_columns)` to (mu, log_var), each `(n, n_latent)`.
        decode: latent vectors `(n, n_latent)` to events.
        name: what the student's functions end with: `encode_{name}`, `decode_{name}`.
        view: the numbers by which events `(n, n_columns)` are compared, `(n, n_numbers)`.
        n_columns: numbers of an event.
    """

    encode: Answer
    decode: Answer
    name: str
    view: Callable[[Array], Array]
    n_columns: int

    def decoded(self, hidden: Array, seed: int) -> Array:
        """Events of latent vectors from the unit Gaussian, once the model has shown that it is one.

        Args:
            hidden: events that the student has not got.
            seed: of the latent vectors.

        Returns:
            Events of shape `(N_EVENTS, n_columns)`.

        Raises:
            CheckFailed: with what it does not do.
        """
        rng = np.random.default_rng(seed)
        some = hidden[rng.choice(len(hidden), N_ENCODED, replace=False)]
        scale = self.view(hidden).std(axis=0)
        mu, log_var = self._encoded(some)
        r = mu + np.exp(log_var / 2) * rng.normal(size=mu.shape)
        lost = self._distance(self._events(r), some, scale).mean()
        checks.true(
            lost < MOST_LOST,
            f"events that `encode_{self.name}` and then `decode_{self.name}` have dealt with are "
            f"others: {lost:.0%} of the variance is lost, expected less than {MOST_LOST:.0%}.\n"
            "Hint: both must use the same trained VAE, and the same preprocessing.",
        )
        r = rng.normal(size=(N_EVENTS, mu.shape[1]))
        events = self._events(r)
        again = self._events(r[:N_ENCODED] + STEP * rng.normal(size=mu.shape))
        moved = np.sqrt(self._distance(again, events[:N_ENCODED], scale).max(axis=1))
        checks.true(
            np.mean(moved > MOST_MOVED) < SHARE_MOVED,
            f"`decode_{self.name}` gives quite other events for nearly the same latent vectors: a "
            "decoder is a smooth function of `r`, without random numbers of its own.",
        )
        return events

    def same_as(self, events: Array, decoded: Array, call: str) -> None:
        """Refuses generated events that are not drawn as decoded ones.

        Raises:
            CheckFailed: if one of their numbers is distributed differently.
        """
        pairs = zip(self.view(events).T, self.view(decoded).T, strict=True)
        checks.true(
            min(ks_2samp(one, other).pvalue for one, other in pairs) > SMALLEST_P,
            f"`{call}` gives other events than `decode_{self.name}` does for latent vectors from "
            "the unit Gaussian: it must decode such vectors, and do nothing else.",
        )

    def _encoded(self, events: Array) -> tuple[Array, Array]:
        name = f"encode_{self.name}(events)"
        mu, log_var = parts(self.encode(events), 2, name)
        mu = array(mu, f"mu of {name}", (len(events), None))
        checks.true(
            1 <= mu.shape[1] <= MOST_LATENT,
            f"mu of `{name}` has {mu.shape[1]} columns, one for each latent dimension.",
        )
        log_var = array(log_var, f"log_var of {name}", mu.shape)
        return mu, np.minimum(log_var, MOST_LOG_VAR)

    def _events(self, r: Array) -> Array:
        shape = (len(r), self.n_columns)
        return array(self.decode(r), f"decode_{self.name}(r)", shape)

    def _distance(self, events: Array, others: Array, scale: Array) -> Array:
        """Squared distance in each number, in units of the variance."""
        return np.asarray(((self.view(events) - self.view(others)) / scale) ** 2)
