"""Values as msgpack's scalars and lists, and back: what may travel between student and test.

None, bool, int, float, complex, str, bytes, list, tuple, set, dict, slice, those of `plain`, numpy
arrays and numbers of numeric type, of texts, times and objects, tables of pandas (`frames`), numpy
and torch types, and strided tensors travel; of a subclass only the plain value arrives. Everything
else becomes a `Handle`, the number under which its owner keeps it. Arrays are buffers beside the
tree.

Both sides of the pipe use this module: torch is imported only where it is loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_grader.runner import frames
from course_grader.runner.arrays import (
    NUMERIC,
    array_of,
    dtype_named,
    is_array,
    is_array_of_objects,
    objects_of,
    packed,
    packed_tensor,
    tensor_of,
    torch_dtype_named,
)  # fmt: skip
from course_grader.runner.plain import ERRORS, KINDS, put_together, taken_apart

MAX_DEPTH = 32
_SCALARS = frozenset(np.dtype(char).type for char in NUMERIC)
_TYPES: dict[str, type] = {
    one.__name__: one
    for one in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
}
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
Convert = Callable[[Any], Any]


def encode(
    value: Any, keep: Keep | None = None, leaving: Convert | None = None
) -> tuple[Any, list[memoryview]]:
    """A value as a tree of scalars and lists, and the buffers of its arrays.

    Args:
        value: what to send.
        keep: turns objects that cannot travel into handles; without it they are refused.
        leaving: gets each numpy array, and says which one to send for it.

    Raises:
        WireError: the value is nested too deeply, or cannot travel.

    Example:
        >>> encode({"x": (1, 2.5)})
        (['dict', 'x', ['tuple', 1, 2.5]], [])
    """
    buffers: list[memoryview] = []
    return _encode(value, _Way(keep, leaving, buffers), 0), buffers


def decode(
    tree: Any,
    buffers: list[bytearray],
    find: Find | None = None,
    arriving: Convert | None = None,
) -> Any:
    """The value of a tree; arrays share the memory of their buffers.

    Args:
        tree: what `encode` made, or anything.
        buffers: of the arrays.
        find: turns handles into objects; without it they arrive as `Handle`.
        arriving: gets each array, number of numpy's and tensor, and says what stands for it.

    Raises:
        WireError: the tree is none that `encode` makes.
    """
    return _Decoder(buffers, find, arriving).decode(tree, 0)


@dataclass(frozen=True)
class _Way:
    """What `encode` needs on its way down."""

    keep: Keep | None
    leaving: Convert | None
    buffers: list[memoryview]


def _encode(value: Any, way: _Way, depth: int) -> Any:
    """A value as msgpack's scalars and lists whose first entry says what they are."""
    if depth > MAX_DEPTH:
        raise WireError(f"a value is nested more than {MAX_DEPTH} times")

    def inner(part: Any) -> Any:
        return _encode(part, way, depth + 1)

    if value is None or isinstance(value, bool):
        return value
    if is_array(value):
        kind = "number" if isinstance(value, np.generic) else "array"
        if way.leaving is not None and kind == "array":
            value = way.leaving(value)
        return [kind, *packed(np.ascontiguousarray(value), value.shape, way.buffers)]
    if isinstance(value, int):
        whole = int(value)
        if -_PLAIN_INT <= whole < _PLAIN_INT:
            return whole
        return ["int", whole.to_bytes(whole.bit_length() // 8 + 1, "big", signed=True)]
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if is_array_of_objects(value):
        return ["objects", list(value.shape), *map(inner, value.reshape(-1).tolist())]
    if (parts := frames.taken_apart(value)) is not None:
        n_buffers = len(way.buffers)
        try:
            own = _Way(None, way.leaving, way.buffers)  # nothing in a table stays behind
            return [parts[0], *(_encode(part, own, depth + 1) for part in parts[1])]
        except WireError:
            del way.buffers[n_buffers:]
            if way.keep is None:
                raise
            return inner(way.keep(value))
    if (parts := taken_apart(value)) is not None:
        return [parts[0], *map(inner, parts[1])]
    if isinstance(value, list | tuple | set | frozenset):
        for plain in (list, tuple, set, frozenset):
            if isinstance(value, plain):
                return [plain.__name__, *map(inner, value)]
    if isinstance(value, dict):
        return ["dict", *(inner(part) for pair in value.items() for part in pair)]
    if isinstance(value, slice):
        return ["slice", inner(value.start), inner(value.stop), inner(value.step)]
    if isinstance(value, Handle):
        return ["handle", value.number, inner(value.facts)]
    if isinstance(value, np.dtype) and value.char in NUMERIC:
        return ["dtype", value.str]
    if isinstance(value, type) and value in _SCALARS:
        return ["scalar type", np.dtype(value).str]
    if isinstance(value, type) and _TYPES.get(value.__name__) is value:
        return ["type", value.__name__]
    encoded = packed_tensor(value, way.buffers)
    if encoded is not None:
        return encoded
    if way.keep is None:
        raise WireError(f"a {type(value).__name__} cannot be sent")
    return inner(way.keep(value))


class _Decoder:
    """Turns msgpack's scalars and lists back into values."""

    def __init__(
        self, buffers: list[bytearray], find: Find | None, arriving: Convert | None
    ) -> None:
        self.buffers = buffers
        self.find = find
        self.arriving = arriving or (lambda value: value)
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
        except ERRORS as error:
            raise WireError(
                f"the frame holds a bad {tree[0][:20]!r}: {type(error).__name__}"
            ) from None

    def _node(self, kind: str, parts: list[Any], depth: int) -> Any:
        if kind in ("array", "number"):
            array = array_of(self.buffers, *parts)
            return self.arriving(array if kind == "array" else array[()])
        if kind == "tensor":
            return self.arriving(tensor_of(self.buffers, *parts))
        if kind == "int":
            return int.from_bytes(parts[0], "big", signed=True)
        if kind == "complex":
            return complex(float(parts[0]), float(parts[1]))
        if kind in ("dtype", "scalar type"):
            dtype = dtype_named(*parts)
            return dtype if kind == "dtype" else dtype.type
        if kind == "type":
            return _TYPES[parts[0]]
        if kind == "objects":
            return objects_of(parts[0], [self.decode(part, depth) for part in parts[1:]])
        if kind in frames.KINDS:
            inside = _Decoder(self.buffers, _nobody, self.arriving)
            return frames.put_together(kind, [inside.decode(part, depth) for part in parts])
        values = [self.decode(part, depth) for part in parts]
        if kind in ("dict", "set", "frozenset", "keys", "items"):
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
        if kind in KINDS:
            return put_together(kind, values)
        if kind == "torch type":
            return torch_dtype_named(*values)
        if kind == "handle" and type(values[0]) is int:
            handle = Handle(values[0], values[1])
            return handle if self.find is None else self.find(handle)
        raise ValueError(kind)


def _nobody(handle: Handle) -> Any:
    raise ValueError("handle")


def _hashes_well(key: Any) -> bool:
    """Whether nobody can find many such keys with the same hash."""
    return isinstance(key, str | bytes | float) or (type(key) is int and abs(key) < 2 * _PLAIN_INT)
