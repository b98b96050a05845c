"""Similar submissions: copies are found, short right answers and hostile texts do no harm."""

import re

import pytest
from courses import tiny
from test_grader_grade import Class, digests
from typer.testing import CliRunner

from course_grader import cli
from course_grader.errors import CourseError
from course_grader.results.normal_form import MAX_SOURCE, code_form
from course_grader.results.similar import find_similar

SHEET = tiny.SHEET
LONG = '''
def add(a, b):
    """Adds."""
    total = 0
    for _ in range(abs(a)):
        total = total + (1 if a > 0 else -1)
    while b != 0:
        step = 1 if b > 0 else -1
        total, b = total + step, b - step
    return total
'''
RENAMED = """
def add(x, y):
    # my very own idea
    result = 0
    for i in range( abs(x) ):

        result = result + (1 if x > 0 else -1)
    while y != 0:
        d = 1 if y > 0 else -1
        result, y = result + d, y - d
    return result
"""
OWN = """
def add(a, b):
    bits = [a, b]
    with_carry = bits[0] ^ bits[1]
    carry = bits[0] & bits[1]
    return with_carry + 2 * carry if isinstance(a, int) else sum(bits)
"""
SHORT = "def guess():\n    x = 2.0\n    return x - 1"
WORDS = (
    "Counting on from the one number by the other gives the same heap of stones as counting the "
    "other way round, because every stone of either heap is met once and only once, whichever heap "
    "is emptied first, and so the last number word that we say is the same in both of the cases."
)
HOSTILE = {
    "deep": "(" * 9_000 + ")" * 9_000,
    "minus": "-" * 15_000 + "1",
    "attributes": "a" + ".b" * 9_000,
    "null": "a = 1\x00",
    "surrogate": "a = '\ud800'",
    "long": "x = 1\n" * 100_000,
    "no python": "%%bash\nrm -rf /\n" + "!ls\n" * 50,
    "escape": "'\\d' + `1`",
    "binary operators": "1" + "+1" * 9_000,
}


@pytest.fixture
def handed(course):
    room = Class(course)

    def adding(source, words="Because it does, I think.", guess="def guess():\n    return 1.0"):
        def change(cells):
            cells["task-1-add"].source = source.strip()
            cells["task-2-guess"].source = guess
            cells["written-3-why"].source = words

        return room.changed("adding", change)

    room.hand_in("group-01", adding=adding(LONG, guess=SHORT))
    room.hand_in("group-02", adding=adding(RENAMED, WORDS))
    room.hand_in(
        "group-03", adding=adding(OWN, WORDS.upper() + " <script>alert(1)</script>", SHORT)
    )
    room.hand_in("group-04", adding=room.solved["adding"], means=room.solved["means"])
    room.hand_in("group-05", adding=room.solved["adding"], means=b"{")
    return course


def test_a_renamed_copy_and_copied_words_are_found_and_nothing_else(handed):
    before = digests(handed.root)
    result = CliRunner().invoke(cli.app, ["similar", SHEET, "--course", str(handed.root)])
    assert result.exit_code == 0, result.output
    assert "group-01 and group-02" in result.output
    assert "task-1-add (same)" in result.output
    assert "group-02 and group-03" in result.output
    assert "2 pairs" in result.output
    assert max(map(len, result.output.splitlines())) <= 80
    pairs = find_similar(handed, SHEET)
    found = {pair.groups: [(one.task, one.same) for one in pair.matches] for pair in pairs}
    assert found == {
        ("group-01", "group-02"): [("task-1-add", True)],
        ("group-02", "group-03"): [("written-3-why", False)],
    }
    page = (handed.build / "report" / f"{SHEET}-similar.html").read_text(encoding="utf-8")
    assert "a hint, not a finding" in page
    assert "my very own idea" in page
    assert "<script" not in page
    assert not re.search(r"<link|https?://|src=", page)
    now = digests(handed.root)
    assert {path: now[path] for path in before} == before


def test_a_class_of_two_cannot_tell_what_is_rare(course):
    room = Class(course)
    for group in ("group-01", "group-02"):
        room.hand_in(group, adding=room.solved["adding"])
    with pytest.raises(CourseError, match="at least three"):
        find_similar(course, SHEET)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_only_texts(name):
    form = code_form(HOSTILE[name])
    assert len(form) <= MAX_SOURCE
    assert form == code_form(HOSTILE[name])


def test_what_everybody_writes_is_no_hint(course):
    room = Class(course)
    for number in range(1, 7):
        notebook = room.with_source("task-1-add", LONG.strip())
        room.hand_in(f"group-{number:02d}", adding=notebook)
    assert find_similar(course, SHEET) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x = torch.mean(y)", "z = torch.mean(y)  # the mean", True),
        ("x = torch.mean(y)", "x = torch.sum(y)", False),
        ("x = 0.5 * y", "x = 0.25 * y", True),
        ("x = a if b else c", "x = c if b else a", False),
        ("def f(a, b):\n  return a - b", "def f(a, b):\n    return b - a", False),
    ],
)
def test_names_comments_and_literals_do_not_count_and_the_rest_does(one, other, same):
    assert (code_form(one) == code_form(other)) == same
