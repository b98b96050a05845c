"""Measured qualities: collected from the trusted side only, drawn without names for the lecture."""

import re
from math import inf, isnan, nan

import pytest
from courses import tiny
from nbformat.v4 import new_output
from test_grader_grade import Class

from autograde_tests.scoring import Metric
from course_grader.cells import is_test
from course_grader.files import notebook_text, write_whole
from course_grader.results.class_page import class_page
from course_grader.results.class_summary import ClassSummary, TaskSummary
from course_grader.results.measured import Measured, collect, measurements
from course_grader.results.strip_plot import WIDTH, strip_plot

SHEET, TASK = tiny.SHEET, "check-2-guess"


def line(value, full="0.5", none="0.6"):
    return f"measured: auc = {value} (full points from {full}, none from {none}: unit weights)\n"


def test_a_line_of_the_sheets_own_tests_is_read():
    metric = Metric("auc", 0.63, "unit weights", 0.503, (0.505, 0.506, 0.507))
    assert measurements(metric.report(0.55)) == [("auc", 0.55, 0.5318, 0.63)]
    assert isnan(measurements(metric.report(nan))[0][1])


@pytest.mark.parametrize(
    "text",
    [
        "x" + line(0.5),
        line("0.5; DROP"),
        line(0.5, full="nan"),
        line(0.5, full="0.6"),
        "measured: auc = 0.5",
        "measured: " + "a" * 100_000 + " = 1 (full points from 0, none from 1)",
    ],
)
def test_what_is_no_measurement_is_none(text):
    assert measurements(text) == []


@pytest.fixture
def marked(course):
    """Four groups: two measured, one with old thresholds, one that only claims to be."""
    room = Class(course)
    for group, text in (
        ("group-01", line(0.45)),
        ("group-02", line(0.55)),
        ("group-03", line(0.55, none="0.9")),
        ("group-04", ""),
    ):
        notebook = room.changed("adding", lambda cells: None)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                is_it = is_test(cell) and cell.metadata.nbgrader.grade_id == TASK
                said = text if is_it else line(0.001)  # the student's own cells say this
                if cell.id == "check-1-add":
                    said = ""
                cell.outputs = [new_output("stream", name="stdout", text=said)]
        forged = tiny.code("print('...')", TASK, grade=True, solution=True, points=2)
        forged.id, forged.outputs = "forged", [new_output("stream", name="stdout", text=line(0.0))]
        notebook.cells.append(forged)
        write_whole(
            course.autograded / group / SHEET / "adding.ipynb", notebook_text(notebook)
        )  # fmt: skip
    return course


def test_only_what_tests_printed_counts(marked):
    groups = [f"group-0{n}" for n in range(1, 5)]
    (quality,) = collect(marked, SHEET, groups)
    assert (quality.task, quality.full, quality.none) == (TASK, 0.5, 0.6)
    assert quality.values == {"group-01": 0.45, "group-02": 0.55}
    assert quality.outdated == 1
    assert quality.in_words() == (
        "auc: all points from 0.5, none from 0.6. 2 groups: 1 with all points, 1 with some, "
        "0 with none; median 0.5, from 0.45 to 0.55."
    )


@pytest.mark.parametrize(("full", "none"), [(0.5, 0.6), (0.6, 0.5)])
def test_every_group_has_a_mark_on_the_right_side(full, none):
    better = full + (full - none)
    values = {"a": better, "b": (full + none) / 2, "c": none + 9 * (none - full), "d": nan}
    values |= {f"g{n}": full for n in range(40)} | {"e": inf}
    plot = strip_plot(Measured("adding", TASK, "auc", full, none, values), named=True)
    assert len(plot["dots"]) == len(values)
    assert all(0 <= dot["x"] <= WIDTH and 2 < dot["y"] < 50 for dot in plot["dots"])
    kinds = {dot["text"].split(":")[0]: dot["kind"] for dot in plot["dots"]}
    assert (kinds["a"], kinds["b"], kinds["c"], kinds["d"]) == ("full", "partial", "none", "none")
    assert kinds["e"] == "none"
    assert (plot["full"] > plot["none"]) == (full > none)


def test_the_page_draws_it_and_the_lecture_names_nobody():
    quality = Measured("adding", TASK, "auc", 0.5, 0.6, {"group-07": 0.55})
    task = TaskSummary("adding", TASK, 2.0, partial=1)
    summary = ClassSummary(SHEET, [task], {"group-07": 1.0}, 2.0, {}, [], [quality])
    tutors, lecture = (class_page(summary, named=named) for named in (True, False))
    assert "<title>group-07: 0.55</title>" in tutors
    assert "<title>0.55</title>" in lecture
    assert "group-07" not in lecture
    assert re.search(
        r'role="img"\s+aria-label="auc: all points from 0.5, none from 0.6. 1', lecture
    )
