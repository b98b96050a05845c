"""All files of a folder or an archive, archives within it included, without trusting it.

Nothing is written under a name that an archive chose: contents go to numbered files in a folder
of ours, and names stay data. Limits hold while bytes are read, so that a bomb is stopped at its
first excess. What is refused is told with its reason, and the rest is taken.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from course_grader.intake.archives import (
    CHUNK,
    Entry,
    tar_entries,
    unzipped,
    what,
    zip_entries,
)
from course_notebooks.file_names import is_junk, kind_of, safe_parts

_FREE = 20_000_000


@dataclass(frozen=True)
class Limits:
    """What a collection, and each archive that was handed in, may hold at most.

    Attributes:
        files: files of the whole collection.
        total_bytes: bytes unpacked from the whole collection.
        archive_files: files of one archive in the collection.
        archive_bytes: bytes unpacked from one archive in the collection.
        file_bytes: bytes of one unpacked file.
        ratio: unpacked to packed size of one file, where it is larger than 20 MB.
        depth: archives within archives, the collection itself included.
    """

    files: int = 50_000
    total_bytes: int = 20_000_000_000
    archive_files: int = 2_000
    archive_bytes: int = 1_000_000_000
    file_bytes: int = 500_000_000
    ratio: float = 100.0
    depth: int = 3


@dataclass(frozen=True)
class Item:
    """A file somewhere in a collection.

    Attributes:
        parts: its path, archives included; the names are safe.
        file: where its bytes are, as handed in or unpacked.
        modified: time of its last change, as far as one can tell.
        arrived: the same of the collection's own entry that it came in: who packs an archive can
            choose the times within it, but not the archive's own.
    """

    parts: tuple[str, ...]
    file: Path
    modified: datetime
    arrived: datetime


@dataclass(frozen=True)
class Refused:
    """Something that was not taken, and why."""

    parts: tuple[str, ...]
    reason: str


class _OverError(Exception):
    """A budget is used up."""

    def __init__(self, budget: "_Budget", text: str) -> None:
        super().__init__(text)
        self.budget = budget


@dataclass
class _Budget:
    files: int
    n_bytes: int
    above: "_Budget | None" = None

    def spend(self, files: int = 0, n_bytes: int = 0) -> None:
        self.files -= files
        self.n_bytes -= n_bytes
        if self.files < 0 or self.n_bytes < 0:
            more = "files" if self.files < 0 else "bytes"
            raise _OverError(self, f"it holds more {more} than are unpacked, as a zip bomb does")
        if self.above is not None:
            self.above.spend(files, n_bytes)


@dataclass
class Unpacker:
    """Looks through a folder or an archive; the result is in `items`, `refused` and `junk`.

    Of the junk that systems leave behind only the paths are kept, and not too many.

    Args:
        workspace: an empty folder for what is unpacked.
        limits: what may be unpacked.
    """

    workspace: Path
    limits: Limits = field(default_factory=Limits)
    items: list[Item] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    junk: list[tuple[str, ...]] = field(default_factory=list)
    _spooled: int = 0

    def look(self, path: Path) -> None:
        """Takes everything below a path; a broken or oversized whole is one refusal."""
        budget = _Budget(self.limits.files, self.limits.total_bytes)
        name = (path.name,)
        try:
            with self._refusing(name):
                if path.is_dir():
                    self._folder(path, budget)
                elif kind_of(path.name) is None:
                    when = _time(path)
                    self.items.append(Item(safe_parts(path.name), path, when, when))
                else:
                    self._archive((), path, kind_of(path.name), None, budget, 1)
        except _OverError as error:
            self.refused.append(Refused(name, f"{error}; hand it over in parts"))

    def _folder(self, path: Path, budget: _Budget) -> None:
        for folder, folders, files in os.walk(path, followlinks=False):
            folders.sort()
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            for name in sorted([*files, *links]):
                file = Path(folder) / name
                inner = file.relative_to(path)
                with self._refusing(inner.parts):
                    parts = safe_parts(inner.as_posix())
                    if self._is_junk(parts):
                        continue
                    budget.spend(files=1)
                    mode = file.lstat().st_mode
                    if not stat.S_ISREG(mode):
                        raise ValueError(f"it is {what(mode)}, not a file")
                    self._take(Item(parts, file, _time(file), _time(file)), budget, 0)

    def _is_junk(self, parts: tuple[str, ...]) -> bool:
        found = is_junk(parts)
        if found and len(self.junk) < self.limits.files:
            self.junk.append(parts)
        return found

    def _take(self, item: Item, budget: _Budget, depth: int) -> None:
        """A file as it is, or what is in it; `depth` is the number of archives around it."""
        kind = kind_of(item.parts[-1])
        if kind is None:
            self.items.append(item)
            return
        if depth >= self.limits.depth:
            raise ValueError(f"archives lie more than {self.limits.depth} deep in one another")
        own = _Budget(self.limits.archive_files, self.limits.archive_bytes, budget)
        before = len(self.items)
        try:
            self._archive(item.parts, item.file, kind, item.arrived, own, depth + 1)
        except _OverError as error:
            del self.items[before:]
            if error.budget is not own:
                raise
            raise ValueError(str(error)) from None

    def _archive(
        self,
        parts: tuple[str, ...],
        file: Path,
        kind: str | None,
        arrived: datetime | None,
        budget: _Budget,
        depth: int,
    ) -> None:
        when = _time(file)
        for entry in self._entries(file, kind, budget):
            with self._refusing((*parts, entry.name)):
                own = safe_parts(entry.name)
                if self._is_junk((*parts, *own)):
                    continue
                budget.spend(files=1)
                if entry.why_not:
                    raise ValueError(f"it is {entry.why_not}, not a file")
                modified = entry.modified or arrived or when
                unpacked = self._spool(entry, budget)
                item = Item((*parts, *own), unpacked, modified, arrived or modified)
                self._take(item, budget, depth)

    def _entries(self, file: Path, kind: str | None, budget: _Budget) -> Iterator[Entry]:
        if kind == "other":
            raise ValueError("archives of this kind are not opened; ask for a .zip or .tar.gz")
        if kind == "zip":
            return zip_entries(file, budget.files)
        return tar_entries(self._spool(unzipped(file), budget) if kind == "gzip" else file)

    def _spool(self, entry: Entry, budget: _Budget) -> Path:
        """Copies an entry's content to a file of ours."""
        self._spooled += 1
        target = self.workspace / f"{self._spooled:06d}"
        size = 0
        assert entry.open is not None
        try:
            with entry.open() as stream, target.open("xb") as copy:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    self._allow(size, entry.packed)
                    budget.spend(n_bytes=len(chunk))
                    copy.write(chunk)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return target

    def _allow(self, size: int, packed: int | None) -> None:
        limits = self.limits
        if size > limits.file_bytes:
            raise ValueError(f"it is larger than {limits.file_bytes / 1e6:.0f} MB")
        if packed is not None and size > max(min(_FREE, limits.file_bytes), limits.ratio * packed):
            raise ValueError(
                f"it unpacks to more than {limits.ratio:g} times its size, as a zip bomb does"
            )

    @contextmanager
    def _refusing(self, parts: tuple[str, ...]) -> Iterator[None]:
        """What goes wrong with one thing is noted, and the next one is looked at."""
        try:
            yield
        except _OverError:
            raise
        except ValueError as error:
            self.refused.append(Refused(parts, str(error)))
        except Exception as error:  # damage has many names in zipfile and tarfile
            text = str(error) or type(error).__name__
            self.refused.append(Refused(parts, f"it is damaged or cannot be read: {text}"))


def _time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone()
