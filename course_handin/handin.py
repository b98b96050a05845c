"""A hand-in from its notebooks to its archive."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from course_handin.answers import review
from course_handin.errors import HandInError
from course_handin.group import FILE, Group
from course_handin.own_files import outside, own_files, there
from course_handin.packing import pack
from course_handin.paper import make_paper
from course_handin.sheet import Sheet, read_notebook
from course_notebooks.executing import Budget, code_cells, execute

FOLDER = "handin"
_LARGE = 50_000_000


@dataclass
class HandIn:
    """What was made.

    Attributes:
        path: the archive.
        size: in bytes.
        n_pages: of the PDF, 0 if there is none.
        scans: derivations that were added.
        files: of the group's own that are in it, by their paths from the notebooks' folder.
        problems: by notebook; an empty name stands for the whole.
        remarks: what is unusual but right.
    """

    path: Path
    size: int = 0
    n_pages: int = 0
    scans: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


Say = Callable[[str], None]


def hand_in(
    sheet: Sheet, group: Group, group_file: Path, minutes: float | None, say: Say, show: Say
) -> HandIn:
    """Runs, looks through, prints and packs.

    Args:
        sheet: the notebooks; their files are not changed.
        group: who hands in.
        group_file: goes into the archive.
        minutes: time for each notebook; `None` takes them as they were saved.
        say: is told what is done.
        show: is told what is being done.

    Raises:
        HandInError: not one notebook can be read.
    """
    made = HandIn(sheet.root / FOLDER / f"{group.name}.zip")
    before, start = there(sheet), None if minutes is None else time.time()
    notebooks: dict[str, Any] = {}
    reviews = []
    for path in sheet.notebooks:
        name = path.stem
        try:
            notebook = copy.deepcopy(read_notebook(path))
        except HandInError as error:
            made.problems.setdefault("", []).append(f"not in the hand-in: {error}")
            continue
        reasons = _ready(name, notebook, sheet, minutes, say, show)
        notebooks[name] = notebook
        reviews.append(review(name, notebook))
        found = reasons + reviews[-1].problems()
        if found:
            made.problems[name] = found
    if not notebooks:
        raise HandInError("\n".join(made.problems[""]))
    show("making the PDF")
    paper = make_paper(sheet, group, notebooks, reviews, date.today())
    without = [group_file, sheet.folder / FILE, *(sheet.folder / name for name in paper.scans)]
    own = own_files(sheet, notebooks, before, without)
    others = own.taken | {FILE: group_file.read_bytes()}
    if paper.content:
        others[f"{group.name}-{sheet.name}.pdf"] = paper.content
    made.n_pages, made.scans = paper.n_pages, paper.scans
    made.remarks += [*filter(None, (group.remark, sheet.remark)), *paper.remarks]
    made.files = sorted(own.taken)
    made.remarks += own.remarks
    whole = [*paper.problems, *own.problems, *outside(sheet, notebooks, start)]
    made.size = pack(made.path, group.name, notebooks, others)
    if made.size > _LARGE:
        whole.append(
            f"the archive is larger than {_LARGE / 1e6:.0f} MB: are there large outputs or files?"
        )
    if whole:
        made.problems.setdefault("", []).extend(whole)
    return made


def _ready(
    name: str, notebook: Any, sheet: Sheet, minutes: float | None, say: Say, show: Say
) -> list[str]:
    """Runs a notebook, or looks whether it was run; returns what went wrong."""
    if minutes is None:
        reason = not_executed(notebook)
        say(f"{name}: as saved" + (f", but {reason}" if reason else ""))
        return [f"{reason}: restart the kernel, run all cells, save"] if reason else []
    start = time.monotonic()
    show(f"{name}: starting")
    total = len(code_cells(notebook))

    def heard(n_done: int, seconds: float) -> None:
        if n_done < total:
            show(f"{name}: cell {n_done + 1} of {total}")

    stopped = execute(notebook, sheet.folder, sheet.root, Budget(60 * minutes), heard)
    say(f"{name}: ran in {time.monotonic() - start:.0f} s")
    return [stopped] if stopped else []


def not_executed(notebook: Any) -> str:
    """What tells that a notebook was not run from its top to its end, or an empty string."""
    counts = [cell.get("execution_count") for _, cell in code_cells(notebook)]
    n_missing = sum(count is None for count in counts)
    if n_missing == len(counts) and counts:
        return "it was not run"
    if n_missing:
        return f"{n_missing} of {len(counts)} cells were not run"
    if counts != list(range(1, len(counts) + 1)):
        return "its cells were not run in order, from a fresh start"
    return ""
