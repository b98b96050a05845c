"""How long cells took lately, for an estimate of the time left."""

import json
from statistics import median
from typing import Any

from course_grader.course import Course
from course_grader.execute import cell_name
from course_grader.files import write_whole
from course_grader.submission import grade_id

START_UP = 4.0
FULL, PARTIAL = "full", "partial"
_GUESS = {FULL: 1.0, PARTIAL: 0.2}
_REMEMBERED = 5


def kind_of(notebook: Any, master: Any) -> str:
    """`full` if every stub of code was filled in, else `partial`: these take different times.

    Args:
        notebook: a submission.
        master: the notebook as handed out.
    """
    stubs = {grade_id(cell): cell.source for cell in master.cells if grade_id(cell)}
    untouched = any(
        cell.cell_type == "code"
        and cell.metadata.nbgrader.get("solution")
        and cell.source == stubs.get(grade_id(cell))
        for cell in notebook.cells
        if grade_id(cell)
    )
    return PARTIAL if untouched else FULL


class Timings:
    """The last few durations of each cell, kept in `build/timings/<sheet>.json`."""

    def __init__(self, course: Course, sheet: str) -> None:
        self._path = course.build / "timings" / f"{sheet}.json"
        try:
            self._seen: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._seen = {}

    def add(self, notebook: str, kind: str, cell: str, seconds: float) -> None:
        """Notes a duration in seconds."""
        durations = self._seen.setdefault(f"{notebook} {kind}", {}).setdefault(cell, [])
        durations.append(round(seconds, 2))
        del durations[:-_REMEMBERED]

    def expect(self, name: str, notebook: Any, kind: str) -> dict[str, float]:
        """Seconds that each code cell of a notebook will take: medians, guesses without any."""
        seen = self._seen.get(f"{name} {kind}", {})
        return {
            cell_name(cell, index): self._seconds(seen.get(cell_name(cell, index)), kind)
            for index, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and cell.source.strip()
        }

    @staticmethod
    def _seconds(durations: list[float] | None, kind: str) -> float:
        return max(float(median(durations)), 0.01) if durations else _GUESS[kind]

    def save(self) -> None:
        """Stores the durations."""
        write_whole(self._path, json.dumps(self._seen, indent=1, sort_keys=True) + "\n")
