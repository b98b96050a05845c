"""Connections to processes in the sandbox, and who is at their other end."""

import select
import socket
import struct
from dataclasses import dataclass

from course_grader.runner.codec import WireError
from course_grader.runner.wire import Channel


@dataclass
class Link:
    """The connection to one process in the sandbox.

    Attributes:
        channel: where it is spoken to.
        pid: its number outside the sandbox.
        lost_threads: whether it says that threads ran when it was parked, which it has no more:
            known before any test asks it, and good for a hint only.
    """

    channel: Channel
    pid: int
    lost_threads: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody is still at the other end."""
        poll = select.poll()
        poll.register(self.channel.connection, 0)  # the end of a connection is always told
        return not poll.poll(0)


def pair() -> tuple[socket.socket, socket.socket]:
    """A connection whose first end hears from the kernel who writes to it."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def pid_of(connection: socket.socket, seconds: float) -> int:
    """Who wrote the first byte; the kernel says so, not the writer."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(1000 * seconds):
        raise WireError("the process did not start in time")
    connection.setblocking(True)
    size = struct.calcsize("3i")
    data, ancillary, *_ = connection.recvmsg(1, socket.CMSG_SPACE(size))
    connection.setblocking(False)
    for level, kind, content in ancillary:
        if data and (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(struct.unpack("3i", content[:size])[0])
    raise WireError("the process ended before it began")
