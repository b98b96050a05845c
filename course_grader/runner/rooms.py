"""A room for each submission: what a process leaves behind before it runs students' code.

The runner's first process has imported what notebooks need and never runs anything of a student.
For each submission a fork of it moves into namespaces of its own: it sees other processes, other
scratch space, other names and another network, and can reach no submission before, after or beside
it. Bubblewrap's sandbox is around all of them; see namespaces(7), capabilities(7), seccomp(2).
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

HOME = "/home/student"
SCRATCH = ("/tmp", "/dev/shm", HOME)
_NEW_FILES, _NEW_NAMES, _NEW_IPC, _NEW_USERS, _NEW_PROCESSES, _NEW_NETWORK = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
)  # fmt: skip
_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP: netdevice(7)
_ALONE = 0x4000 | 1 << 18  # MS_REC | MS_PRIVATE: what is mounted here is seen here only
_SAME = 0x1000  # MS_BIND: what is there is here, too, read-only if it is so there
_PLAIN = 2 | 4  # MS_NOSUID | MS_NODEV
_NO_PROGRAMS = 8  # MS_NOEXEC
_MARKED_BY_NOBODY = 1 | 2 | 32 | _SAME  # MS_RDONLY, MS_NOSUID, MS_REMOUNT: as for its times
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")  # the machine's own
_BUFFERS = {"tcp_wmem": "4096 16384 65536", "tcp_rmem": "4096 65536 131072"}  # bytes: tcp(7)
_TERMINALS = b"newinstance,ptmxmode=0666,mode=0620"
_BYTES_A_FILE = 1 << 14  # of scratch space: the kernel's memory for a file is not counted there
_DROP_BOUND, _NO_NEW_RIGHTS, _SET_FILTER, _FILTER = 24, 38, 22, 2  # prctl(2)
_CAPABILITIES_3 = 0x20080522


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def move_in(disk: int) -> None:
    """Makes a room; this process ends, and a fork goes on in there as its first process.

    Args:
        disk: bytes of each scratch space.

    Raises:
        OSError: the kernel does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    own = _NEW_FILES | _NEW_NAMES | _NEW_IPC | _NEW_USERS | _NEW_PROCESSES | _NEW_NETWORK
    _call("unshare", own)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    reader, writer = os.pipe()  # this process ends only when the fork is where it should be
    if os.fork():
        os.close(writer)
        os._exit(0 if os.read(reader, 1) else 1)
    _call("mount", None, b"/", None, _ALONE, None)
    _call("mount", b"proc", b"/proc", b"proc", _PLAIN | _NO_PROGRAMS, None)
    _call("mount", b"devpts", b"/dev/pts", b"devpts", 2 | _NO_PROGRAMS, _TERMINALS)
    for name in _DEVICES:
        _call("mount", None, f"/dev/{name}".encode(), None, _MARKED_BY_NOBODY, None)
    for place in SCRATCH:
        _empty(place, disk)
    _own_input()
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))
    for name, sizes in _BUFFERS.items():
        Path("/proc/sys/net/ipv4", name).write_text(sizes)
    os.chdir(HOME)
    os.write(writer, b"!")
    os.close(reader)
    os.close(writer)


def _own_input() -> None:
    """Opens standard input anew: what is inherited has flags that all who inherited it see."""
    source = os.open(os.devnull, os.O_RDONLY)
    os.dup2(source, 0)
    os.close(source)


def _empty(place: str, disk: int) -> None:
    """Fresh space at a place; this Python stays, should it be installed there."""
    pythons = [path for path in {sys.prefix, sys.base_prefix} if path.startswith(f"{place}/")]
    known = {path: os.open(path, os.O_PATH) for path in sorted(pythons)}
    options = f"size={disk},nr_inodes={max(1024, disk // _BYTES_A_FILE)},mode=0700".encode()
    _call("mount", b"tmpfs", place.encode(), b"tmpfs", _PLAIN, options)
    for path, descriptor in known.items():
        os.makedirs(path, exist_ok=True)
        source = f"/proc/self/fd/{descriptor}".encode()
        _call("mount", source, path.encode(), None, _SAME, None)
        os.close(descriptor)


def are_possible() -> bool:
    """Whether the kernel allows rooms here; some systems forbid namespaces within namespaces."""
    pid = os.fork()
    if pid == 0:
        try:
            move_in(1 << 20)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def give_up(calls: bytes) -> None:
    """Gives up all capabilities and the system calls that a filter refuses, for good.

    Args:
        calls: a filter, see `course_grader.sandbox.seccomp`; without one nothing is filtered.

    Raises:
        OSError: the kernel does not allow it.
    """
    for number in range(64):
        try:
            _call("prctl", _DROP_BOUND, number, 0, 0, 0)
        except OSError:
            break  # this was the last one, or there is none left to drop
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", _NO_NEW_RIGHTS, 1, 0, 0, 0)
    if calls:
        program = _Program(len(calls) // 8, calls)
        _call("prctl", _SET_FILTER, _FILTER, ctypes.byref(program), 0, 0)


def _call(name: str, *arguments: object) -> None:
    """Calls the C library, whose functions give 0 if all went well."""
    whole = [ctypes.c_ulong(one) if isinstance(one, int) else one for one in arguments]
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*whole) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
