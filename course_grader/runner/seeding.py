"""Random numbers of a cell are the same in every run; those of tests are not those of answers."""

import random
import sys
from typing import Any

import numpy as np


def seed_as_told(seeds: dict[str, Any]) -> None:
    """Seeds what a test has seeded: `random`, `numpy` or `torch`, by their names."""
    for kind, seed in seeds.items():
        if kind == "random":
            random.seed(seed)
        elif kind == "numpy":
            np.random.seed(seed)  # noqa: NPY002 - what students use
        elif kind == "torch":
            __import__("torch").manual_seed(seed)


def seed_everything(seed: int) -> None:
    """Seeds what students and tests draw from: `random`, numpy, and torch where it is used.

    Args:
        seed: below 2**32.

    Example:
        >>> seed_everything(1); first = random.random()
        >>> seed_everything(1); first == random.random()
        True
    """
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what students use
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
