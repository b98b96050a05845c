"""Numbers that cannot wrap: what comes from an answer is as wide as numbers of Python's.

`1 - abs(np.uint8(0) - 1)` is 1 - 255 or, in other words, more than it should be. Integers arrive
with 64 bits, narrow floats with 64 (tensors of half precision with 32: torch does not mix them),
truth values as they are. An array that goes back to an answer has the type that it came with.
"""

import weakref
from typing import Any

import numpy as np

_WIDE = {"i": np.int64, "u": np.int64, "f": np.float64, "c": np.complex128}
_LARGEST = np.iinfo(np.int64).max


class Widths:
    """Widens what arrives, and remembers what it was."""

    def __init__(self) -> None:
        self._narrow: dict[int, tuple[weakref.ref[Any], np.dtype[Any]]] = {}

    def arriving(self, value: Any) -> Any:
        """What a test gets for an array, a number of numpy's or a tensor.

        Example:
            >>> Widths().arriving(np.uint8(0)) - 1
            np.int64(-1)
        """
        if not isinstance(value, np.ndarray | np.generic):
            return value if value.requires_grad else wide_tensor(value)
        wide = _wide(value)
        if wide is not value and isinstance(wide, np.ndarray) and wide.dtype != object:
            key = id(wide)
            gone = weakref.ref(wide, lambda _: self._narrow.pop(key, None))
            self._narrow[key] = gone, value.dtype
        return wide

    def leaving(self, array: Any) -> Any:
        """What an answer gets for an array: of the old type, if it came from an answer.

        Example:
            >>> widths = Widths()
            >>> wide = widths.arriving(np.zeros(4, np.float32))
            >>> wide.dtype, widths.leaving(wide[:2]).dtype, widths.leaving(2 * wide).dtype
            (dtype('float64'), dtype('float32'), dtype('float64'))
        """
        for one in (array, array.base):
            known, dtype = self._narrow.get(id(one), (lambda: None, None))
            if one is not None and known() is one and dtype is not None:
                with np.errstate(all="ignore"):  # a test may have put in what does not fit
                    narrow = array.astype(dtype)
                return narrow if np.array_equal(narrow, array, equal_nan=True) else array
        return array


def wide_tensor(value: Any) -> Any:
    """A tensor whose numbers do not wrap; gradients flow through.

    Example:
        >>> import torch
        >>> wide_tensor(torch.tensor(0, dtype=torch.uint8)) - 1
        tensor(-1)
    """
    import torch

    if value.dtype == torch.bool or value.is_complex():
        return value
    if value.is_floating_point():
        return value.float() if value.dtype.itemsize < torch.float32.itemsize else value
    return value.to(torch.int64) if value.dtype != torch.uint64 else value.double()


def _wide(value: Any) -> Any:
    kind = value.dtype.kind
    target = _WIDE.get(kind)
    if target is None or value.dtype == target:
        return value
    if kind == "u" and value.size and int(value.max()) > _LARGEST:  # as large are only Python's
        return value.astype(object) if isinstance(value, np.ndarray) else int(value)
    wide = value.astype(target)
    return wide if isinstance(value, np.ndarray) else wide[()]
