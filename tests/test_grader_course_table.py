"""The course's table: sheets side by side, weights, bonus, the worst left out, marks of people."""

import csv
import itertools
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from courses import tiny
from hypothesis import given
from hypothesis import strategies as st
from test_grader_cli import Result

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.intake.collect import collect
from course_grader.intake.roster import find_roster, read_roster
from course_grader.results.course_table import (
    CourseMarks,
    course_marks,
    export_course,
    people_rows,
)
from course_grader.results.marks_rules import MarksRules, Total, marks_rules
from course_grader.results.members import SheetMarks, member_rows
from course_grader.results.report import Row

HEADER = "person,group,name,tutorial,sheets\n"
SHEETS = ("one", "two", "three")


# ---- how sheets count ----


def test_without_rules_all_sheets_count_once():
    total = MarksRules().total({"one": 4, "two": 15}, {"one": 10, "two": 20, "three": 20})
    assert total == Total(19, 50)
    assert total.share == pytest.approx(0.38)


def test_a_weight_multiplies_points_and_what_is_needed():
    total = MarksRules({"two": 2, "one": 0.5}).total({"one": 4, "two": 15}, {"one": 10, "two": 20})
    assert total == Total(32, 45)


def test_bonus_points_are_added_and_not_needed():
    rules = MarksRules(bonus=frozenset({"two"}), weights={"two": 2})
    assert rules.total({"one": 8, "two": 3}, {"one": 10, "two": 5}) == Total(14, 10)


def test_the_worst_sheet_is_left_out():
    points, most = {"one": 5, "two": 19, "three": 6}, {"one": 10, "two": 20, "three": 10}
    assert MarksRules(drop=1).total(points, most) == Total(25, 30, ("one",))
    assert MarksRules(drop=2).total(points, most) == Total(19, 20, ("one", "three"))


def test_a_sheet_that_was_not_handed_in_is_the_worst():
    assert MarksRules(drop=1).total({"one": 1}, {"one": 10, "two": 5}) == Total(1, 10, ("two",))


def test_the_worst_is_what_costs_most_and_not_always_the_lowest_share():
    """A large sheet done to 60 % may pull the share down more than a tiny one done to 50 %."""
    points, most = {"a": 60, "b": 1, "c": 90}, {"a": 100, "b": 2, "c": 90}
    total = MarksRules(drop=1).total(points, most)
    assert total == Total(91, 92, ("a",))
    assert total.share > (60 + 90) / 190


def test_bonus_sheets_are_never_left_out_and_one_sheet_always_counts():
    rules = MarksRules(bonus=frozenset({"two"}), drop=9)
    total = rules.total({"one": 5, "two": 0, "three": 2}, {"one": 10, "two": 5, "three": 10})
    assert total == Total(5, 10, ("three",))
    assert rules.total({"one": 5}, {"one": 10}) == Total(5, 10)


def test_a_sheet_without_points_is_no_sheet_to_leave_out():
    most = {"one": 10, "empty": 0, "three": 10}
    assert MarksRules(drop=1).total({"one": 5, "three": 4}, most) == Total(5, 10, ("three",))


@pytest.mark.parametrize("most", [{}, {"one": 0}, {"extra": 5}])
def test_where_nothing_is_needed_there_is_no_share(most):
    rules = MarksRules(bonus=frozenset({"extra"}), drop=1)
    total = rules.total({"extra": 3}, most)
    assert (total.points, total.most, total.share) == (sum(most.values()) and 3, 0, None)


sheets = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.5, 1, 2, 3])),
    min_size=1,
    max_size=6,
)


def made(drawn: list[tuple[int, int, float]]) -> tuple[dict[str, float], dict[str, float], Any]:
    points = {f"s{n}": float(min(one[:2])) for n, one in enumerate(drawn)}
    most = {f"s{n}": float(max(1, *one[:2])) for n, one in enumerate(drawn)}
    return points, most, {f"s{n}": one[2] for n, one in enumerate(drawn)}


@given(sheets, st.integers(0, 7), st.sets(st.integers(0, 5)))
def test_the_share_is_that_of_the_best_choice(drawn, drop, extra):
    points, most, weights = made(drawn)
    bonus = frozenset(f"s{n}" for n in extra) & set(most)
    total = MarksRules(weights, bonus, drop).total(points, most)
    needed = [name for name in most if name not in bonus]
    if not needed:
        assert total.share is None
        return
    gift = sum(weights[name] * points[name] for name in bonus)
    best = max(
        (gift + sum(weights[name] * points[name] for name in kept))
        / sum(weights[name] * most[name] for name in kept)
        for kept in itertools.combinations(needed, max(1, len(needed) - drop))
    )
    assert total.share == pytest.approx(best, rel=1e-12)
    assert len(total.dropped) == min(drop, len(needed) - 1)


@given(sheets, st.integers(0, 5), st.sets(st.integers(0, 5)))
def test_leaving_out_one_more_never_lowers_a_share(drawn, drop, extra):
    points, most, weights = made(drawn)
    bonus = frozenset(f"s{n}" for n in extra if n < len(drawn) - 1)
    before = MarksRules(weights, bonus, drop).total(points, most).share
    assert MarksRules(weights, bonus, drop + 1).total(points, most).share >= before - 1e-12


@given(sheets, st.integers(0, 3), st.integers(0, 40))
def test_bonus_points_never_lower_a_share(drawn, drop, gift):
    points, most, weights = made(drawn)
    rules = MarksRules(weights, frozenset({"extra"}), drop)
    before = rules.total(points, most).share
    assert rules.total(points | {"extra": gift}, most | {"extra": 40}).share >= before - 1e-12


# ---- the setting ----


def test_the_setting_is_read(course):
    path = course.root / "pyproject.toml"
    assert marks_rules(course) == MarksRules()
    with path.open("a") as file:
        file.write(f"\n[tool.genlhc.marks]\nweights = {{ {tiny.SHEET} = 2 }}\ndrop = 1\n")
    rules = marks_rules(Course.open(course.root))
    assert rules == MarksRules({tiny.SHEET: 2}, frozenset(), 1)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ([], r"\[tool.genlhc.marks\] must be a table with weights, bonus, drop, got \[\]"),
        ({"weigths": {}}, "has no entry 'weigths'; it knows weights, bonus, drop"),
        ({"weights": 2}, r"weights must be a table of numbers above 0, .* got 2"),
        ({"weights": {"one": "2"}}, "weights must be a table of numbers above 0"),
        ({"weights": {"one": 0}}, "weights must be a table of numbers above 0"),
        ({"weights": {"one": True}}, "weights must be a table of numbers above 0"),
        ({"weights": {"one": float("nan")}}, "weights must be a table of numbers above 0"),
        ({"weights": {"four": 2}}, "weights names 'four', expected sheets .*: one, two, three"),
        ({"bonus": "one"}, "bonus must be a list of sheets, got 'one'"),
        ({"bonus": [1]}, r"bonus must be a list of sheets, got \[1\]"),
        ({"bonus": ["four"]}, "bonus names 'four', expected sheets"),
        ({"drop": -1}, "drop must be a number of sheets, 0 or more, got -1"),
        ({"drop": 1.5}, "drop must be a number of sheets"),
        ({"drop": True}, "drop must be a number of sheets"),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_mistake_with_a_reason(table, complaint):
    with pytest.raises(CourseError, match=complaint):
        MarksRules.from_table(table, SHEETS)


# ---- the tables ----


def row(group: str, score: float | None, most: float, status: str = "graded") -> Row:
    return Row(group, "n", "t", score, most, status, "")


def sheet(most: float, *own: Row, **penalties: float) -> SheetMarks:
    rows: dict[str, list[Row]] = {}
    for one in own:
        rows.setdefault(one.group, []).append(one)
    return SheetMarks(most, rows, penalties)


@pytest.fixture
def marks():
    """Three sheets of 10, 20 and 5 points; the last is a bonus, the second counts twice."""
    return CourseMarks(
        {
            "one": sheet(10, row("ga", 9, 10), row("gb", 5, 10)),
            "two": sheet(
                20, row("ga", 12, 15), row("ga", None, 5, "manual"), row("gc", 20, 20), gc=4
            ),
            "three": sheet(5, row("ga", 2.5, 5), row("gb", 1, 5, "manual")),
        },
        MarksRules({"two": 2}, frozenset({"three"}), 1),
    )


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_row_a_group_with_its_sheets_and_their_sum(marks, course):
    paths, problems = export_course(course, marks)
    assert [path.name for path in paths] == ["course.csv"]
    assert read(paths[0]) == [
        ["group", "one", "two", "three", "sum", "max_sum", "share", "pending", "dropped"],
        ["ga", "9", "12", "2.5", "11.5", "10", "1.15", "1", "two"],
        ["gb", "5", "0", "1", "6", "10", "0.6", "1", "two"],
        ["gc", "0", "16", "0", "32", "40", "0.8", "0", "one"],
    ]
    assert problems == ["provisional: 2 of 3 groups have pending tasks"]


def test_which_sheets_count_is_said(marks):
    assert list(marks.about()) == [
        "sheets that count: one (10 points), two (20 points, 2 times), three (5 points, bonus)",
        "the worst sheet of each does not count",
    ]
    more = CourseMarks(marks.sheets, MarksRules(drop=2), waiting=["four"])
    assert list(more.about())[1:] == [
        "four does not count: nothing of it is graded yet",
        "the 2 worst sheets of each do not count",
    ]


def test_the_example_of_the_docs_is_right(course):
    text = (Path(__file__).parents[1] / "docs" / "tutor.md").read_text(encoding="utf-8")
    section = text.split("## The marks of the course")[1]
    example = section.split("```\n")[1]
    table = tomllib.loads(section.split("```toml\n")[1].split("```")[0])["tool"]["genlhc"]["marks"]
    (_, *sheets), *lines = [line.split(",")[:5] for line in example.split()]
    most = dict(zip(sheets, (19, 20, 18, 8), strict=True))
    found = {
        name: sheet(whole, *(row(one[0], float(one[n]), whole) for one in lines))
        for n, (name, whole) in enumerate(most.items(), 1)
    }
    found["sheet04"].rows["group-02"][:] = [row("group-02", None, 4, "manual")] * 2
    export_course(course, CourseMarks(found, MarksRules.from_table(table, sheets)))
    assert (course.build / "grades" / "course.csv").read_text(encoding="utf-8") == example


def test_sheets_that_the_course_lost_are_told(marks, course):
    lost = CourseMarks(marks.sheets, marks.rules, lost=["old"])
    assert export_course(course, lost)[1][0] == (
        "old is in the gradebook but not in solutions/: it does not count"
    )


@pytest.fixture
def roster(tmp_path):
    def make(*lines: str) -> Any:
        path = tmp_path / "people.csv"
        path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
        return read_roster(path)

    return make


def test_a_row_a_person_and_those_who_handed_in_nothing_too(marks, roster, course):
    people = roster("1,ga,Ada,A", "2,ga,Bo,A", "3,gb,Cy,B", "4,gb,Di,B", "5,gd,Ed,B", "6,gd,Flo,B")
    paths, problems = export_course(course, marks, people)
    table = read(paths[1])
    assert table[0][:5] == ["person", "group", "name", "tutorial", "one"]
    assert table[1] == ["1", "ga", "Ada", "A", "9", "12", "2.5", "11.5", "10", "1.15", "1", "two"]
    assert table[1][4:] == table[2][4:]
    assert table[5][4:] == ["0", "0", "0", "0", "10", "0", "0", "two"]
    assert [line[0] for line in read(paths[0])] == ["group", "ga", "gb", "gc", "gd"]
    assert "roster: gc handed in but is not in the roster: nobody gets its points" in problems


def test_who_changed_groups_has_the_points_of_each_group_that_the_person_was_in(marks, roster):
    people = roster("1,gb,Ada,A,", "1,gc,Ada,A,two", "2,gb,Bo,A,", "3,gc,Cy,A,")
    assert people.problems == ["the roster has no column email: left empty"]
    table = {str(one[0]): one[1:] for one in people_rows(marks, people)}
    assert table["1"][:7] == ["gb and gc", "Ada", "A", 5.0, 16.0, 1.0, 33.0]
    assert table["2"][3:6] == [5.0, 0.0, 1.0]


def test_who_is_in_two_groups_at_a_time_has_no_marks(marks, roster):
    people = roster("1,gb,Ada,A,", "1,gc,Ada,A,two", "1,ga,Ada,A,two", "2,ga,Bo,A,")
    assert "1 is in gc and ga: no mark until the roster says in which" in people.problems
    table = people_rows(marks, people)
    assert table[0] == ["1", "gb and gc and ga", "Ada", "A", *[None] * 8]
    assert table[1][4] == 9.0


def test_who_came_later_has_nothing_of_earlier_sheets(marks, roster):
    people = roster("1,gc,Ada,A,two three", "2,gc,Bo,A,", "3,gc,Cy,A,")
    assert people_rows(marks, people)[0][4:7] == [0.0, 16.0, 0.0]


def test_tables_are_safe_to_open_in_a_spreadsheet(marks, roster, course):
    paths, _ = export_course(course, marks, roster("=1,ga,+x,@A,", "2,ga,-y,,"))
    cells = [cell for path in paths for line in read(path) for cell in line]
    assert {"'=1", "'+x", "'@A", "'-y"} <= set(cells)
    assert not any(cell[:1] in ("=", "+", "-", "@") for cell in cells)


# ---- the roster of a sheet ----


@pytest.fixture
def moved(course):
    text = f"{HEADER}1,ga,Ada,A,\n1,gb,Ada,A,{tiny.SHEET};\n2,gb,Bo,A,\n3,ga,Cy,A,\n4,ga,Di,A,\n"
    (course.root / "roster.csv").write_text(text.replace(HEADER, HEADER[:-1] + ",email\n"))
    return find_roster(course)


def test_a_line_that_names_the_sheet_comes_before_one_that_names_none(moved):
    assert moved.problems == []
    assert [one.person for one in moved.of(tiny.SHEET).groups["gb"]] == ["1", "2"]
    assert [one.person for one in moved.of("another").groups["ga"]] == ["1", "3", "4"]
    assert (moved.of(tiny.SHEET).torn, moved.of("another").torn) == ({}, {})


def test_marks_of_members_and_hand_ins_follow_the_roster_of_the_sheet(
    moved, course, monkeypatch, tmp_path
):
    monkeypatch.setattr(
        "course_grader.results.members.rows", lambda *_: [row("ga", 1, 8), row("gb", 2, 8)]
    )
    table, problems = member_rows(course, tiny.SHEET, moved)
    assert problems == []
    assert [(one[0], one[1], one[4]) for one in table] == [
        ("1", "gb", 2), ("2", "gb", 2), ("3", "ga", 1), ("4", "ga", 1),
    ]  # fmt: skip
    folder = tmp_path / "export" / "Ada_123_assignsubmission_file_"
    folder.mkdir(parents=True)
    shutil.copy(course.release / tiny.SHEET / "means.ipynb", folder)
    found = collect(course, tiny.SHEET, folder.parent, moved)
    assert [one.group for one in found.groups] == ["gb"]


def test_a_roster_that_names_an_unknown_sheet_is_told(course):
    (course.root / "roster.csv").write_text(HEADER + "1,ga,Ada,A,week7\n2,ga,Bo,A,\n")
    problems = find_roster(course).problems
    assert f"'week7' in the column sheets is none of this course: {tiny.SHEET}" in problems


# ---- the command ----


def test_nothing_graded_is_a_usage_error_that_says_what_to_do(course_root):
    result = Result("export", "--course", str(course_root))
    assert result.status == 2
    assert (
        f"nothing is graded yet: run `genlhc grade SHEET`; sheets of this course: {tiny.SHEET}"
        in (result.err)
    )


@pytest.mark.parametrize("name", ["course", "course-members", "group", "sum", "share"])
def test_a_sheet_whose_name_the_table_needs_is_refused(course, name):
    shutil.copytree(course.source / tiny.SHEET, course.source / name)
    with pytest.raises(CourseError, match=f"solutions/{name}: the course's table has a file or a"):
        course_marks(course)


def test_export_without_a_sheet_writes_the_course(course_root):
    """Two sheets are graded, the third is not even handed in."""
    root = course_root
    course = Course.open(root)
    for name in ("week2", "week3"):
        (course.source / name).mkdir()
        shutil.copy(course.source / tiny.SHEET / "means.ipynb", course.source / name)
    with (root / "pyproject.toml").open("a") as file:
        file.write("\n[tool.genlhc.marks]\nweights = { week2 = 2 }\n")
    (root / "roster.csv").write_text("person,group,name,email,tutorial\n1,ga,A,,\n2,ga,B,,\n")
    for name in (tiny.SHEET, "week2"):
        folder = course.submitted / "ga" / name
        folder.mkdir(parents=True)
        shutil.copy(course.source / name / "means.ipynb", folder)
        assert Result("grade", name, "--course", str(root), "--workers", "1").status == 0
    result = Result("export", "--course", str(root))
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"sheets that count: {tiny.SHEET} (8 points), week2 (3 points, 2 times)",
        "week3 does not count: nothing of it is graded yet",
        "written: build/grades/course.csv",
        "written: build/grades/course-members.csv",
    ]
    assert read(root / "build/grades/course.csv") == [
        ["group", tiny.SHEET, "week2", "sum", "max_sum", "share", "pending", "dropped"],
        ["ga", "3", "3", "9", "14", "0.6429", "0", ""],
    ]
    assert read(root / "build/grades/course-members.csv")[2] == [
        "2", "ga", "B", "", "3", "3", "9", "14", "0.6429", "0", "",
    ]  # fmt: skip
