"""Making a process cheap to fork, once it has imported what its forks have in common."""

import ctypes
import gc
from collections.abc import Iterator

HUGE = 2 << 20  # bytes of a huge page
_COLLAPSE = 25  # MADV_COLLAPSE, see madvise(2); Linux 6.1


def get_ready() -> None:
    """Puts the memory of this process in order; call it before the first fork.

    The garbage collector looks no more at what is there now, and so does not make forks copy it.
    The kernel is asked to keep it in huge pages: a fork copies one entry for each instead of 512.
    A kernel that cannot do so refuses, and forks take longer.
    """
    gc.collect()
    gc.freeze()
    advise = ctypes.CDLL(None, use_errno=True).madvise
    for start, end in list(_own_memory()):
        first, last = -(-start // HUGE) * HUGE, end // HUGE * HUGE
        if first < last:
            advise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _COLLAPSE)


def _own_memory() -> Iterator[tuple[int, int]]:
    """Address ranges that can be written and come from no file; none where there is no /proc."""
    try:
        lines = open("/proc/self/maps").readlines()  # noqa: SIM115 - read at once
    except OSError:
        return
    for line in lines:
        addresses, rights, *_, path = [*line.split(maxsplit=5), ""][:6]
        if rights == "rw-p" and path.strip() in ("", "[heap]"):
            start, end = (int(one, 16) for one in addresses.split("-"))
            yield start, end
