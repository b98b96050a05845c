"""How long does a class take, and what does the sandbox cost?

    python benchmarks/grading.py                     # small submissions, against nbgrader itself
    python benchmarks/grading.py --real 12           # full training, one worker against two
    python benchmarks/grading.py --synthetic 133     # many small ones: does memory stay flat?

1. The same small submissions (one answer in each notebook) by `nbgrader autograde` with its own
   execution and by `genlhc grade`; all scores must be equal.
2. Full solutions by one worker and by two; all scores must be equal.
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
from pathlib import Path
from typing import Any

import psutil

from course_grader.course import Course
from course_grader.demo import copy_course
from course_grader.demo_class import fill
from course_grader.files import notebook_text, read_notebook, write_whole
from course_grader.grade import Grading
from course_grader.release import release
from course_grader.report import rows

ROOT = Path(__file__).parents[1]
SHEET = "sheet01"
PLAIN = """
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.LimitOutput",
    "course_grader.points.TidyPoints",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.ExecutePreprocessor.timeout = 1200
"""


def make_class(folder: Path, n_groups: int, *, full: bool) -> Course:
    """A copy of the course in which `n_groups` handed in."""
    os.symlink(ROOT / "solutions", folder / "solutions")
    for name in ("course_utils", "autograde_tests", "data", "environment.yml", "pyproject.toml"):
        os.symlink(ROOT / name, folder / name)
    shutil.copy2(ROOT / "nbgrader_config.py", folder)
    course = copy_course(Course.open(folder), SHEET)
    release(course, SHEET)
    for number in range(n_groups):
        for name in course.notebooks(SHEET):
            stub = read_notebook(course.release / SHEET / f"{name}.ipynb")
            solution = read_notebook(course.source / SHEET / f"{name}.ipynb")
            solved = fill(stub, solution)
            made = solved if full else _one_answer(stub, solved)
            target = course.submitted / f"group-{number + 1:03d}" / SHEET / f"{name}.ipynb"
            write_whole(target, notebook_text(made))
    return course


def _one_answer(stub: Any, solved: Any) -> Any:
    """Only the first answer is filled in: a check that fails, next to no work."""
    first = next(cell for cell in stub.cells if cell.metadata.get("nbgrader", {}).get("solution"))
    return fill(stub, solved, {first.metadata.nbgrader.grade_id})


def scores(course: Course) -> list[tuple[str, str, str, float | None]]:
    """Every score of the class."""
    return [(row.group, row.notebook, row.task, row.score) for row in rows(course, SHEET)]


def by_nbgrader(course: Course) -> float:
    """Seconds of `nbgrader autograde` with nbgrader's own execution."""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + PLAIN)
    command = [str(Path(sys.executable).parent / "nbgrader"), "autograde", SHEET, "--force"]
    environment = {**os.environ, "PYTHONPATH": str(course.root), "OMP_NUM_THREADS": "1"}
    start = time.monotonic()
    subprocess.run(command, cwd=course.root, env=environment, check=True, capture_output=True)
    return time.monotonic() - start


def by_genlhc(course: Course, workers: int) -> float:
    """Seconds of `genlhc grade`."""
    start = time.monotonic()
    Grading(course, SHEET).run(workers=workers, force=True)
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
                    if "course_grader.tester" in child.cmdline():
                        self._note("test server", child.memory_info().rss)
                except psutil.Error:
                    continue

    def _note(self, name: str, size: int) -> None:
        self.peak[name] = max(self.peak[name], size)


def small(n_groups: int) -> None:
    """nbgrader against genlhc on small submissions."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        ours, theirs = (make_class(Path(place), n_groups, full=False) for place in (one, other))
        seconds = {workers: by_genlhc(ours, workers) for workers in (1, 2)}
        plain = by_nbgrader(theirs)
        n_notebooks = n_groups * len(ours.notebooks(SHEET))
        print(f"{n_groups} small submissions, {n_notebooks} notebooks")
        print(f"  nbgrader autograde      {plain:7.1f} s  {plain / n_notebooks:5.2f} s a notebook")
        for workers, taken in seconds.items():
            each, ratio = taken / n_notebooks, plain / taken
            print(f"  genlhc grade, {workers} workers {taken:7.1f} s  {each:5.2f} s a notebook, "
                  f"ratio {ratio:.1f}")  # fmt: skip
        same = scores(ours) == scores(theirs)
        print(f"  all scores equal: {same}")
        if not same:
            for mine, its in zip(scores(ours), scores(theirs), strict=True):
                if mine != its:
                    print("   ", mine, its[-1])


def real(n_groups: int) -> None:
    """One worker against two on full solutions."""
    with tempfile.TemporaryDirectory() as place:
        course = make_class(Path(place), n_groups, full=True)
        seconds, found = {}, {}
        for workers in (2, 1):
            seconds[workers] = by_genlhc(course, workers)
            found[workers] = scores(course)
            print(f"{n_groups} full submissions, {workers} worker(s): {seconds[workers]:.0f} s",
                  flush=True)  # fmt: skip
        print(f"  ratio {seconds[1] / seconds[2]:.2f}; all scores equal: {found[1] == found[2]}")
        print(f"  133 groups with two workers: {133 / n_groups * seconds[2] / 3600:.1f} h")


def synthetic(n_groups: int) -> None:
    """Memory over a large class of small submissions."""
    with tempfile.TemporaryDirectory() as place, Memory() as memory:
        course = make_class(Path(place), n_groups, full=False)
        taken = by_genlhc(course, 2)
        peaks = ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in memory.peak.items())
        print(f"{n_groups} small submissions, 2 workers: {taken:.0f} s; peak memory: {peaks}")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--small", type=int, default=8, help="small submissions, 0: none")
    parser.add_argument("--real", type=int, default=0, help="submissions with full training")
    parser.add_argument("--synthetic", type=int, default=0, help="many small ones")
    chosen = parser.parse_args()
    if chosen.real:
        real(chosen.real)
    elif chosen.synthetic:
        synthetic(chosen.synthetic)
    else:
        small(chosen.small)


if __name__ == "__main__":
    main()
