"""`seed_everything` makes every source of randomness repeat itself."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.seeding import seed_everything


def draws(seed: int) -> tuple[float, ...]:
    generator = seed_everything(seed)
    return (
        random.random(),
        float(np.random.rand()),  # noqa: NPY002 - a student's call
        float(torch.rand(())),
        float(torch.rand((), generator=generator)),
        torch.nn.Linear(1, 1).weight.item(),
    )


@given(st.integers(0, 2**32 - 1))
def test_same_seed_repeats_every_source(seed):
    assert draws(seed) == draws(seed)


def test_other_seed_changes_every_source():
    assert all(a != b for a, b in zip(draws(1), draws(2), strict=True))


def test_generator_is_independent_of_the_global_state():
    first = seed_everything(5)
    torch.rand(100)
    second = seed_everything(5)
    assert torch.equal(torch.rand(3, generator=first), torch.rand(3, generator=second))


def test_numpy_integers_are_seeds():
    assert draws(np.int64(3)) == draws(3)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "1", None, True])
def test_wrong_seed_is_refused_with_advice(seed):
    with pytest.raises(ValueError, match=r"`seed` must .* got .*: try `seed_everything\(1\)`"):
        seed_everything(seed)
