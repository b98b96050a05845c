"""The class report: what is counted, and who is named where."""

import re

import pytest
from courses import tiny

from course_grader.grading.state import NotebookRecord, write_record
from course_grader.results import class_summary
from course_grader.results.class_page import class_page, histogram, write_class_page
from course_grader.results.class_summary import summarise, without_numbers
from course_grader.results.report import Row

AVERAGED = "the KL is averaged over events: expected 128 values, got {}"


@pytest.fixture
def summary(course, monkeypatch):
    """Five groups: two with the same mistake, one with words of its own, one that waits."""
    table = []
    for group, score, reason in (
        ("group-01", 2.0, ""),
        ("group-02", 0.0, AVERAGED.format(1)),
        ("group-03", 0.0, AVERAGED.format(7)),
        ("group-04", 1.0, "ValueError: <b>Jane Roe</b> was here"),
        ("group-05", None, ""),
    ):
        status = "manual" if score is None else "graded"
        table.append(Row(group, "adding", "check-1-add", score, 2.0, status, reason))
        table.append(Row(group, "adding", "written-3-why", None, 1.0, "manual", ""))
    record = {"adding": NotebookRecord(status="graded", seconds=90.0)}
    write_record(course, tiny.SHEET, "group-01", record)
    slow = NotebookRecord(status="graded", seconds=210.0, trouble="cell 5: it died")
    write_record(course, tiny.SHEET, "group-02", {"adding": slow})
    monkeypatch.setattr(class_summary, "rows", lambda *_: table)
    return summarise(course, tiny.SHEET)


def test_points_and_reasons_are_counted(summary):
    check, written = summary.tasks
    assert (check.full, check.partial, check.none, check.waiting) == (1, 1, 2, 1)
    assert check.mean == 0.75
    assert check.reasons[0] == ("the KL is averaged over events: expected … values, got …", 2)
    assert (written.waiting, written.reasons) == (5, [])
    assert summary.reachable == 2.0
    assert summary.totals["group-04"] == 1.0
    assert summary.minutes == {"adding": (2.5, 3.5)}
    assert summary.looks == [("group-02", "adding", "cell 5: it died")]


def test_the_tutors_page_names_groups_and_the_lectures_page_does_not(summary):
    tutors, lecture = (class_page(summary, named=named) for named in (True, False))
    assert "group-02" in tutors
    assert "it died" in tutors
    assert "2 of 5 groups: the KL is averaged over events" in lecture
    for words in ("group-0", "Jane Roe", "it died"):
        assert words not in lecture
    assert "1 notebooks need" not in lecture


@pytest.mark.parametrize("named", [True, False])
def test_a_page_is_whole_and_safe(summary, named):
    page = class_page(summary, named=named)
    assert "<b>Jane" not in page
    assert not re.search(r"<script|<link|https?://|src=", page)
    assert 'name="viewport"' in page
    assert "1 groups with all points, 1" in page  # for those who do not see the bar


def test_pages_are_written(course, summary):
    assert summary
    paths = write_class_page(course, tiny.SHEET)
    assert [path.name for path in paths] == [f"{tiny.SHEET}.html", f"{tiny.SHEET}-lecture.html"]
    assert all(path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>") for path in paths)


def test_every_group_is_in_the_histogram():
    bars = histogram([0.0, 0.4, 0.5, 5.0], 5.0)
    assert [bar["count"] for bar in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert histogram([0.0], 0.0)[0]["count"] == 1


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("got -3.2e-05, expected 1,024", "got …, expected …"),
        ("check-2a is not there, x1 neither", "check-2a is not there, x1 neither"),
    ],
)
def test_only_numbers_are_taken_out(reason, kind):
    assert without_numbers(reason) == kind


def test_an_empty_answer_does_not_make_a_task_marked(course, monkeypatch):
    table = [
        Row("group-01", "adding", "check-1-add", 1.0, 2.0, "graded", ""),
        Row("group-01", "adding", "written-3-why", 0.0, 1.0, "graded", "no answer"),
        Row("group-02", "adding", "check-1-add", 0.0, 2.0, "graded", "other"),
        Row("group-02", "adding", "written-3-why", None, 1.0, "manual", ""),
    ]
    monkeypatch.setattr(class_summary, "rows", lambda *_: table)
    assert summarise(course, tiny.SHEET).reachable == 2.0
    table[3] = Row("group-02", "adding", "written-3-why", 0.5, 1.0, "graded", "")
    assert summarise(course, tiny.SHEET).reachable == 3.0
