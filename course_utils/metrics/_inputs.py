"""Checks of what a caller hands to a metric."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class MetricError(ValueError):
    """A metric cannot be computed from these arrays; the message says why."""


def as_finite(values: ArrayLike, name: str) -> FloatArray:
    """`values` as float64; refuses NaN and infinity."""
    array = np.asarray(values, dtype=np.float64)
    n_bad = int(np.size(array) - np.isfinite(array).sum())
    if n_bad:
        raise MetricError(
            f"`{name}` has {n_bad} NaN or infinite entries of {array.size}, expected finite "
            "numbers: remove these events or mend the step that made them."
        )
    return array


def as_events(values: ArrayLike, name: str) -> FloatArray:
    """Events as `(n_events, n_features)`; one-dimensional input becomes one feature."""
    array = as_finite(values, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or 0 in array.shape:
        raise MetricError(
            f"`{name}` must have shape (n_events, n_features) with at least one of each, "
            f"got {np.shape(values)}."
        )
    return array


def as_values(values: ArrayLike, name: str) -> FloatArray:
    """One number per event, `(n_events,)`."""
    array = as_finite(values, name)
    if array.ndim != 1 or array.size == 0:
        raise MetricError(
            f"`{name}` must have shape (n_events,) with at least one event, got {array.shape}."
        )
    return array


def check_same_features(x: FloatArray, y: FloatArray, x_name: str, y_name: str) -> None:
    """Refuse samples that differ in their number of features."""
    if x.shape[1] != y.shape[1]:
        raise MetricError(
            f"`{x_name}` and `{y_name}` must have the same features, got {x.shape[1]} and "
            f"{y.shape[1]} columns."
        )


def as_weights(weights: ArrayLike | None, n_events: int, name: str) -> FloatArray:
    """Weights of mean one, `(n_events,)`; ones where None is given."""
    if weights is None:
        return np.ones(n_events)
    array = as_finite(weights, name)
    if array.shape != (n_events,):
        raise MetricError(
            f"`{name}` must have one weight per event, shape ({n_events},), got {array.shape}."
        )
    if not array.sum() > 0:
        raise MetricError(f"`{name}` must have a positive sum, got {array.sum():g}.")
    if array.min() < 0:
        raise MetricError(
            f"`{name}` must not be negative, got a smallest weight of {array.min():g}: "
            "a probability distribution is needed here."
        )
    return np.asarray(array / array.mean())


def subsample(
    x: FloatArray, weights: FloatArray, max_events: int | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """At most `max_events` randomly chosen events with their weights."""
    if max_events is None or len(x) <= max_events:
        return x, weights
    chosen = rng.choice(len(x), max_events, replace=False)
    return x[chosen], weights[chosen]
