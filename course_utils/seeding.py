"""One call makes a notebook reproducible."""

import random

import numpy as np
import torch

_MAX_SEED = 2**32  # of numpy's global state


def seed_everything(seed: int) -> torch.Generator:
    """Seeds `random`, numpy's global state and torch (all devices), and gives a generator.

    Code of the course draws from explicit generators; the global states are seeded for the sake of
    code that does not, such as the initialisation of torch layers, dropout, or a student's
    `np.random.normal`.

    Args:
        seed: whole number in `[0, 2**32)`.

    Returns:
        A CPU generator of its own, seeded alike: for `torch.randn(..., generator=generator)`.

    Raises:
        ValueError: if `seed` is not a whole number in that range.

    Example:
        >>> generator = seed_everything(1)
        >>> first = torch.rand(3), torch.rand(3, generator=generator)
        >>> generator = seed_everything(1)
        >>> second = torch.rand(3), torch.rand(3, generator=generator)
        >>> all(torch.equal(a, b) for a, b in zip(first, second))
        True
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise ValueError(f"`seed` must be a whole number, got {seed!r}: try `seed_everything(1)`")
    if not 0 <= seed < _MAX_SEED:
        raise ValueError(f"`seed` must lie in [0, 2**32), got {seed}: try `seed_everything(1)`")
    seed = int(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global state is what is seeded here
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)
