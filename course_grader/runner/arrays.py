"""Arrays and tensors as buffers, and back."""

import math
import re
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

NUMERIC = frozenset("?bhilqBHILQefdFD")
_DTYPES = {order + np.dtype(char).str[1:] for char in NUMERIC for order in "<>|"}
_TEXTS_AND_TIMES = re.compile(
    r"<U[1-9]\d{0,6}|\|S[1-9]\d{0,6}|<[Mm]8(\[\d{0,9}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?"
)
_HALVES, _LAST_SIGN = (0xD800, 0xDFFF), 0x10FFFF  # of Unicode
_MAX_DIMENSIONS = 32


def is_array(value: Any) -> bool:
    """Whether this is an array or a number of numpy's that travels; masks would be lost.

    Example:
        >>> [is_array(x) for x in (np.zeros(2), np.int8(1), np.array(["a"]), np.array([None]), 3)]
        [True, True, True, False, False]
    """
    if not isinstance(value, np.ndarray | np.generic) or isinstance(value, np.ma.MaskedArray):
        return False
    kind = value.dtype.char
    if kind in "US":  # a single text is a str or bytes
        return isinstance(value, np.ndarray) and value.dtype.itemsize > 0
    return kind in NUMERIC or kind in "Mm"


def is_array_of_objects(value: Any) -> bool:
    """Whether this is an array of anything."""
    masked = isinstance(value, np.ma.MaskedArray)
    return isinstance(value, np.ndarray) and value.dtype == object and not masked


def objects_of(shape: Any, cells: list[Any]) -> Any:
    """An array of anything from its cells.

    Raises:
        ValueError: these are not as many as the shape says.

    Example:
        >>> objects_of([2, 1], [None, "a"]).tolist()
        [[None], ['a']]
    """
    if type(shape) is not list or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(shape)
    if math.prod(shape) != len(cells) or len(shape) > _MAX_DIMENSIONS:
        raise ValueError(shape)
    array = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        array[place] = cell
    return array.reshape(shape)


def packed(array: Any, shape: tuple[int, ...], buffers: list[memoryview]) -> list[Any]:
    """Appends the content of an array to the buffers; says where it is and what it means."""
    plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
    buffers.append(memoryview(plain.reshape(-1).view(np.uint8)))
    return [len(buffers) - 1, plain.dtype.str, list(shape)]


def packed_tensor(value: Any, buffers: list[memoryview]) -> list[Any] | None:
    """The same for a torch type or a tensor; `None` if it is none that travels."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "Tensor"):
        return None
    if isinstance(value, torch.dtype):
        return ["torch type", str(value).removeprefix("torch.")]
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
        return None
    plain = value.detach().as_subclass(torch.Tensor).cpu().contiguous()
    halved = plain.dtype == torch.bfloat16
    try:
        array = (plain.view(torch.int16) if halved else plain.resolve_conj()).numpy()
    except (TypeError, RuntimeError):
        return None
    return ["tensor", *packed(array, array.shape, buffers), halved, bool(value.requires_grad)]


def array_of(buffers: list[bytearray], number: int, dtype: str, shape: list[int]) -> Any:
    """The array that `packed` has described; it shares the memory of its buffer.

    Raises:
        ValueError: there is none such.
    """
    if type(number) is not int or number < 0 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(shape)
    flat = np.frombuffer(buffers[number], dtype_named(dtype))
    if math.prod(shape) != flat.size or len(shape) > _MAX_DIMENSIONS:
        raise ValueError(shape)
    if flat.dtype.char == "U":
        _refuse_no_signs(flat)
    return flat.reshape(shape)


def tensor_of(
    buffers: list[bytearray], number: int, dtype: str, shape: list[int], halved: bool, grad: bool
) -> Any:
    """The tensor that `packed_tensor` has described.

    Raises:
        ValueError: there is none such.
    """
    import torch  # only where tensors travel

    array = array_of(buffers, number, dtype, shape)
    tensor = torch.from_numpy(array)
    if halved:
        tensor = tensor.view(torch.bfloat16)
    has_slope = tensor.is_floating_point() or tensor.is_complex()
    return tensor.requires_grad_() if grad and has_slope else tensor


def dtype_named(name: str) -> "np.dtype[Any]":
    """One of the types of numpy's that travel.

    Raises:
        ValueError: it is none of them.
    """
    if name not in _DTYPES and not _TEXTS_AND_TIMES.fullmatch(name):
        raise ValueError(name)
    return np.dtype(name)


def torch_dtype_named(name: str) -> Any:
    """One of the types of torch's.

    Raises:
        ValueError: it is none of them.
    """
    import torch  # only where its types travel

    dtype = getattr(torch, str(name))
    if not isinstance(dtype, torch.dtype):
        raise ValueError(name)
    return dtype


def buffered(value: Any) -> Iterator[Any]:
    """The arrays, numbers and tensors in a value, in the order of their buffers.

    Example:
        >>> [array.tolist() for array in buffered([np.arange(2), {"a": (3, np.float64(4))}])]
        [[0, 1], 4.0]
    """
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from buffered(part)
    elif is_array(value) or packed_tensor(value, []):
        yield value


def _refuse_no_signs(texts: Any) -> None:
    """Numbers that are no signs of Unicode would end in an error where they are looked at."""
    signs = texts.view(np.uint32)
    if np.any((signs > _LAST_SIGN) | ((signs >= _HALVES[0]) & (signs <= _HALVES[1]))):
        raise ValueError("texts")
