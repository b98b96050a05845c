"""What zip and tar files hold, entry by entry, before anything of it is unpacked."""

import gzip
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

CHUNK = 1 << 16
_ZIP_ENTRY = b"PK\x01\x02"


@dataclass(frozen=True)
class Entry:
    """One entry of an archive.

    Attributes:
        name: as the archive has it, not to be trusted.
        modified: time of its last change, if the archive knows it.
        packed: bytes that it takes in the archive, if that is known.
        open: gives its content as a stream; `None` where it has none.
        why_not: what it is instead of a file, or nothing.
    """

    name: str
    modified: datetime | None
    packed: int | None
    open: Callable[[], IO[bytes]] | None
    why_not: str = ""


def zip_entries(path: Path, most: int) -> Iterator[Entry]:
    """What is in a zip file.

    Args:
        path: the file.
        most: entries that it may have; a longer table of contents is not even read.

    Raises:
        ValueError: too many entries.
    """
    if _occurrences(path, _ZIP_ENTRY) > most:
        raise ValueError(f"more than {most} files are in it")
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield _from_zip(archive, entry)


def _from_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Entry:
    name = entry.filename
    if not entry.flag_bits & 0x800:  # not marked as UTF-8, which many write all the same
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    try:
        modified = datetime(*entry.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        modified = None
    mode = entry.external_attr >> 16
    why_not = ""
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        why_not = what(mode)
    elif entry.flag_bits & 0x1:
        why_not = "locked with a password"
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        why_not = "packed in a way that is not opened (only stored and deflated)"
    return Entry(name, modified, entry.compress_size, lambda: archive.open(entry), why_not)


def tar_entries(path: Path) -> Iterator[Entry]:
    """What is in a tar file that is not packed."""
    with tarfile.open(path, "r:") as archive:
        for entry in archive:
            if not entry.isdir():
                yield _from_tar(archive, entry)


def _from_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Entry:
    try:
        modified = datetime.fromtimestamp(entry.mtime, UTC)
    except (ValueError, OverflowError, OSError):
        modified = None
    why_not = ""
    if entry.issym() or entry.islnk():
        why_not = "a link"
    elif not entry.isreg() or entry.issparse():
        why_not = "a device or another special file"

    def content() -> IO[bytes]:
        stream = archive.extractfile(entry)
        if stream is None:
            raise ValueError("it has no content")
        return stream

    return Entry(entry.name, modified, None, content, why_not)


def unzipped(path: Path) -> Entry:
    """The tar file in a packed one."""

    def content() -> IO[bytes]:
        return cast(IO[bytes], gzip.open(path, "rb"))

    return Entry(path.name, None, path.stat().st_size, content)


def what(mode: int) -> str:
    """What a directory entry is, if it is no plain file."""
    if stat.S_ISLNK(mode):
        return "a link"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device or another special file"


def _occurrences(path: Path, mark: bytes) -> int:
    """How often some bytes occur in a file."""
    count, rest = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            count += (rest + chunk).count(mark)
            rest = chunk[-len(mark) + 1 :]
    return count
