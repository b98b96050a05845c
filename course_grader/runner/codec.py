"""Values as msgpack's scalars and lists, and back: what may travel between student and test.

None, bool, int, float, complex, str, bytes, list, tuple, set, dict, slice, numpy arrays and numbers
of numeric type, numpy and torch types, and strided tensors travel; of a subclass only the plain
value arrives. Everything else becomes a `Handle`, the number under which its owner keeps it. Arrays
are buffers beside the tree.

Both sides of the pipe use this module: it imports nothing of ours, torch only where it is loaded.
"""

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_DEPTH = 32
_NUMERIC = frozenset("?bhilqBHILQefdFD")
_DTYPES = {order + np.dtype(char).str[1:] for char in _NUMERIC for order in "<>|"}
_MAX_KEYS = 10_000  # of kinds whose hashes can be made to collide, in one value
_PLAIN_INT = 2**63


class WireError(Exception):
    """The other side broke the protocol, closed the connection or took too long."""


@dataclass(frozen=True)
class Handle:
    """An object that stays with its owner.

    Attributes:
        number: under which the owner keeps it.
        facts: what may be known of it: its kind, name, signature.
    """

    number: int
    facts: Any = None


Keep = Callable[[Any], Handle]
Find = Callable[[Handle], Any]


def encode(value: Any, keep: Keep | None = None) -> tuple[Any, list[memoryview]]:
    """A value as a tree of scalars and lists, and the buffers of its arrays.

    Args:
        value: what to send.
        keep: turns objects that cannot travel into handles; without it they are refused.

    Raises:
        WireError: the value is nested too deeply, or cannot travel.

    Example:
        >>> encode({"x": (1, 2.5)})
        (['dict', 'x', ['tuple', 1, 2.5]], [])
    """
    buffers: list[memoryview] = []
    return _encode(value, keep, buffers, 0), buffers


def decode(tree: Any, buffers: list[bytearray], find: Find | None = None) -> Any:
    """The value of a tree; arrays share the memory of their buffers.

    Args:
        tree: what `encode` made, or anything.
        buffers: of the arrays.
        find: turns handles into objects; without it they arrive as `Handle`.

    Raises:
        WireError: the tree is none that `encode` makes.
    """
    return _Decoder(buffers, find).decode(tree, 0)


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
    elif _encode_torch(value, []) or (
        isinstance(value, np.ndarray | np.generic) and value.dtype.char in _NUMERIC
    ):
        yield value


def _encode(value: Any, keep: Keep | None, buffers: list[memoryview], depth: int) -> Any:
    """A value as msgpack's scalars and lists whose first entry says what they are."""
    if depth > MAX_DEPTH:
        raise WireError(f"a value is nested more than {MAX_DEPTH} times")

    def inner(part: Any) -> Any:
        return _encode(part, keep, buffers, depth + 1)

    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.generic | np.ndarray):
        if value.dtype.char in _NUMERIC:
            array = np.ascontiguousarray(value)
            kind = "number" if isinstance(value, np.generic) else "array"
            return [kind, *_buffer(array, value.shape, buffers)]
    elif isinstance(value, int):
        whole = int(value)
        if -_PLAIN_INT <= whole < _PLAIN_INT:
            return whole
        return ["int", whole.to_bytes(whole.bit_length() // 8 + 1, "big", signed=True)]
    elif isinstance(value, float):
        return float(value)
    elif isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    elif isinstance(value, bytes | bytearray):
        return bytes(value)
    elif isinstance(value, complex):
        return ["complex", value.real, value.imag]
    elif isinstance(value, list | tuple | set | frozenset):
        for plain in (list, tuple, set, frozenset):
            if isinstance(value, plain):
                return [plain.__name__, *map(inner, value)]
    elif isinstance(value, dict):
        return ["dict", *(inner(part) for pair in value.items() for part in pair)]
    elif isinstance(value, slice):
        return ["slice", inner(value.start), inner(value.stop), inner(value.step)]
    elif isinstance(value, Handle):
        return ["handle", value.number, inner(value.facts)]
    elif isinstance(value, np.dtype) and value.char in _NUMERIC:
        return ["dtype", value.str]
    elif isinstance(value, type) and issubclass(value, np.generic) and value is not np.generic:
        return ["scalar type", np.dtype(value).str]
    else:
        encoded = _encode_torch(value, buffers)
        if encoded is not None:
            return encoded
    if keep is None:
        raise WireError(f"a {type(value).__name__} cannot be sent")
    return inner(keep(value))


def _encode_torch(value: Any, buffers: list[memoryview]) -> list[Any] | None:
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
    return ["tensor", *_buffer(array, array.shape, buffers), halved, bool(value.requires_grad)]


def _buffer(array: Any, shape: tuple[int, ...], buffers: list[memoryview]) -> list[Any]:
    plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
    buffers.append(memoryview(plain.reshape(-1).view(np.uint8)))
    return [len(buffers) - 1, plain.dtype.str, list(shape)]


class _Decoder:
    """Turns msgpack's scalars and lists back into values."""

    def __init__(self, buffers: list[bytearray], find: Find | None) -> None:
        self.buffers = buffers
        self.find = find
        self.n_keys = 0

    def decode(self, tree: Any, depth: int) -> Any:
        if tree is None or isinstance(tree, bool | int | float | str | bytes):
            return tree
        if not isinstance(tree, list) or not tree or not isinstance(tree[0], str):
            raise WireError("the frame holds something that is no value")
        if depth > MAX_DEPTH + 1:
            raise WireError(f"the frame is nested more than {MAX_DEPTH} times")
        try:
            return self._node(tree[0], tree[1:], depth + 1)
        except (
            TypeError,
            ValueError,
            KeyError,
            IndexError,
            OverflowError,
            AttributeError,
        ) as error:
            raise WireError(
                f"the frame holds a bad {tree[0][:20]!r}: {type(error).__name__}"
            ) from None

    def _node(self, kind: str, parts: list[Any], depth: int) -> Any:
        if kind in ("array", "number"):
            array = self._array(*parts)
            return array if kind == "array" else array[()]
        if kind == "tensor":
            return self._tensor(*parts)
        if kind == "int":
            return int.from_bytes(parts[0], "big", signed=True)
        if kind == "complex":
            return complex(float(parts[0]), float(parts[1]))
        if kind in ("dtype", "scalar type"):
            dtype = _dtype(*parts)
            return dtype if kind == "dtype" else dtype.type
        values = [self.decode(part, depth) for part in parts]
        if kind in ("dict", "set", "frozenset"):
            keys = values[::2] if kind == "dict" else values
            self.n_keys += sum(not _hashes_well(key) for key in keys)
            if self.n_keys > _MAX_KEYS:
                raise ValueError(kind)
        if kind in ("list", "tuple", "set", "frozenset"):
            return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](values)
        if kind == "dict":
            return dict(zip(values[::2], values[1::2], strict=True))
        if kind == "slice":
            return slice(*values)
        if kind == "torch type":
            return _torch_dtype(*values)
        if kind == "handle" and type(values[0]) is int:
            handle = Handle(values[0], values[1])
            return handle if self.find is None else self.find(handle)
        raise ValueError(kind)

    def _array(self, number: int, dtype: str, shape: list[int]) -> Any:
        if (
            type(number) is not int
            or number < 0
            or not all(type(n) is int and n >= 0 for n in shape)
        ):
            raise ValueError(shape)
        flat = np.frombuffer(self.buffers[number], _dtype(dtype))
        if math.prod(shape) != flat.size or len(shape) > 32:
            raise ValueError(shape)
        return flat.reshape(shape)

    def _tensor(self, number: int, dtype: str, shape: list[int], halved: bool, grad: bool) -> Any:
        import torch  # only where tensors travel

        array = self._array(number, dtype, shape)
        tensor = torch.from_numpy(array)
        if halved:
            tensor = tensor.view(torch.bfloat16)
        return tensor.requires_grad_() if grad and _has_slope(tensor) else tensor


def _hashes_well(key: Any) -> bool:
    """Whether nobody can find many such keys with the same hash."""
    return isinstance(key, str | bytes | float) or (type(key) is int and abs(key) < 2 * _PLAIN_INT)


def _has_slope(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())


def _dtype(name: str) -> "np.dtype[Any]":
    if name not in _DTYPES:
        raise ValueError(name)
    return np.dtype(name)


def _torch_dtype(name: str) -> Any:
    import torch  # only where its types travel

    dtype = getattr(torch, str(name))
    if not isinstance(dtype, torch.dtype):
        raise ValueError(name)
    return dtype
