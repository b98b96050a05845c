"""What is to be done for a group, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from course_grader.grading.classroom import Done
from course_grader.grading.state import NotebookRecord
from course_grader.grading.timings import PARTIAL, kind_of, timed
from course_grader.intake.submission import GRADED, Handed

NEW: tuple[list[str], str] = ([], PARTIAL)  # what was handed in while others were graded


@dataclass
class GroupResult:
    """What became of one group.

    Attributes:
        group: its name.
        record: the state of each of its notebooks.
        ran: notebooks that were run this time.
    """

    group: str
    record: dict[str, NotebookRecord]
    ran: list[str] = field(default_factory=list)

    def note(self, done: Done) -> list[str]:
        """Enters how long notebooks ran and which tests failed; returns these for the log."""
        for name, seconds in done.seconds.items():
            self.record[name].seconds = round(seconds, 3)
        for place, text in done.troubles.items():
            name, _, cell = place.partition("/")
            last = text.strip().splitlines()[-1]
            self.record[name].trouble = f"the test {cell} itself failed: {last}"
        return [f"{self.group} {place}: {text}" for place, text in done.troubles.items()]


@dataclass
class Job:
    """What is to be done for one group.

    Attributes:
        group: its name.
        handed: what it handed in; read only while it is graded, for a class may be large.
        todo: names of notebooks that are to be graded.
        record: what is known of each.
        cells: what an estimate of the time needs: names of cells, and how complete they are.
    """

    group: str
    handed: list[Handed]
    todo: list[str]
    record: dict[str, NotebookRecord]
    cells: dict[str, tuple[list[str], str]] = field(default_factory=dict)

    def to_run(self) -> list[Handed]:
        """Notebooks that are to be run."""
        return [one for one in self.handed if one.name in self.todo and one.status == GRADED]

    def look_over(self, masters: Mapping[str, Any], *, keep: bool) -> "Job":
        """Notes what an estimate of the time needs, and puts notebooks away that are not kept."""
        for one in self.to_run():
            self.cells[one.name] = (timed(one.notebook), kind_of(one.notebook, masters[one.name]))
        self.handed = self.handed if keep else []
        return self
