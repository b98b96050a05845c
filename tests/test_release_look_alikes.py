"""A marker that is none hands out what it shall hide: slips are refused, ordinary texts are not."""

import re
import string
from pathlib import Path

import nbformat
import pytest
from courses import tiny
from hypothesis import assume, given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_raw_cell
from traitlets.config import Config

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.markers import MARKERS, markers_of
from course_grader.release.look_alikes import look_alikes
from course_grader.release.release import release
from course_grader.release.source_checks import SourceError, check_sources

SOLUTIONS = sorted((Path(__file__).parents[1] / "solutions").glob("*/*.ipynb"))
LETTERS = string.ascii_uppercase


def meant(line, kind="code"):
    return [marker for _, _, marker in look_alikes(line, kind)]


@pytest.mark.parametrize(
    ("line", "marker"),
    [
        ("### BEGIN HIDDEN TEST", "BEGIN HIDDEN TESTS"),
        ("### END HIDDEN TEST", "END HIDDEN TESTS"),
        ("### begin hidden tests", "BEGIN HIDDEN TESTS"),
        ("### Begin Solution", "BEGIN SOLUTION"),
        ("# begin solution", "BEGIN SOLUTION"),
        ("#begin solution", "BEGIN SOLUTION"),
        ("###BEGIN  SOLUTION", "BEGIN SOLUTION"),
        ("### BEGIN\u00a0SOLUTION", "BEGIN SOLUTION"),
        ("### BEGIN SOLU\u200bTION", "BEGIN SOLUTION"),
        ("### ＢＥＧＩＮ SOLUTION ###", "BEGIN SOLUTION"),
        ("### BEGIN SOLUT\u0406ON", "BEGIN SOLUTION"),
        ("### BEGIN_SOLUTION", "BEGIN SOLUTION"),
        ("### BEGINSOLUTION", "BEGIN SOLUTION"),
        ("### BEGIN-SOLUTION ###", "BEGIN SOLUTION"),
        ("### BEGIN S0LUTION", "BEGIN SOLUTION"),
        ("### BEING SOLUTION", "BEGIN SOLUTION"),
        ("### BEGN SOLUTOIN", "BEGIN SOLUTION"),
        ("### EDN SOLUTION", "END SOLUTION"),
        ("### EN SOLUTION", "END SOLUTION"),
        ("### START SOLUTION", "BEGIN SOLUTION"),
        ("### END OF SOLUTION", "END SOLUTION"),
        ("### SOLUTION END", "END SOLUTION"),
        ("#### STOP HIDDEN TESTS", "END HIDDEN TESTS"),
        ("### HIDDEN TESTS BEGIN", "BEGIN HIDDEN TESTS"),
        ("## begin hiden tets", "BEGIN HIDDEN TESTS"),
        ("# begin hidden test", "BEGIN HIDDEN TESTS"),
        ("### BEGIN HIDEN TEST (do not remove)", "BEGIN HIDDEN TESTS"),
        ("### BEGIN HIDDEN", "BEGIN HIDDEN TESTS"),
        ("### BEGIN TESTS", "BEGIN HIDDEN TESTS"),
        ("### BEGIN MARKSCHEME", "BEGIN MARK SCHEME"),
        ("### END MARKING SCHEME", "END MARK SCHEME"),
        ("    return 1  ### begin solution", "BEGIN SOLUTION"),
        ("%%bash  # END SOLUTON", "END SOLUTION"),
    ],
)
def test_slips_in_code_are_named(line, marker):
    assert meant(line) == [marker]


@pytest.mark.parametrize(
    ("line", "marker"),
    [
        ("<!-- ### BEGIN SOLUTON -->", "BEGIN SOLUTION"),
        ("<!-- begin solution -->", "BEGIN SOLUTION"),
        ("The end. <!-- END SOLUTON -->", "END SOLUTION"),
        ("### Begin solution", "BEGIN SOLUTION"),
        ("begin  solution", "BEGIN SOLUTION"),
        ("END SOULTION", "END SOLUTION"),
        ("**BEGIN MARK SHEME**", "BEGIN MARK SCHEME"),
        ("> ### END MARK SCHEMA", "END MARK SCHEME"),
        ("<!-- ### BEGIN HIDDEN TEST", "BEGIN HIDDEN TESTS"),
    ],
)
@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_slips_in_texts_are_named(line, marker, kind):
    assert meant(line, kind) == [marker]


@pytest.mark.parametrize(
    "line",
    [
        "# solution",
        "## Solution",
        "# hidden tests",
        "# the solution of the equation begins here",
        "# begin with the solution",
        "# Begin the loop",
        "# end of loop",
        "# end",
        "# one solution",
        "# find solution",
        "# and hidden tests",
        "### begin evolution",
        "### END RESOLUTION",
        "# end resolution",
        "# BEGIN EVOLUTION",
        "# send solution",
        "# bad solution",
        "# the tests",
        "# end test",
        "# begin tests",
        "begin_solution = 1",
        "end_hidden_test(solution)",
        "print('begin solution')",
        "beginning, solution = 1, 2  # of the chain",
        "#### Schemes ####",
        "# mark scheme",
        "# =================",
        "",
        "#",
        "#!/bin/bash",
        "### BEGIN TRAINING",
        "### END TRAINING",
        "# BEGIN: read the data",
    ],
)
def test_ordinary_lines_of_code_are_not(line):
    assert meant(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "We begin with the solution of (1), which ends the first part.",
        "Begin your solution below.",
        "### Solution",
        "### End of the lecture",
        "At the end, solutions are compared with hidden tests.",
        "and hidden tests",
        "hidden tests",
        "the mark scheme",
        "A solution to begin with",
        "In the end: solution 2.",
        "- begin with the tests",
        "| begin | end |",
        "<!-- to do: a better solution -->",
    ],
)
def test_ordinary_lines_of_texts_are_not(line):
    assert meant(line, "markdown") == []


@given(
    st.sampled_from(MARKERS),
    st.sampled_from(["# ", "## ", "### ", "###", "#### ", "    ### "]),
    st.sampled_from(["", " ", " ###", ":", "!"]),
    st.data(),
)
def test_one_wrong_letter_is_always_seen(marker, before, after, data):
    place = data.draw(st.integers(1, len(marker) - 1).filter(lambda k: marker[k] != " "))
    letter = data.draw(st.sampled_from(["", *LETTERS]))
    slip = marker[:place] + letter + marker[place + 1 :]
    if data.draw(st.booleans()):
        slip = slip[:place] + data.draw(st.sampled_from(LETTERS)) + marker[place:]
    line = before + slip + after
    assume(not any(one in line for one in MARKERS))
    assume(slip.split()[0] not in {"ED", "ENDS", "ENV"})  # words of their own
    assert meant(line)


@given(st.sampled_from(MARKERS), st.data())
def test_case_and_spaces_are_always_seen(marker, data):
    signs = [data.draw(st.sampled_from([sign, sign.lower()])) for sign in marker]
    spaces = st.sampled_from(["", " ", "  ", "\t", "_", "-", "\u00a0"])
    text = "".join(data.draw(spaces) if sign == " " else sign for sign in signs)
    before = data.draw(st.sampled_from(["#", "# ", "### ", "//", "% "]))
    assume(not any(one in text for one in MARKERS))
    assert meant(before + text) == [marker]
    assert meant(text, "markdown") == [marker]


@given(st.text(max_size=80), st.sampled_from(["code", "markdown", "raw"]))
def test_any_text_can_be_looked_at(text, kind):
    for number, line, marker in look_alikes(text, kind):
        assert text.split("\n")[number - 1].strip() == line
        assert marker in MARKERS


TEXT = """we begin the solution of this equation with a test and end it where hidden layers mark
scheme tests solutions ends begins starts in by for each event of a sample loss training network"""
WORDS = TEXT.split()


@given(st.lists(st.sampled_from(WORDS), min_size=5, max_size=12))
def test_sentences_are_never_taken_for_markers(words):
    sentence = " ".join(words).capitalize()
    assert meant(f"# {sentence}") == []
    assert meant(f"{sentence}.", "markdown") == []


@given(st.lists(st.sampled_from([word for word in WORDS if len(word) > 1]), max_size=3))
def test_short_lines_are_taken_for_markers_only_if_they_say_what_one_says(words):
    line = " ".join(words)
    verbs, nouns = r"(begin|begins|end|ends)", r"(solutions?|hidden tests?|mark schemes?)"
    if not re.fullmatch(rf"{verbs} {nouns}", line):
        assert meant(f"# {line}") == []
        assert meant(line, "markdown") == []


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_the_notebooks_of_this_course_hold_none(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert list(look_alikes(cell.source, cell.cell_type)) == []


def problems(tmp_path, cell):
    path = tiny.write(tmp_path, "one", tiny.notebook(cell))
    with pytest.raises(SourceError) as caught:
        check_sources([path])
    return str(caught.value)


@pytest.mark.parametrize("slip", ["HIDDEN TEST", "HIDEN TESTS", "hidden tests"])
def test_release_refuses_hidden_tests_that_would_be_handed_out(course, slip):
    notebook = tiny.adding()
    check = next(cell for cell in notebook.cells if cell.id == "check-1-add")
    check.source = check.source.replace("HIDDEN TESTS", slip)
    tiny.write(course.root, "adding", notebook)
    before = (course.release / tiny.SHEET / "adding.ipynb").read_bytes()
    with pytest.raises(SourceError) as caught:
        release(course, tiny.SHEET)
    said = str(caught.value)
    assert "adding.ipynb: check-1-add: line 2 looks like a marker and is none" in said
    assert f"'### BEGIN {slip}'" in said
    assert "write 'BEGIN HIDDEN TESTS'" in said
    assert (course.release / tiny.SHEET / "adding.ipynb").read_bytes() == before


@pytest.mark.parametrize("make", [new_markdown_cell, new_raw_cell])
def test_cells_of_all_kinds_are_looked_at(tmp_path, make):
    said = problems(tmp_path, make("A text.\n\n### BEGIN SOLUTIN\nfour", id="text"))
    assert "one.ipynb: cell 1: line 3 looks like a marker" in said
    assert "write 'BEGIN SOLUTION'" in said


def test_half_a_mark_scheme_is_refused(tmp_path):
    assert "do not alternate" in problems(tmp_path, new_markdown_cell("### END MARK SCHEME"))


@pytest.mark.parametrize(
    ("written", "marker"),
    [
        ("## ANSWER FROM HERE", "### ANSWER FROM HERE"),
        ("### Answer frm here", "### ANSWER FROM HERE"),
    ],
)
def test_markers_of_the_course_have_look_alikes_too(course_root, written, marker):
    with (course_root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.ClearSolutions.begin_solution_delimeter = {marker!r}\n")
        file.write("c.ClearSolutions.end_solution_delimeter = '### ANSWER TO HERE'\n")
    notebook = tiny.adding()
    for cell in notebook.cells:
        cell.source = cell.source.replace("### BEGIN SOLUTION", marker)
        cell.source = cell.source.replace("### END SOLUTION", "### ANSWER TO HERE")
    notebook.cells[2].source = notebook.cells[2].source.replace(marker, written)
    tiny.write(course_root, "adding", notebook)
    with pytest.raises(SourceError, match=rf"task-1-add: line 2 looks like .*{marker}"):
        release(Course.open(course_root), tiny.SHEET)


def test_hidden_tests_must_be_known_to_the_feedback(course_root):
    config = Config()
    config.ClearHiddenTests.begin_test_delimeter = "### BEGIN HIDDEN TESTS"
    assert "### BEGIN HIDDEN TESTS" in markers_of(config)
    with (course_root / "nbgrader_config.py").open("a") as file:
        file.write("c.ClearHiddenTests.end_test_delimeter = 'SECRET ENDS'\n")
        file.write("c.GenerateAssignment.preprocessors = ['nbgrader.preprocessors.SaveCells']\n")
    with pytest.raises(CourseError, match=r"marked by 'SECRET ENDS': marking .* RegisterCells"):
        release(Course.open(course_root), tiny.SHEET)
