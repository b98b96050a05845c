"""Values of a test take over what an answer did to its copies of them."""

import sys
from collections import deque
from typing import Any

import numpy as np


def take_over(mine: Any, theirs: Any) -> None:
    """Gives values of the test the content that an answer has left in its copies.

    Args:
        mine: arrays, tensors, tables, lists, dicts, sets; anything else stays as it is.
        theirs: the same, as they came back.

    Raises:
        TypeError: they are not of the same kinds.
        ValueError: they are not of the same shapes, or numbers do not fit.

    Example:
        >>> a, b = [3, 1, 2], np.zeros(2, np.float32)
        >>> take_over([a, b], [[1, 2, 3], np.ones(2)]); a, b
        ([1, 2, 3], array([1., 1.], dtype=float32))
    """
    if len(mine) != len(theirs):
        raise ValueError(len(theirs))
    for own, other in zip(mine, theirs, strict=True):
        _take_over_one(own, other)


def _take_over_one(own: Any, other: Any) -> None:
    for kind in (list, deque, dict, set):
        if isinstance(own, kind):
            if type(other) is not kind:
                raise TypeError(type(other).__name__)
            own.clear()
            own.extend(other) if isinstance(own, list | deque) else own.update(other)
            return
    pandas: Any = sys.modules.get("pandas")
    if pandas is not None and isinstance(own, pandas.DataFrame | pandas.Series):
        if type(other) is not type(own):
            raise TypeError(type(other).__name__)
        own.__init__(other.copy())  # it stays the object that it is
        return
    if isinstance(own, np.ndarray):
        if not isinstance(other, np.ndarray) or own.shape != other.shape:
            raise TypeError(type(other).__name__)
        if own.flags.writeable:
            fits = other.astype(own.dtype)
            if not np.array_equal(fits, other, equal_nan=own.dtype.kind in "fcmM"):
                raise ValueError(own.dtype)
            own[...] = fits
    elif hasattr(own, "detach") and hasattr(own, "copy_"):
        import torch

        if not isinstance(other, torch.Tensor) or own.shape != other.shape:
            raise TypeError(type(other).__name__)
        with torch.no_grad():
            own.copy_(other)
