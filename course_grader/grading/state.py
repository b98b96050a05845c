"""What is known about graded submissions beside the gradebook.

The record of a group lies with its marked notebooks, `autograded/<group>/<sheet>/`, and
goes when they go.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_grader.course import Course
from course_grader.files import write_whole
from course_grader.intake.submission import GRADED, MISSING, UNGRADABLE, Handed
from course_grader.marking.budgets import KEY
from course_notebooks.cleaning import json_text

NAME = ".grading.json"


@dataclass
class NotebookRecord:
    """The last verdict on one notebook of a group.

    Attributes:
        submitted: SHA-256 of the file as handed in, empty if missing.
        files: SHA-256 of what was handed in beside it, empty if there was nothing.
        master: SHA-256 of the solution notebook it was marked with.
        status: `graded`, `missing` or `ungradable`.
        reason: why it could not be graded.
        remarks: what a tutor should know.
        seconds: how long it ran.
        trouble: what went wrong while it ran (a process that died, a cell out of time), or nothing.
        unsafe: whether it ran without a sandbox.
    """

    submitted: str = ""
    files: str = ""
    master: str = ""
    status: str = ""
    reason: str = ""
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0
    trouble: str = ""
    unsafe: bool = False

    @property
    def needs_a_look(self) -> bool:
        """Whether something could not be graded, so that a person has to act."""
        return self.status == "ungradable" or bool(self.trouble)

    def is_of(self, one: Handed) -> bool:
        """Whether this is what was handed in now, files beside the notebook included."""
        return (self.submitted, self.files) == (one.digest, one.files)

    def holds(self, one: Handed, master: str) -> bool:
        """Whether the verdict still holds.

        Args:
            one: the notebook as it is handed in now.
            master: digest of the solution and tests as they are now.
        """
        if one.status != GRADED:  # it may be another reason that is the same file's
            found = (self.submitted, self.status, self.reason)
            return found == (one.digest, one.status, one.reason)
        return self.is_of(one) and self.master == master


def record_path(course: Course, sheet: str, group: str) -> Path:
    """Where a group's record is."""
    return course.autograded / group / sheet / NAME


def read_record(course: Course, sheet: str, group: str) -> dict[str, NotebookRecord]:
    """A group's record by notebook; empty if there is none or it cannot be read."""
    try:
        content = json.loads(record_path(course, sheet, group).read_text(encoding="utf-8"))
        return {str(name): _record(values) for name, values in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _record(values: dict[str, Any]) -> NotebookRecord:
    """One entry, if all in it is of the right kind."""
    one = NotebookRecord(**values)
    texts = (one.submitted, one.files, one.master, one.reason, one.trouble, *one.remarks)
    if one.status not in (GRADED, MISSING, UNGRADABLE) or set(map(type, texts)) != {str}:
        raise ValueError("this is no record")
    one.seconds = float(one.seconds)
    return one


def write_record(course: Course, sheet: str, group: str, record: dict[str, NotebookRecord]) -> None:
    """Stores a group's record."""
    content = {name: asdict(one) for name, one in sorted(record.items())}
    write_whole(record_path(course, sheet, group), json_text(content))


def content_digest(notebook: Any, checks: str) -> str:
    """SHA-256 of what matters for marks: checks, budgets, and of cells kind, source, metadata.

    Args:
        notebook: a solution.
        checks: the digest of the hidden tests.
    """
    cells = [
        (cell.cell_type, cell.source, cell.metadata.get("nbgrader", {}), cell.metadata.get(KEY))
        for cell in notebook.cells
    ]
    known = [checks, notebook.metadata.get(KEY), cells]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
