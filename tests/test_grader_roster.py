"""The roster: one mark for each member of a group, and what a lecturer has to settle."""

import csv
from pathlib import Path
from typing import Any

import pytest
from courses import tiny
from test_grader_cli import Result

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.intake.roster import Roster, find_roster, read_roster
from course_grader.results.members import COLUMNS, export_members, member_rows
from course_grader.results.report import Row

SHEET = tiny.SHEET
HEADER = "person,group,name,email,tutorial\n"
THREE = "".join(f"p00{n},group-01,Name {n},p00{n}@example.org,A\n" for n in (1, 2, 3))


@pytest.fixture
def roster(tmp_path):
    def read(text: str, encoding: str = "utf-8") -> Roster:
        path = tmp_path / "roster.csv"
        path.write_bytes(text.encode(encoding))
        return read_roster(path)

    return read


def test_a_plain_table_is_read(roster):
    read = roster(HEADER + THREE)
    assert read.problems == []
    assert [one.person for one in read.groups["group-01"]] == ["p001", "p002", "p003"]
    assert (read.people[0].name, read.people[0].tutorial) == ("Name 1", "A")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_of_any_office_are_read(roster, encoding, sign, end):
    text = (HEADER.upper() + THREE.replace("Name 1", "Zoë Müßig") + "\n,,,,\n").replace(",", sign)
    read = roster(text.replace("\n", end), encoding)
    assert read.problems == []
    assert [one.name for one in read.people] == ["Zoë Müßig", "Name 2", "Name 3"]


def test_columns_may_stand_in_any_order_and_quotes_are_understood(roster):
    read = roster('name;group;person;tutorial;email;x\n"Name; ""A""";group-01;p001;A;;1\n')
    assert read.people[0].name == 'Name; "A"'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty; expected the columns"),
        ("\n\n", "is empty"),
        ("a,b\n1,2\n", "the column person and group is missing"),
        ("person;name\np001;x\n", "the column group is missing; expected person, group, name"),
        ("person,group,person\n", "the column person occurs twice"),
        (HEADER + "p001," + "x" * 200_000, "not a CSV table"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_mistake_with_a_reason(roster, text, complaint):
    with pytest.raises(CourseError, match=complaint):
        roster(text)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",group-01,x,,", "line 5: the person is missing: it is left out"),
        ("p009,,x,,", "line 5: the group is missing: it is left out"),
        ("p009,../group-02,x,,", "cannot be a group's name"),
        ("p009,group 02,x,,", "cannot be a group's name"),
        ("p009,group-01,x,,,surplus", "line 5: 6 cells, expected 5"),
        ("p001,group-01,Name 1,,", "p001 is in group-01 2 times: counted once"),
        ("p001,group-02,Name 1,,", "p001 is in group-01 and group-02: no mark until"),
        ("p009,group-02,x,,", "group-02 has one member only, p009: expected three"),
        ("p009,Group-01,x,,", "group-01 and Group-01 differ in upper and lower case only"),
    ],
)
def test_what_a_lecturer_has_to_settle_is_told(roster, line, problem):
    read = roster(HEADER + THREE + line + "\n")
    assert any(problem in text for text in read.problems), read.problems
    assert len(read.groups["group-01"]) == 3


def test_lacking_optional_columns_are_told(roster):
    read = roster("person,group\np001,group-01\np002,group-01\n")
    assert read.problems == ["the roster has no column name, email, tutorial: left empty"]


def test_a_course_may_have_no_roster_but_not_a_wrong_name_of_one(course):
    assert find_roster(course) is None
    with pytest.raises(CourseError, match="the roster cannot be read"):
        find_roster(course, course.root / "nowhere.csv")
    (course.root / "roster.csv").mkdir()
    with pytest.raises(CourseError, match="the roster cannot be read"):
        find_roster(course)


def row(group: str, score: float | None, status: str = "graded", task: str = "t") -> Row:
    return Row(group, "adding", task, score, 4.0, status, "")


@pytest.fixture
def marks(monkeypatch, course):
    """Marks of members for rows of groups."""

    def give(roster: Roster, *table: Row, penalty: float = 0.0) -> tuple[Any, list[str]]:
        monkeypatch.setattr("course_grader.results.members.rows", lambda *_: list(table))
        monkeypatch.setattr(
            "course_grader.results.members._penalties", lambda *_: {"group-01": penalty}
        )
        return member_rows(course, SHEET, roster)

    return give


def test_each_member_gets_the_mark_of_the_group(roster, marks):
    table, problems = marks(roster(HEADER + THREE), row("group-01", 2.5), row("group-01", 1.0))
    assert problems == []
    assert table[0] == ("p001", "group-01", "Name 1", "A", 3.5, 8.0, "graded")
    assert {(one[4], one[5], one[6]) for one in table} == {(3.5, 8.0, "graded")}


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("graded", "graded"), "graded"),
        (("graded", "manual"), "manual"),
        (("manual", "ungradable"), "ungradable"),
        (("missing", "missing"), "missing"),
        (("graded", "missing"), "graded"),
        ((), "missing"),
    ],
)
def test_the_status_that_asks_most_is_told(roster, marks, states, status):
    table, _ = marks(roster(HEADER + THREE), *(row("group-01", 1.0, state) for state in states))
    assert table[0][-1] == status


def test_late_penalties_are_taken_off_and_no_mark_is_negative(roster, marks):
    members = roster(HEADER + THREE)
    assert marks(members, row("group-01", 3.0), penalty=1.5)[0][0][4] == 1.5
    assert marks(members, row("group-01", 1.0), penalty=1.5)[0][0][4] == 0.0


def test_who_is_in_two_groups_gets_no_mark_and_others_do(roster, marks):
    read = roster(HEADER + THREE + "p001,group-02,Name 1,,\np004,group-02,Name 4,,\n")
    table, problems = marks(read, row("group-01", 3.0), row("group-02", 4.0))
    assert table[0][1:] == ("group-01 and group-02", "Name 1", "", None, 8.0, "ungradable")
    assert [(one[0], one[4]) for one in table[1:]] == [("p002", 3.0), ("p003", 3.0), ("p004", 4.0)]
    assert any("no mark until the roster" in text for text in problems)


def test_groups_that_nobody_is_in_are_told(roster, marks):
    _, problems = marks(roster(HEADER + THREE), row("group-09", 3.0))
    assert problems == ["group-09 handed in but is not in the roster: nobody gets its points"]


def test_the_file_is_safe_to_open_in_a_spreadsheet(roster, marks, course):
    formula = HEADER + 'p001,group-01,"=HYPERLINK(""x"")",,@A\n+p002,group-01,-x,,\n'
    read = roster(formula)
    marks(read, row("group-01", 1.0))
    path, _ = export_members(course, SHEET, read)
    with path.open(newline="", encoding="utf-8") as file:
        table = list(csv.reader(file))
    assert table[0] == list(COLUMNS)
    assert table[1][2:4] == ['\'=HYPERLINK("x")', "'@A"]
    assert (table[2][0], table[2][2]) == ("'+p002", "'-x")
    assert not any(cell[:1] in ("=", "+", "-", "@") for line in table for cell in line)


def test_export_writes_both_tables_when_there_is_a_roster(course_root):
    course = Course.open(course_root)
    Path(course.submitted / "group-01" / SHEET).mkdir(parents=True)
    arguments = (SHEET, "--course", str(course_root))
    assert Result("grade", *arguments).status == 0
    assert "members" not in Result("export", *arguments).out
    text = HEADER + THREE.replace("Name 1", "Zoë") + "p004,group-02,Name 4,,\n"
    (course_root / "roster.csv").write_text(text.replace(",", ";"), encoding="cp1252")
    result = Result("export", *arguments)
    assert (result.status, result.err) == (0, "")
    assert f"written: build/grades/{SHEET}-members.csv" in result.out
    assert "roster: group-02 has one member only" in result.out
    lines = (course.build / "grades" / f"{SHEET}-members.csv").read_text("utf-8").splitlines()
    assert lines[0] == "person,group,name,tutorial,score,max_score,status"
    assert lines[1] == "p001,group-01,Zoë,A,0,8,missing"
    assert lines[4] == "p004,group-02,Name 4,,0,8,missing"
