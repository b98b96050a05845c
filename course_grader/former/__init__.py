"""Packages of tests that are no more, as far as they were assertions.

Tests, and the notebooks in their sandbox, find them here where they are not installed.
"""

from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent


def is_needed() -> bool:
    """Whether nothing that calls itself nose is installed."""
    return find_spec("nose") is None
