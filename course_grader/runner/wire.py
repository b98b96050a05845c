"""Frames on the pipe between trusted tests and untrusted answers.

A frame is two lengths (4 and 8 bytes), a msgpack header with the values, and the buffers of their
arrays. Whatever the other side sends, `receive` returns plain values or raises `WireError`, within
limits of time and memory; nothing is ever unpickled. Both sides use this module.
"""

import math
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgpack

from course_grader.runner.codec import Convert, Find, Keep, WireError, decode, encode

MAX_HEADER = 4 << 20
MAX_BUFFERS = 512 << 20
MAX_BUFFER_COUNT = 10_000
_LENGTHS = struct.Struct(">IQ")


class Late(WireError):  # noqa: N818 - reads as what it is
    """Nothing, or not all of it, came in time."""


class Closed(WireError):  # noqa: N818 - reads as what it is
    """The other side has gone."""


Watch = Callable[[], None]


def pack(value: Any, keep: Keep | None = None, leaving: Convert | None = None) -> list[memoryview]:
    """A frame as buffers to be sent one after the other.

    Args:
        value: what to send.
        keep: turns objects that cannot travel into handles; without it they are refused.
        leaving: see `encode`.

    Raises:
        WireError: the value is too large, too deep, or cannot travel.

    Example:
        >>> import numpy as np
        >>> unpack_frame(b"".join(pack({"x": (1, 2.5), "y": [np.arange(3)]})))
        {'x': (1, 2.5), 'y': [array([0, 1, 2])]}
    """
    try:
        tree, buffers = encode(value, keep, leaving)
        header = msgpack.packb([tree, [buffer.nbytes for buffer in buffers]])
    except (ValueError, OverflowError, RecursionError) as error:
        raise WireError(f"a value cannot be sent: {error}") from None
    total = sum(buffer.nbytes for buffer in buffers)
    if len(header) > MAX_HEADER or total > MAX_BUFFERS:
        raise WireError(
            f"a value is too large to be sent: {len(header):,} bytes beside {total:,} bytes of "
            f"arrays, at most {MAX_HEADER:,} and {MAX_BUFFERS:,}; return arrays, not long lists"
        )
    return [memoryview(_LENGTHS.pack(len(header), total) + header), *buffers]


def unpack_frame(frame: bytes, find: Find | None = None) -> Any:
    """The value of one whole frame."""
    n_header, total = _lengths(frame[: _LENGTHS.size])
    start = _LENGTHS.size + n_header
    if len(frame) != start + total:
        raise WireError("the frame is cut off or too long")
    tree, sizes = _header(frame[_LENGTHS.size : start], total)
    buffers = []
    for size in sizes:
        buffers.append(bytearray(frame[start : start + size]))
        start += size
    return decode(tree, buffers, find)


class Channel:
    """One end of a connection.

    Args:
        connection: a stream socket.
        keep: see `pack`.
        find: turns handles into objects; without it they arrive as `Handle`.
        watch: called about ten times a second while waiting; may raise to stop it.
        most: bytes of arrays that are taken; 0 where only words are expected.

    Attributes:
        leaving: see `encode`.
        arriving: see `decode`.
    """

    def __init__(
        self,
        connection: socket.socket,
        keep: Keep | None = None,
        find: Find | None = None,
        watch: Watch | None = None,
        most: int = MAX_BUFFERS,
    ) -> None:
        self.connection = connection
        self.most = most
        self.keep, self.find, self.watch = keep, find, watch
        self.leaving: Convert | None = None
        self.arriving: Convert | None = None
        connection.setblocking(False)

    def send(self, value: Any, seconds: float = math.inf) -> None:
        """Sends a value.

        Raises:
            WireError: it cannot be sent, or the other side does not take it in time.
        """
        deadline = time.monotonic() + seconds
        for buffer in pack(value, self.keep, self.leaving):
            rest = buffer
            while rest:
                try:
                    rest = rest[self.connection.send(rest) :]
                except BlockingIOError:
                    self._wait(deadline, writing=True)
                except OSError as error:
                    raise Closed(f"the other side has gone: {error}") from None

    def receive(self, seconds: float = math.inf) -> Any:
        """The next value.

        Raises:
            WireError: what came is no value, or nothing whole came in time.
        """
        deadline = time.monotonic() + seconds
        n_header, total = _lengths(self._read(_LENGTHS.size, deadline))
        if total > self.most:
            raise WireError("the frame holds arrays where there should be none")
        tree, sizes = _header(self._read(n_header, deadline), total)
        buffers = [self._read(size, deadline) for size in sizes]
        return decode(tree, buffers, self.find, self.arriving)

    def send_descriptors(self, *descriptors: int) -> None:
        """Hands open files or connections over, after a message that announces them."""
        self.connection.setblocking(True)
        try:
            socket.send_fds(self.connection, [b"!"], list(descriptors))
        except OSError as error:
            raise Closed(f"the other side has gone: {error}") from None
        finally:
            self.connection.setblocking(False)

    def receive_descriptors(self, n: int = 1) -> list[int]:
        """What the last message announced."""
        self.connection.setblocking(True)
        _, descriptors, _, _ = socket.recv_fds(self.connection, 1, n)
        self.connection.setblocking(False)
        if len(descriptors) != n:
            raise Closed("the other side has gone")
        return list(descriptors)

    def close(self) -> None:
        """Hangs up."""
        self.connection.close()

    def _read(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        rest = memoryview(data)
        while rest:
            try:
                n_read = self.connection.recv_into(rest)
            except BlockingIOError:
                self._wait(deadline, writing=False)
                continue
            except OSError as error:
                raise Closed(f"the other side has gone: {error}") from None
            if n_read == 0:
                raise Closed("the other side has gone")
            if time.monotonic() > deadline:
                raise Late("the other side took too long")
            rest = rest[n_read:]
        return data

    def _wait(self, deadline: float, *, writing: bool) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Late("the other side took too long")
            if self.watch is not None:
                self.watch()
                left = min(left, 0.1)
            if self._ready(min(left, 3600.0), writing):
                return

    def _ready(self, seconds: float, writing: bool) -> bool:
        poll = select.poll()  # select() cannot take descriptors above 1023
        poll.register(self.connection, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(math.ceil(1000 * seconds)))


def _lengths(prefix: bytes | bytearray) -> tuple[int, int]:
    if len(prefix) != _LENGTHS.size:
        raise WireError("the frame is cut off")
    n_header, total = _LENGTHS.unpack(prefix)
    if n_header > MAX_HEADER or total > MAX_BUFFERS:
        raise WireError(f"the frame is too large: {n_header:,} and {total:,} bytes")
    return n_header, total


def _header(packed: bytes | bytearray, total: int) -> tuple[Any, list[int]]:
    try:
        header = msgpack.unpackb(packed, strict_map_key=True, max_map_len=0, max_ext_len=0)
        tree, sizes = header
        right = isinstance(sizes, list) and all(type(n) is int and n >= 0 for n in sizes)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise WireError(f"the frame's header cannot be read: {type(error).__name__}") from None
    if not right or sum(sizes) != total or len(sizes) > MAX_BUFFER_COUNT:
        raise WireError("the frame's header does not fit its buffers")
    return tree, sizes
