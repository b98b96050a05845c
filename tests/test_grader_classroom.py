"""A class on Dask: same marks with any number of workers, and nothing is lost."""

import gc
import os
import signal
import threading
import time
from contextlib import suppress

import nbformat
import pytest
from courses import tiny
from distributed import LocalCluster

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.grading.classroom import QUIET
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.results.report import rows

GROUPS = [f"group-{number:02d}" for number in range(1, 7)]
DRAW = "import random\nprint(random.random())"


@pytest.fixture
def handed(course):
    """Six groups with the solution, two cells of their own and a random number."""
    for group in GROUPS:
        for name in tiny.NOTEBOOKS:
            stub = nbformat.read(course.release / tiny.SHEET / f"{name}.ipynb", as_version=4)
            solution = nbformat.read(course.source / tiny.SHEET / f"{name}.ipynb", as_version=4)
            made = fill(stub, solution)
            made.cells.insert(2, nbformat.v4.new_code_cell(f"# by {group}\n{DRAW}"))
            folder = course.submitted / group / tiny.SHEET
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(made, folder / f"{name}.ipynb")
    return course


def marks(course):
    return [(row.group, row.task, row.score) for row in rows(course, tiny.SHEET)]


def outputs(course: Course):
    """What all cells of all groups showed."""
    found = []
    for path in sorted(course.autograded.glob("*/*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            found.append(str(cell.get("outputs")))
    return found


def test_serial_and_parallel_runs_are_the_same(handed):
    seen = []
    for workers in (1, 3):
        results = Grading(handed, tiny.SHEET).run(workers=workers, force=True)
        assert [result.group for result in results] == GROUPS
        assert all(sorted(result.ran) == list(tiny.NOTEBOOKS) for result in results)
        seen.append((marks(handed), outputs(handed)))
    assert seen[0] == seen[1]
    assert {score for _, _, score in seen[0][0]} == {2, 3, None}


def kept_in_memory() -> set[str]:
    """Groups whose cells are somewhere in this process."""
    gc.collect()
    texts = {
        id(part): part if isinstance(part, str) else part.decode(errors="replace")
        for one in gc.get_objects()
        for part in gc.get_referents(one)
        if isinstance(part, str | bytes) and len(part) > len(DRAW)
    }
    return {group for group in GROUPS if any(f"# by {group}" in text for text in texts.values())}


def test_a_submission_leaves_memory_when_it_is_graded(handed, monkeypatch):
    kept = []
    fetch = Grading._fetch

    def fetch_and_look(self, job, *others):
        result = fetch(self, job, *others)
        if job.group == GROUPS[-1]:
            kept.append(kept_in_memory())
        return result

    monkeypatch.setattr(Grading, "_fetch", fetch_and_look)
    Grading(handed, tiny.SHEET).run(workers=1)
    (groups,) = kept
    assert len(groups) <= 3, groups  # this one, and those before and after it in the pipeline


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a killed worker cannot tidy up
def test_a_killed_worker_elsewhere_loses_nothing(handed, capfd):
    with LocalCluster(n_workers=2, threads_per_worker=1, **QUIET) as cluster:
        victim = next(iter(cluster.workers.values())).pid

        def kill() -> None:
            while not list(handed.autograded.glob("*/*/.grading.json")):
                time.sleep(0.05)
            time.sleep(1.0)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        results = Grading(handed, tiny.SHEET).run(scheduler=cluster.scheduler_address)
    assert [result.group for result in results] == GROUPS
    assert {score for _, _, score in marks(handed)} == {2, 3, None}
    capfd.readouterr()  # Dask reports the death


def test_an_interrupted_run_goes_on_where_it_was(handed):
    def interrupt() -> None:
        found = 0
        while found < 3:  # of twelve
            with suppress(OSError):  # folders come and go
                found = len(list(handed.autograded.glob("*/*/*.ipynb")))
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        Grading(handed, tiny.SHEET).run(workers=1)
    results = Grading(handed, tiny.SHEET).run(workers=2)
    assert 0 < sum(len(result.ran) for result in results) < len(GROUPS) * len(tiny.NOTEBOOKS)
    assert {score for _, _, score in marks(handed)} == {2, 3, None}


def test_a_scheduler_that_does_not_answer_is_named(handed):
    with pytest.raises(CourseError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        Grading(handed, tiny.SHEET).run(scheduler="tcp://127.0.0.1:9")
