"""How long does a class take, and what does the sandbox cost?

    python benchmarks/grading.py                     # small submissions, against nbgrader itself
    python benchmarks/grading.py --real 12           # full training, one worker against two
    python benchmarks/grading.py --synthetic 133     # many small ones: does memory stay flat?
    python benchmarks/grading.py sheet02 --real 12   # not the first sheet

1. The same small submissions (one answer in each notebook) by `nbgrader autograde` with its own
   execution and by `genlhc grade`; all scores must be equal.
2. Full solutions by two workers, a third of them again by one; all scores must be equal.
3. Memory of the grader and of its test server while many small submissions pass.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from course_grader.course import Course
from course_grader.files import notebook_text, read_notebook, write_whole
from course_grader.grading.grade import Grading
from course_grader.grading.state import read_record
from course_grader.lecturer.demo import copy_course
from course_grader.lecturer.demo_class import fill
from course_grader.release.release import release
from course_grader.results.report import rows
from course_notebooks.threads import ONE_THREAD

ROOT = Path(__file__).parents[1]
PLAIN = """
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.LimitOutput",
    "course_grader.marking.points.TidyPoints",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.ExecutePreprocessor.timeout = 1200
"""


def make_class(folder: Path, sheet: str, n_groups: int, *, full: bool) -> Course:
    """A copy of the course in which `n_groups` handed in."""
    os.symlink(ROOT / "solutions", folder / "solutions")
    for name in ("course_utils", "autograde_tests", "data", "environment.yml", "pyproject.toml"):
        os.symlink(ROOT / name, folder / name)
    shutil.copy2(ROOT / "nbgrader_config.py", folder)
    course = copy_course(Course.open(folder), sheet)
    release(course, sheet)
    for number in range(n_groups):
        for name in course.notebooks(sheet):
            stub = read_notebook(course.release / sheet / f"{name}.ipynb")
            solution = read_notebook(course.source / sheet / f"{name}.ipynb")
            solved = fill(stub, solution)
            made = solved if full else _one_answer(stub, solved)
            target = course.submitted / f"group-{number + 1:03d}" / sheet / f"{name}.ipynb"
            write_whole(target, notebook_text(made))
    return course


def _one_answer(stub: Any, solved: Any) -> Any:
    """Only the first answer is filled in: a point or two, next to no work."""
    first = next(cell for cell in stub.cells if cell.metadata.get("nbgrader", {}).get("solution"))
    return fill(stub, solved, {first.metadata.nbgrader.grade_id})


def scores(course: Course, sheet: str) -> list[tuple[str, str, str, float | None]]:
    """Every score of the class."""
    return [(row.group, row.notebook, row.task, row.score) for row in rows(course, sheet)]


def said(found: list[tuple[str, str, str, float | None]], again: list[Any]) -> str:
    """Whether two runs gave the same, and how much that was."""
    points = sum(score or 0.0 for *_, score in found)
    return f"all scores equal: {found == again}, {points:.2f} points in all"


def in_cells(course: Course, sheet: str) -> float:
    """Seconds that cells and tests took in the last run, over all groups."""
    return sum(
        one.seconds
        for group in course.groups(sheet)
        for one in read_record(course, sheet, group).values()
    )


def by_nbgrader(course: Course, sheet: str) -> float:
    """Seconds of `nbgrader autograde` with nbgrader's own execution."""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + PLAIN)
    command = [str(Path(sys.executable).parent / "nbgrader"), "autograde", sheet, "--force"]
    environment = {**os.environ, "PYTHONPATH": str(course.root), **ONE_THREAD}
    start = time.monotonic()
    subprocess.run(command, cwd=course.root, env=environment, check=True, capture_output=True)
    return time.monotonic() - start


def by_genlhc(course: Course, sheet: str, workers: int, groups: Sequence[str] = ()) -> float:
    """Seconds of `genlhc grade`, for all groups or some."""
    start = time.monotonic()
    Grading(course, sheet).run(groups, workers=workers, force=True)
    return time.monotonic() - start


class Memory:
    """The largest memory of this process and of its test server, looked at twice a second."""

    def __init__(self) -> None:
        self.peak = {"grader": 0, "test server": 0}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(0.5):
            self._note("grader", me.memory_info().rss)
            for child in me.children():
                try:
                    if "course_grader.marking.tester" in child.cmdline():
                        self._note("test server", child.memory_info().rss)
                except psutil.Error:
                    continue

    def _note(self, name: str, size: int) -> None:
        self.peak[name] = max(self.peak[name], size)


def small(sheet: str, n_groups: int) -> None:
    """nbgrader against genlhc on small submissions."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        ours, theirs = (
            make_class(Path(place), sheet, n_groups, full=False) for place in (one, other)
        )
        n_notebooks = n_groups * len(ours.notebooks(sheet))
        print(f"{n_groups} small submissions, {n_notebooks} notebooks")
        plain = by_nbgrader(theirs, sheet)
        print(f"  nbgrader autograde      {plain:7.1f} s  {plain / n_notebooks:5.2f} s a notebook",
              flush=True)  # fmt: skip
        for workers in (2, 1):
            taken = by_genlhc(ours, sheet, workers)
            each, ratio = taken / n_notebooks, plain / taken
            besides = (workers * taken - in_cells(ours, sheet)) / n_notebooks
            print(f"  genlhc grade, {workers} workers {taken:7.1f} s  {each:5.2f} s a notebook, "
                  f"ratio {ratio:.1f}; besides cells and tests {besides:.2f} s of a worker",
                  flush=True)  # fmt: skip
        print(f"  {said(scores(ours, sheet), scores(theirs, sheet))}")
        for mine, its in zip(scores(ours, sheet), scores(theirs, sheet), strict=True):
            if mine != its:
                print("   ", mine, its[-1])


def real(sheet: str, n_groups: int) -> None:
    """Full solutions by two workers, and a third of them once more by one."""
    with tempfile.TemporaryDirectory() as place:
        course = make_class(Path(place), sheet, n_groups, full=True)
        together = by_genlhc(course, sheet, 2)
        before = scores(course, sheet)
        some = sorted(course.groups(sheet))[: max(1, n_groups // 3)]
        alone = by_genlhc(course, sheet, 1, some)
        each = {2: together / n_groups, 1: alone / len(some)}
        print("full submissions")
        print(f"  2 workers: {n_groups} in {together:.0f} s, {each[2]:.0f} s a group")
        print(f"  1 worker:  {len(some)} in {alone:.0f} s, {each[1]:.0f} s a group")
        print(f"  ratio {each[1] / each[2]:.2f}; {said(before, scores(course, sheet))}")
        print(f"  133 groups with two workers: {133 * each[2] / 3600:.1f} h")


def synthetic(sheet: str, n_groups: int) -> None:
    """Memory over a large class of small submissions."""
    with tempfile.TemporaryDirectory() as place, Memory() as memory:
        course = make_class(Path(place), sheet, n_groups, full=False)
        taken = by_genlhc(course, sheet, 2)
        peaks = ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in memory.peak.items())
        print(f"{n_groups} small submissions, 2 workers: {taken:.0f} s; peak memory: {peaks}")


def main() -> None:
    """Runs what the command line asks for."""
    first = Course.open(ROOT).sheets()[0]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sheet", nargs="?", default=first, help=f"by default {first}")
    parser.add_argument("--small", type=int, default=8, help="small submissions, 0: none")
    parser.add_argument("--real", type=int, default=0, help="submissions with full training")
    parser.add_argument("--synthetic", type=int, default=0, help="many small ones")
    chosen = parser.parse_args()
    if chosen.real:
        real(chosen.sheet, chosen.real)
    elif chosen.synthetic:
        synthetic(chosen.sheet, chosen.synthetic)
    else:
        small(chosen.sheet, chosen.small)


if __name__ == "__main__":
    main()
