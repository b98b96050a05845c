"""What travels between student and test: everything comes back equal, nothing else gets through."""

import contextlib
import math
import pickle
import socket
import struct
import threading
import time
import tracemalloc
from collections import deque, namedtuple
from datetime import UTC, date
from decimal import Decimal
from fractions import Fraction

import msgpack
import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_grader.runner.arrays import buffered
from course_grader.runner.codec import Handle, WireError, decode, encode
from course_grader.runner.wire import MAX_HEADER, Channel, Closed, Late, pack, unpack_frame

Point = namedtuple("Point", "x y")
TIMES = st.dates() | st.datetimes(timezones=st.none() | st.just(UTC)) | st.times() | st.timedeltas()
PLAIN = (
    st.fractions()
    | st.decimals(allow_nan=False)
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
    | st.builds(Point, st.integers(), st.text())
    | TIMES
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | PLAIN
)
KEYS = st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.frozensets(KEYS, max_size=4)
        | st.builds(deque, st.lists(inner, max_size=4), st.none() | st.integers(0, 3))
    ),
    max_leaves=12,
)
ARRAYS = hnp.arrays(
    hnp.boolean_dtypes()
    | hnp.integer_dtypes()
    | hnp.unsigned_integer_dtypes()
    | hnp.floating_dtypes(sizes=(16, 32, 64))
    | hnp.complex_number_dtypes(sizes=(64, 128))
    | hnp.datetime64_dtypes()
    | hnp.timedelta64_dtypes()
    | hnp.unicode_string_dtypes(min_len=1)
    | hnp.byte_string_dtypes(min_len=1),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


def back(value):
    return unpack_frame(b"".join(pack(value)))


def same(a, b):
    """Equal in type and value; NaN equals NaN."""
    if type(a).__name__ == type(b).__name__ == "Point":
        return a._fields == b._fields and same(tuple(a), tuple(b))
    if isinstance(a, list | tuple | deque):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    return type(a) is type(b) and (a == b or repr(a) == repr(b))


@given(VALUES)
def test_plain_values_come_back(value):
    text = str(value).encode("utf-8", "replace").decode()
    if str(value) == text:  # lone surrogates are replaced
        assert same(back(value), value)


@given(ARRAYS)
def test_arrays_come_back(array):
    got = back([array, {"x": array.T}])
    np.testing.assert_array_equal(got[0], array)
    np.testing.assert_array_equal(got[1]["x"], array.T)
    assert got[0].dtype == array.dtype.newbyteorder("=")
    assert got[0].flags.writeable
    assert list(map(np.shape, buffered([array, 1, {"x": array.T}]))) == [array.shape, array.T.shape]


@given(st.lists(ARRAYS, max_size=3), st.binary(max_size=40), st.integers(0, 10_000))
def test_damaged_frames_are_refused_or_harmless(arrays, noise, place):
    frame = bytearray(b"".join(pack({"arrays": arrays, "text": "x" * 20})))
    place %= len(frame)
    frame[place : place + len(noise)] = noise
    with contextlib.suppress(WireError):
        unpack_frame(bytes(frame))


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_a_value(content):
    with contextlib.suppress(WireError):
        unpack_frame(struct.pack(">IQ", len(content), 0) + content)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8)
    | st.binary(max_size=8) | st.floats()
    | st.sampled_from(["list", "dict", "array", "tensor", "number", "int", "handle", "slice",
                       "dtype", "complex", "torch type", "scalar type", "set", "|O", "<f8", "U4"]),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@settings(max_examples=500)
@given(TREES)
def test_any_tree_is_refused_or_a_value(tree):
    with contextlib.suppress(WireError):
        decode(tree, [bytearray(16)])


@pytest.mark.parametrize(
    "value",
    [
        np.float32(1.5),
        np.float64,
        np.dtype("int16"),
        torch.float64,
        slice(1, None, 2),
        2**200,
        -(2**64),
        {"a": {1, 2}},
        Fraction(-1, 3),
        Decimal("1.10"),
        Decimal("-Infinity"),
        range(1, 10, 3),
        date(2024, 2, 29),
        np.datetime64("2024-02-29"),
        np.timedelta64(3, "s"),
        Handle(3, {"name": "f"}),
    ],
    ids=repr,
)
def test_other_values_come_back(value):
    assert same(back(value), value)


def test_views_of_dicts_come_back_as_views():
    table = {"b": [1], "a": [2]}
    assert list(back(table.keys())) == ["b", "a"]
    assert back(table.keys()) == {"a", "b"}
    assert list(back(table.items())) == [("b", [1]), ("a", [2])]
    assert list(back(table.values())) == [[1], [2]]


def test_results_with_names_keep_them():
    point = back(Point(1, [Point(2, 3)]))
    assert point == (1, [(2, 3)])
    assert point.y[0].x == 2
    largest = back(torch.max(torch.tensor([[1.0, 3.0]]), dim=1))
    assert (largest.values.item(), largest.indices.item()) == (3, 1)
    assert back(np.linalg.eigh(np.eye(2))).eigenvalues.tolist() == [1, 1]


def test_numbers_of_other_packages_arrive_as_pythons():
    assert same(back(sympy.Integer(3)), 3)
    assert same(back(sympy.Rational(1, 3)), Fraction(1, 3))


@pytest.mark.parametrize(
    "tree",
    [
        ["namedtuple", "P", ["list", "x"], 1, 2],
        ["namedtuple", "P", ["list", "x", "x"], 1, 2],
        ["namedtuple", "P", ["list", "_x"], 1],
        ["namedtuple", "P", ["list", "x=exec('1')"], 1],
        ["namedtuple", "class", ["list", "x"], 1],
        ["namedtuple", "P", "x", 1],
        ["Fraction", 1, 0],
        ["Fraction", 1.5, 2],
        ["Fraction", ["int", b"\x01" * 5000], 3],
        ["Decimal", "1e99999"],
        ["Decimal", "1" * 20_000],
        ["Decimal", "ten"],
        ["date", "today"],
        ["datetime", 3],
        ["timedelta", 10**12, 0, 0],
        ["timedelta", 0.5, 0, 0],
        ["range", 1, 2, 0],
        ["range", 1.5],
        ["deque"],
        ["deque", -1],
        ["keys", ["list"]],
        ["keys", *[["tuple", k] for k in range(10_001)]],
        ["items", 1],
        ["whole", "1"],
    ],
    ids=lambda tree: str(tree)[:40],
)
def test_forged_plain_values_are_refused(tree):
    with pytest.raises(WireError):
        decode(tree, [])


@pytest.mark.parametrize(
    "dtype", ["<U0", "<U99999999", "<M8[25x]", "<M8[9999999999s]", ">U1", "|V8", "<U1,<U1"]
)
def test_forged_types_of_texts_and_times_are_refused(dtype):
    with pytest.raises(WireError):
        decode(["array", 0, dtype, [1]], [bytearray(8)])


def test_texts_of_no_signs_are_refused():
    for number in (0x110000, 0xD800, 0xFFFFFFFF):
        with pytest.raises(WireError):
            decode(["array", 0, "<U1", [1]], [bytearray(struct.pack("<I", number))])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool])
def test_tensors_come_back(dtype):
    x = torch.arange(6).reshape(2, 3).to(dtype)
    assert torch.equal(back(x), x)
    assert back(x.T).shape == (3, 2)
    assert back(x).dtype == dtype


def test_tensors_keep_that_they_want_a_gradient_and_lose_their_class():
    parameter = torch.nn.Parameter(torch.ones(2))
    got = back([parameter, torch.ones(2)])
    assert type(got[0]) is torch.Tensor
    assert got[0].is_leaf
    assert [one.requires_grad for one in got] == [True, False]
    assert math.copysign(1, back(torch.tensor(-0.0))) == -1


def test_of_a_subclass_only_the_plain_value_arrives():
    class Liar(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    class Array(np.ndarray):
        pass

    assert type(back(Liar(3))) is float
    assert type(back(np.zeros(2).view(Array))) is np.ndarray


@pytest.mark.parametrize(
    "value",
    [object(), lambda: 0, np.ma.masked_less(np.arange(3), 1), np.array([object()]), iter([])],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_stays_with_its_owner(value):
    with pytest.raises(WireError, match="cannot be sent"):
        pack(value)
    kept = []

    def keep(one):
        kept.append(one)
        return Handle(len(kept) - 1)

    assert unpack_frame(b"".join(pack([value], keep))) == [Handle(0)]
    assert kept == [value]


def test_deep_and_large_values_are_refused():
    nested = []
    nested.append(nested)
    with pytest.raises(WireError, match="nested more than 32"):
        pack(nested)
    with pytest.raises(WireError, match="too large to be sent"):
        pack("x" * (MAX_HEADER + 1))


def frame(tree, sizes=(), buffers=b""):
    header = msgpack.packb([tree, list(sizes)])
    return struct.pack(">IQ", len(header), len(buffers)) + header + buffers


@pytest.mark.parametrize(
    "content",
    [
        frame(["array", 0, "|O", [1]], [8], b"12345678"),
        frame(["array", 0, "<f8", [2]], [8], b"12345678"),
        frame(["array", 0, "<f8", [-1]], [8], b"12345678"),
        frame(["array", 0, "<f8", [2**40, 0]], [8], b"12345678"),
        frame(["array", 7, "<f8", [1]], [8], b"12345678"),
        frame(["array", -1, "<f8", [1]], [8], b"12345678"),
        frame(["array", 0, "<f8", [1]], [2**50], b"12345678"),
        frame(["array", 0, "<f8", [1]], [-8, 16], b"12345678"),
        frame(["array", 0, "i4,i4", [1]], [8], b"12345678"),
        frame(["dict", ["list"], 1]),
        frame(["dict", 1]),
        frame(["set", ["list"]]),
        frame(["int", 5]),
        frame(["torch type", "load"]),
        frame(["torch type", "__class__"]),
        frame(["dtype", "O"]),
        frame(["exec", "1"]),
        frame([]),
        frame([1, 2]),
        frame({}),
        frame(["handle", "0", None]),
        frame(msgpack.ExtType(5, b"x")),
        struct.pack(">IQ", 6, 0) + b"\xdd\xff\xff\xff\xff\x00",
        struct.pack(">IQ", 100_000, 0) + b"\x91" * 100_000,
        struct.pack(">IQ", 2**32 - 1, 0),
        struct.pack(">IQ", 1, 2**63),
        b"",
        b"garbage",
    ],
    ids=range(28),
)
def test_forged_frames_are_refused(content):
    with pytest.raises(WireError):
        unpack_frame(content)


def test_nothing_is_ever_unpickled():
    class Bomb:
        def __reduce__(self):
            return (exec, ("raise SystemExit('unpickled')",))

    got = back(pickle.dumps(Bomb()))
    assert type(got) is bytes


class Talk:
    """A channel, and a thread that misbehaves at its other end."""

    def __init__(self, behave, watch=None):
        ours, self.theirs = socket.socketpair()
        self.channel = Channel(ours, watch=watch)
        self.thread = threading.Thread(target=self._run, args=(behave,), daemon=True)
        self.thread.start()

    def _run(self, behave):
        with contextlib.suppress(OSError):
            behave(self.theirs)

    def close(self):
        self.channel.close()
        self.theirs.close()


def drip(connection):
    for byte in frame(["list", *range(100)]):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def endless(connection):
    connection.sendall(struct.pack(">IQ", 100, 400 << 20))
    connection.sendall(msgpack.packb([["array", 0, "|u1", [400 << 20]], [400 << 20]]).ljust(100))
    while True:
        connection.sendall(bytes(1000))
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("behave", "complaint"),
    [
        (lambda connection: time.sleep(1), Late),
        (lambda connection: connection.sendall(b"\x00"), Late),
        (lambda connection: connection.close(), Closed),
        (lambda connection: (connection.sendall(frame(1)[:5]), connection.close()), Closed),
        (lambda connection: connection.sendall(b"garbage" * 1000), WireError),
        (drip, Late),
        (endless, WireError),
    ],
    ids=["silent", "half a frame", "gone", "cut off", "garbage", "slow drip", "endless"],
)
def test_who_misbehaves_is_not_waited_for(behave, complaint):
    tracemalloc.start()
    talk = Talk(behave)
    start = time.monotonic()
    with pytest.raises(complaint):
        talk.channel.receive(0.3)
    assert time.monotonic() - start < 2
    assert tracemalloc.get_traced_memory()[1] < 450 << 20
    tracemalloc.stop()
    talk.close()


def test_who_does_not_listen_is_not_waited_for():
    talk = Talk(lambda connection: time.sleep(1))
    with pytest.raises(Late):
        talk.channel.send(np.zeros(10_000_000), 0.3)
    talk.close()


def test_a_watchman_can_stop_the_waiting():
    class AlarmError(Exception):
        pass

    def watch():
        raise AlarmError

    talk = Talk(lambda connection: time.sleep(1), watch)
    with pytest.raises(AlarmError):
        talk.channel.receive(5)
    talk.close()


def test_a_large_array_goes_there_and_back():
    talk = Talk(lambda connection: echo(Channel(connection)))
    array = np.random.default_rng(1).normal(size=4_000_000)  # 32 MB
    talk.channel.send(array)
    assert np.array_equal(talk.channel.receive(20), array)
    talk.close()


def echo(channel):
    channel.send(channel.receive(20), 20)


def test_encoding_names_what_it_is():
    assert encode((1, [2.5, None])) == (["tuple", 1, ["list", 2.5, None]], [])
