"""Names of files in a hand-in: what can be taken, what is junk, what is an archive."""

import fnmatch
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 200  # bytes of a name
_JUNK = ("__MACOSX", ".*", "__pycache__", "*.pyc", "Thumbs.db", "desktop.ini", "~$*")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)
_UNOPENED = (".7z", ".rar", ".tbz2", ".txz", ".zst", ".gz", ".xz", ".bz2", ".ace", ".lzma")


def safe_parts(name: str) -> tuple[str, ...]:
    r"""The parts of a relative path that leads nowhere but down.

    Raises:
        ValueError: says what is wrong with the name.

    Example:
        >>> safe_parts("group-07\\work/./adding.ipynb")
        ('group-07', 'work', 'adding.ipynb')
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise ValueError("its name is an absolute path, which leads out of the submission")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ValueError("its name holds '..', which leads out of the submission")
    if not parts:
        raise ValueError("it has no name")
    for part in parts:
        if any(unicodedata.category(sign) in ("Cc", "Cs", "Cf") for sign in part):
            raise ValueError("its name holds signs that cannot be seen")
        if len(part.encode()) > LONGEST:
            raise ValueError(f"its name is longer than {LONGEST} bytes")
        if _RESERVED.match(part):
            raise ValueError(f"Windows cannot have a file called {part}")
    if len(parts) > 20:
        raise ValueError("it lies more than 20 folders deep")
    return parts


def is_junk(parts: Iterable[str]) -> bool:
    """Whether a file is one that systems leave behind: hidden, cached, of macOS or Windows."""
    return any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in _JUNK)


def kind_of(name: str) -> str | None:
    """`zip`, `tar` or `gzip` (a packed tar) by the name's end; `other` is not opened.

    Example:
        >>> kind_of("Group-07.ZIP"), kind_of("work.tar.gz"), kind_of("x.rar"), kind_of("x.csv")
        ('zip', 'gzip', 'other', None)
    """
    lower = name.lower()
    if lower.endswith(".zip"):
        return "zip"
    if lower.endswith(".tar"):
        return "tar"
    if lower.endswith((".tar.gz", ".tgz")):
        return "gzip"
    return "other" if lower.endswith(_UNOPENED) else None
