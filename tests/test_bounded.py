"""Work on students' texts has limits: what goes beyond them ends, and everything else goes on."""

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from test_grader_grade import Class

from course_grader import bounded as module
from course_grader.bounded import (
    TooMuchError,
    WorkError,
    bounded,
    close_processes,
    get_ready,
)
from course_grader.grading.grade import Grading
from course_grader.grading.state import read_record
from course_grader.marking.plain_cells import NO_OUTPUT, PLAIN
from course_grader.results import bounded_html
from course_grader.results.alt_texts import headings as figure_headings
from course_grader.results.bounded_html import BoundedHtml, clean_notebook
from course_grader.results.feedback import feedback
from course_grader.results.report import rows
from course_grader.results.stopped import first_stop
from course_grader.results.task_table import headings

SHEET = tiny.SHEET
HEADINGS = "# a\n" * 50_000  # 200 kB that take five seconds and more
ENVIRONMENTS = "\\begin{a}" * 20_000
TAGS = "<b>" * 60_000
PICTURES = "![a](b)" * 120_000


@pytest.fixture(autouse=True)
def alone():
    """No test uses the processes of another one."""
    close_processes()
    yield
    close_processes()


def test_a_process_serves_one_call_after_the_other():
    first = bounded("os:getpid")
    assert first != os.getpid()
    assert bounded("os:getpid") == first
    assert bounded("os.path:join", "a", "b") == "a/b"


def test_what_a_call_raises_is_said_and_the_process_stays():
    first = bounded("os:getpid")
    with pytest.raises(WorkError, match=r"FileNotFoundError.*no/such"):
        bounded("os:stat", "/no/such")
    with pytest.raises(WorkError, match="ModuleNotFoundError"):
        bounded("no_such_module:f")
    assert bounded("os:getpid") == first


def test_computing_is_limited_and_the_next_call_has_its_own_time():
    first = bounded("os:getpid")
    with pytest.raises(TooMuchError, match=r"took longer than the 0\.5 s that it may"):
        bounded("builtins:sum", range(10**12), seconds=0.5)
    assert not psutil.pid_exists(first)
    for _ in range(5):  # more than the limit together
        bounded("builtins:sum", range(5 * 10**6), seconds=1)


def test_memory_is_limited():
    with pytest.raises(TooMuchError, match=r"more than the 0\.25 GB of memory"):
        bounded("builtins:bytearray", 1 << 30, memory=1 << 28)
    assert bounded("math:hypot", 3, 4) == 5


def test_time_by_the_clock_is_limited(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", (0.0, 3.0))
    with pytest.raises(TooMuchError, match="took longer"):
        bounded("time:sleep", 1000)


def test_a_process_that_dies_is_said_and_replaced():
    with pytest.raises(TooMuchError, match=r"made the process end that worked on it \(signal 11"):
        bounded("signal:raise_signal", int(signal.SIGSEGV))
    first = bounded("os:getpid")
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], 5)
    assert bounded("os:getpid") != first


@pytest.mark.parametrize(("seconds", "n_processes"), [(0.05, 1), (1.5, 3)])
def test_threads_share_a_process_unless_it_takes_long(monkeypatch, seconds, n_processes):
    monkeypatch.setattr(module, "_WAIT", 0.5)
    bounded("time:sleep", 0)  # there is one
    barrier = threading.Barrier(3)

    def work(_):
        barrier.wait()
        bounded("time:sleep", seconds)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(module._idle) == n_processes


def test_processes_can_be_made_ready():
    get_ready("json:dumps", 2)
    get_ready("json:dumps", 2)
    assert len(module._idle) == 2
    assert bounded("json:dumps", [1]) == "[1]"


def test_no_process_outlives_the_grader():
    known = bounded("os:getpid")
    close_processes()
    assert not psutil.pid_exists(known)


@pytest.mark.parametrize("text", [HEADINGS, ENVIRONMENTS, TAGS, PICTURES])
def test_markdown_that_is_slow_becomes_text_in_time(text):
    notebook = tiny.notebook(new_markdown_cell("# Fine", id="fine"), new_markdown_cell(text))
    before = time.process_time()
    cleaned, _ = BoundedHtml().preprocess(notebook, {})
    assert time.process_time() - before < 1.0  # the grader itself hardly computes
    assert cleaned.cells[0].source == "# Fine"
    slow = cleaned.cells[1].source
    assert PLAIN in slow
    assert "more signs are in the file" in slow
    assert len(slow) < 100_000
    start = time.process_time()
    clean_notebook(cleaned, None)  # as it is shown now, it is quick
    assert time.process_time() - start < 1.0


def test_html_among_outputs_that_is_slow_is_left_out():
    html = "<table>" + "<tr><td>1</td></tr>" * 50_000
    slow = new_code_cell("x", outputs=[new_output("display_data", {"text/html": html})])
    fine = new_code_cell("y", outputs=[new_output("stream", text="fine")])
    cleaned, _ = BoundedHtml().preprocess(tiny.notebook(slow, fine), {})
    assert NO_OUTPUT in cleaned.cells[0].outputs[0].text
    assert cleaned.cells[0].source == "x"
    assert cleaned.cells[1].outputs[0].text == "fine"


def test_many_cells_share_their_time(monkeypatch):
    """Each is quick enough, all of them are not: the last ones are text."""
    cells = [new_markdown_cell(f"{number}\n" + "# a\n" * 500) for number in range(12)]
    cleaned = clean_notebook(tiny.notebook(*cells), None, seconds=0.3)
    plain = [PLAIN in cell.source for cell in cleaned.cells]
    assert not plain[0]
    assert plain[-1]
    assert plain == sorted(plain)


def test_where_no_process_can_do_it_all_is_text(monkeypatch):
    def ended(*_args, **_values):
        raise TooMuchError("needed more than the 2 GB of memory that it may have")

    monkeypatch.setattr(bounded_html, "bounded", ended)
    nasty = new_markdown_cell("<script>alert(1)</script> & **x**\n\n$a$")
    shown = new_code_cell("1 + 1", outputs=[new_output("execute_result", {"text/html": "<b>2"})])
    cleaned, _ = BoundedHtml().preprocess(tiny.notebook(nasty, shown), {})
    assert "<script" not in cleaned.cells[0].source
    assert "&lt;script&gt;" in cleaned.cells[0].source
    assert cleaned.cells[1].source == "1 + 1"
    assert NO_OUTPUT in cleaned.cells[1].outputs[0].text


def test_titles_of_tasks_are_read_in_time():
    begin = time.process_time()
    found = headings("# a" + " " * 200_000 + "b", {})
    assert found == {1: "a b"}
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize("line", ["# a" + " " * 200_000 + "b", "# " + "[" * 200_000])
def test_headings_are_found_in_time(line):
    begin = time.process_time()
    assert len(figure_headings(line)) == 1
    assert time.process_time() - begin < 1.0


def test_why_a_cell_stopped_is_found_in_time():
    begin = time.process_time()
    for text in (" " * 20_000, " (<ipython-input" * 1_000):
        error = new_output("error", ename="ValueError", evalue=text, traceback=[])
        assert "ValueError" in first_stop([new_code_cell("x", outputs=[error])]).text
    assert time.process_time() - begin < 1.0


@pytest.fixture
def room(course):
    return Class(course)


def remarks(course, group):
    return "; ".join(read_record(course, SHEET, group)["adding"].remarks)


def test_a_slow_text_costs_its_own_group_a_page_and_no_points(course, room):
    slow = room.with_source("written-3-why", HEADINGS)
    room.hand_in("group-01", adding=slow, means=room.solved["means"])
    room.hand_in("group-02", **room.solved)
    Grading(course, SHEET).run()
    scores = {
        group: [row.score for row in rows(course, SHEET) if row.group == group]
        for group in ("group-01", "group-02")
    }
    assert scores["group-01"] == scores["group-02"] == [2, 2, None, 3]
    assert "1 cell(s) take longer to show than they may" in remarks(course, "group-01")
    assert "plain text" not in remarks(course, "group-02")
    pages = feedback(course, SHEET)
    assert (pages.written, pages.failed) == (4, {})
    page = (course.feedback / "group-01" / SHEET / "adding.html").read_text()
    assert PLAIN in page


def test_a_file_that_takes_too_long_to_read_is_ungradable_and_the_others_go_on(
    course, room, monkeypatch
):
    monkeypatch.setattr("course_grader.intake.submission.READ_SECONDS", 0.2)
    padding = ",".join(["[[[[]]]]"] * 4_000_000)
    heavy = json.dumps(room.solved["adding"])[:-1] + f', "x": [{padding}]}}'
    room.hand_in("group-01", adding=heavy.encode())
    room.hand_in("group-02", **room.solved)
    Grading(course, SHEET).run()
    by_group = {row.group: row for row in rows(course, SHEET) if row.task == "check-1-add"}
    assert by_group["group-01"].status == "ungradable"
    assert "reading it took longer than the 0.2 s that it may" in by_group["group-01"].reason
    assert by_group["group-02"].score == 2


def test_a_page_that_takes_too_long_is_a_notice_and_the_others_are_made(course, room, monkeypatch):
    for group in ("group-01", "group-02"):
        room.hand_in(group, **room.solved)
    Grading(course, SHEET).run()
    path = course.autograded / "group-01" / SHEET / "adding.ipynb"
    marked = nbformat.read(path, as_version=4)
    marked.cells[0].source = HEADINGS  # as if cleaning had let it pass
    nbformat.write(marked, path)
    monkeypatch.setattr("course_grader.results.feedback.PAGE_SECONDS", 4.0)
    pages = feedback(course, SHEET)
    assert list(pages.failed) == ["group-01"]
    assert (
        "adding: making its page took longer than the 4 s that it may" in pages.failed["group-01"]
    )
    assert pages.written == 4
    notice = (course.feedback / "group-01" / SHEET / "adding.html").read_text()
    assert "This notebook is marked, but its page could not be made" in notice
    for group, name in (("group-01", "means"), ("group-02", "adding"), ("group-02", "means")):
        assert (
            "could not be made"
            not in (course.feedback / group / SHEET / f"{name}.html").read_text()
        )
