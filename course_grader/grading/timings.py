"""How long cells took lately, for an estimate of the time left."""

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from statistics import median
from typing import Any

from course_grader.cells import cell_name
from course_grader.console import Work
from course_grader.course import Course
from course_grader.files import write_whole
from course_grader.intake.submission import grade_id
from course_notebooks.cleaning import json_text

START_UP = 4.0
FULL, PARTIAL = "full", "partial"
_GUESS = {FULL: 1.0, PARTIAL: 0.2}
_REMEMBERED = 5
Key = tuple[str, str]


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


def timed(notebook: Any) -> list[str]:
    """Names of the cells that take time: those with code."""
    return [
        cell_name(cell, index)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]


class Timings:
    """The last few durations of each cell, kept in `build/timings/<sheet>.json`."""

    def __init__(self, course: Course, sheet: str) -> None:
        self._path = course.build / "timings" / f"{sheet}.json"
        self._seen: dict[str, dict[str, list[float]]] = {}
        try:
            for kind, cells in json.loads(self._path.read_text(encoding="utf-8")).items():
                self._seen[kind] = {cell: list(map(float, seen)) for cell, seen in cells.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._seen = {}  # they only make estimates better

    def add(self, notebook: str, kind: str, cell: str, seconds: float) -> None:
        """Notes a duration in seconds."""
        durations = self._seen.setdefault(f"{notebook} {kind}", {}).setdefault(cell, [])
        durations.append(round(seconds, 2))
        del durations[:-_REMEMBERED]

    def expect(self, name: str, cells: Iterable[str], kind: str) -> dict[str, float]:
        """Seconds that each cell of a notebook will take: medians, guesses without any."""
        seen = self._seen.get(f"{name} {kind}", {})
        return {cell: self._seconds(seen.get(cell), kind) for cell in cells}

    @staticmethod
    def _seconds(durations: list[float] | None, kind: str) -> float:
        return max(float(median(durations)), 0.01) if durations else _GUESS[kind]

    def save(self) -> None:
        """Stores the durations; where that fails, nothing else shall."""
        with suppress(OSError):
            write_whole(self._path, json_text(self._seen, sort_keys=True))


class Outlook:
    """The time that a class still takes, learned on the way.

    Done work counts with the seconds that it took, work to come with the seconds that are expected;
    what is expected of notebooks that have not begun is asked again whenever one is through.

    Args:
        work: shows the state.
        expect: expected seconds of each cell of a notebook, by group and name.
        keys: the notebooks.
    """

    def __init__(
        self, work: Work, expect: Callable[[Key], dict[str, float]], keys: Iterable[Key]
    ) -> None:
        self._work = work
        self._expect = expect
        self._waiting = {key: self._whole(key) for key in keys}
        self._now: dict[Key, dict[str, float]] = {}
        self._done = 0.0
        self._lock = threading.Lock()

    def _whole(self, key: Key) -> float:
        return START_UP + sum(self._expect(key).values())

    def begin(self, key: Key, text: str) -> None:
        """A notebook is started."""
        with self._lock:
            self._waiting.pop(key, None)
            self._now[key] = {"": START_UP, **self._expect(key)}
            self._show(text)

    def cell(self, key: Key, name: str, seconds: float, text: str) -> None:
        """A cell of it was run."""
        with self._lock:
            self._done += seconds
            self._now[key].pop(name, None)
            if self._now[key].pop("", None):
                self._done += START_UP
            self._show(text)

    def end(self, key: Key) -> None:
        """The notebook is through."""
        with self._lock:
            del self._now[key]
            self._waiting = {other: self._whole(other) for other in self._waiting}
            self._show("")

    def _show(self, text: str) -> None:
        left = sum(self._waiting.values()) + sum(sum(one.values()) for one in self._now.values())
        self._work.reach(self._done, self._done + left, text)
