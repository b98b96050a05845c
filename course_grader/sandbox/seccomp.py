"""System calls that students' code has no use for: a filter that rooms put on.

What is refused (EPERM, so that libraries which try it fall back to something else) would take
memory that no process is charged for, read or write other processes, read the grader's key rings,
reach parts of the kernel with a long record of holes, or let one submission see what another one
does with a file that both may read. What is passed over does nothing and says that all went well:
libraries lock their own scratch files, and there is nobody else to lock them for.
"""

import platform
import struct

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_REFUSED = {  # numbers on x86_64 and aarch64, None where there is no such call
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "vmsplice": (278, 75),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "io_uring_setup": (425, 425), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    # who else uses a file, and which parts of it are in memory
    "inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    "mincore": (27, 232), "cachestat": (451, 451), "preadv2": (327, 286),
}  # fmt: skip
_PASSED_OVER = {"flock": (73, 32), "fadvise64": (221, 223), "readahead": (187, 213)}
_FCNTL, _SOCKET, _SOCKETPAIR, _SETSOCKOPT = (72, 25), (41, 198), (53, 199), (54, 208)
_LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW: see fcntl(2)
_MARKS = (1024, 1026, 1036, 1038)  # F_SETLEASE, F_NOTIFY, F_SET_RW_HINT, F_SET_FILE_RW_HINT
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: see address_families(7)
_SOL_SOCKET = 1
_BUFFERS = (7, 8)  # SO_SNDBUF, SO_RCVBUF: the kernel's own choice is small
_ZERO_COPY = 60  # SO_ZEROCOPY: memory that is sent is held although its process gave it back

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of classic BPF
_ALLOW, _PASS_OVER, _REFUSE = 0x7FFF0000, 0x00050000, 0x00050001
_OTHER_NUMBERS = 0x40000000  # x32: the same calls once more
_Step = tuple[int, int, int, int]


def program(machine: str = "") -> bytes:
    """The filter, empty for a processor that is not known here.

    Args:
        machine: kind of processor, this machine's if empty.

    Example:
        >>> program("vax")
        b''
        >>> len(program("x86_64")) % 8
        0
    """
    if (machine or platform.machine()) not in _ARCHITECTURES:
        return b""
    architecture, column = _ARCHITECTURES[machine or platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture
        *_unless((_EQUAL, architecture), _REFUSE),
        (_LOAD, 0, 0, 0),  # the number of the call
        *_if((_AT_LEAST, _OTHER_NUMBERS), _REFUSE),
    ]
    for calls, result in ((_REFUSED, _REFUSE), (_PASSED_OVER, _PASS_OVER)):
        for numbers in calls.values():
            if (number := numbers[column]) is not None:
                steps += _if((_EQUAL, number), result)
    marks = [*_any(1, _LOCKS, _PASS_OVER), *_any(1, _MARKS, _REFUSE)]
    families = _any(0, _FAMILIES, _ALLOW)
    options = [
        *_argument(1), *_unless((_EQUAL, _SOL_SOCKET), _ALLOW),
        *_any(2, _BUFFERS, _PASS_OVER), *_any(2, (_ZERO_COPY,), _REFUSE),
    ]  # fmt: skip
    steps += _call(_FCNTL[column], [*marks, (_RETURN, 0, 0, _ALLOW)])
    steps += _call(_SETSOCKOPT[column], [*options, (_RETURN, 0, 0, _ALLOW)])
    for numbers in (_SOCKET, _SOCKETPAIR):
        steps += _call(numbers[column], [*families, (_RETURN, 0, 0, _REFUSE)])
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _if(condition: tuple[int, int], result: int) -> list[_Step]:
    return [(condition[0], 0, 1, condition[1]), (_RETURN, 0, 0, result)]


def _unless(condition: tuple[int, int], result: int) -> list[_Step]:
    return [(condition[0], 1, 0, condition[1]), (_RETURN, 0, 0, result)]


def _argument(number: int) -> list[_Step]:
    """Loads an argument, of which the kernel, too, takes the low half only."""
    return [(_LOAD, 0, 0, 16 + 8 * number)]


def _any(number: int, values: tuple[int, ...], result: int) -> list[_Step]:
    """A result for some values of an argument."""
    tests = [step for value in values for step in _if((_EQUAL, value), result)]
    return [*_argument(number), *tests]


def _call(number: int, steps: list[_Step]) -> list[_Step]:
    """Steps for one call alone, which end with a result."""
    return [(_EQUAL, 0, len(steps), number), *steps]
