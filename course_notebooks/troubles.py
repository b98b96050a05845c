"""What a system refused, in words: what was wrong and what to do."""

import errno

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_BROKEN = (errno.EIO, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE, errno.ELOOP)


def is_of_the_system(error: BaseException) -> bool:
    """Whether an error is the system's, such as a full disk, and no mistake of ours."""
    return isinstance(error, OSError) and error.errno in (*_FULL, *_FORBIDDEN, *_BROKEN)


def in_words(error: OSError) -> str:
    """A sentence about a file that could not be read or written.

    Example:
        >>> in_words(OSError(errno.ENOSPC, "No space left on device", "build/x.csv"))
        'the disk is full: build/x.csv could not be written; make room, then give the command again'
    """
    name = error.filename
    name = name.decode(errors="replace") if isinstance(name, bytes) else name
    what = str(name) if name is not None else "something"
    if error.errno in _FULL:
        return (
            f"the disk is full: {what} could not be written; make room, then give the command again"
        )
    if error.errno in _FORBIDDEN:
        return (
            f"{what} cannot be read or written here ({error.strerror}); "
            "change its permissions, then give the command again"
        )
    said = error.strerror or str(error) or type(error).__name__
    return f"{what} cannot be used: {said}" if name is not None else said
