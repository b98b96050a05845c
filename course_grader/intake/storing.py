"""Files of a group in `submitted/`: the latest count, earlier ones are kept aside."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from course_grader.files import sha256, write_whole
from course_grader.intake.beside import NOTES, TIME
from course_grader.intake.names import shown
from course_grader.intake.submission import few
from course_grader.intake.unpack import Item
from course_notebooks.file_names import is_junk

EARLIER = ".earlier"
MOST_REMARKS = 10


@dataclass
class Collected:
    """What became of one group's hand-in.

    Attributes:
        group: its name.
        arrived: when the latest of its counting notebooks was handed in.
        late: seconds after the sheet's due date, 0 if in time or if there is none.
        new: notebooks that are new or were replaced.
        same: notebooks that were there already.
        remarks: what was mended or kept aside.
        problems: what was rejected or cannot be graded, and why.
    """

    group: str
    arrived: datetime | None = None
    late: float = 0.0
    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Store:
    """Where the files of one group and sheet are.

    Args:
        submitted: the folder of all groups.
        sheet: the assignment.
        done: is told what became of each file; its group says whose they are.
    """

    def __init__(self, submitted: Path, sheet: str, done: Collected) -> None:
        self.folder = submitted / done.group / sheet
        self.done = done
        self._aside = submitted / EARLIER / done.group / sheet
        self.folder.mkdir(parents=True, exist_ok=True)

    def notebook(self, name: str, versions: Sequence[Item]) -> bool:
        """Stores a notebook, byte for byte.

        Args:
            name: without suffix.
            versions: of it, the newest last.

        Returns:
            Whether the newest of them counts; if not, a later one was there.
        """
        target = self.folder / f"{name}.ipynb"
        *older, newest = versions
        counts = target.is_symlink() or not target.is_file() or time_of(target) <= newest.arrived
        same = target.is_file() and sha256(target) == sha256(newest.file)
        if not counts:
            older.append(newest)
            if not same:
                self.done.remarks.append(
                    f"{name}.ipynb: a later one was there already, which counts"
                )
        elif target.is_file() and not same:
            self._keep(target, time_of(target), target.name)
        (self.done.same if same or not counts else self.done.new).append(name)
        if counts:
            _copy(newest, target)
        for one in older:
            if sha256(one.file) != sha256(target):
                self._keep(one.file, one.arrived, target.name)
        return counts

    def others(self, files: Mapping[str, Item]) -> None:
        """Stores files beside the notebooks; a later one that is there already stays."""
        late = []
        for inner, item in files.items():
            target = self.folder / inner
            try:
                if not target.parent.resolve().is_relative_to(self.folder.resolve()):
                    raise OSError("a link leads out of the submission")
                if target.is_file() and time_of(target) > item.arrived:
                    late.append(inner)
                else:
                    _copy(item, target)
            except OSError as error:
                text = f"{shown((inner,))}: not stored: {error.strerror or error}"
                self.done.problems.append(text)
        self.remark_late(late)

    def remark_late(self, names: Iterable[str]) -> None:
        """Says that files are of an earlier hand-in than what counts."""
        texts = [f"{shown((name,))}: belongs to an earlier hand-in, not taken" for name in names]
        self.done.remarks += few(texts, MOST_REMARKS)

    def clear(self, names: Iterable[str]) -> None:
        """Puts files aside that were handed in earlier and are not among these names."""
        notebooks = (f"{name}.ipynb" for name in (*self.done.new, *self.done.same))
        ours = {self.folder / name for name in (TIME, NOTES, *notebooks, *names)}
        said = len(self.done.remarks)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in ours and not is_junk(path.relative_to(self.folder).parts):
                inner = path.relative_to(self.folder).as_posix()
                if path.is_file() and not path.is_symlink():
                    self._keep(path, time_of(path), inner)
                path.unlink()
        self.done.remarks[said:] = few(self.done.remarks[said:], MOST_REMARKS)

    def _keep(self, file: Path, when: datetime, inner: str) -> None:
        """An earlier version goes to a place of its own, once."""
        stamp = when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        number = 1
        while True:
            more = f"-{number}" if number > 1 else ""
            target = self._aside / f"{stamp}{more}" / inner
            if not target.exists():
                write_whole(target, file.read_bytes())
                os.utime(target, (when.timestamp(), when.timestamp()))
                kept = f"an earlier one is kept in {EARLIER}/{self.done.group}"
                self.done.remarks.append(f"{shown((inner,))}: {kept}")
                return
            if sha256(target) == sha256(file):
                return
            number += 1


def time_of(path: Path) -> datetime:
    """When a file arrived."""
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone()


def _copy(item: Item, target: Path) -> None:
    """Byte for byte; the file's time is that of its arrival."""
    write_whole(target, item.file.read_bytes())
    seconds = item.arrived.timestamp()
    os.utime(target, (seconds, seconds))
