"""All visible parts of grade cells run before the first hidden one, and may say what they like."""

from pathlib import Path

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.marking.grade_cell import MOST_LINES
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.sandbox.bubblewrap import Limits, View

LIMITS = Limits(call=10, cell=10, notebook=60, memory=1 << 30)
SECRET = "918273"


def said(cell):
    """Kind, text and first line of a cell's error, if it has one."""
    found = [one for one in cell.outputs if one.output_type == "error"]
    return (found[0].ename, found[0].evalue, found[0].traceback[0]) if found else None


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Runs cells of one or more notebooks; what their grade cells say, by grade id."""
    with TestServer(tmp_path_factory.mktemp("tests")) as server:

        def through(*notebooks):
            made = {str(k): tiny.notebook(*cells) for k, cells in enumerate(notebooks)}
            run_submission(made, Plan(Path.cwd(), View({}), limits=LIMITS), server)
            named = [cell for one in made.values() for cell in one.cells if cell.metadata]
            return {cell.id: said(cell) for cell in named}

        yield through


def check(name, visible, hidden=""):
    return tiny.test(visible, hidden, name, 1) if hidden else tiny.code(visible, name, grade=True)


def test_a_visible_error_keeps_its_text_its_line_and_its_name(errors):
    """Although a cell before it, and one of another notebook, has a hidden part."""
    fails = new_code_cell("def g(x):\n    raise ValueError(f'no {x} here')")
    found = errors(
        [new_code_cell("def f(x):\n    return x"), check("a", "f(1)", f"f({SECRET})")],
        [fails, check("b", "g(7)", f"g({SECRET})"), check("c", "g(8)")],
    )
    assert found["a"] is None
    line = "line 2: raise ValueError(f'no {x} here')"
    assert found["b"] == ("ValueError", "no 7 here", line)
    assert found["c"] == ("ValueError", "no 8 here", line)


def test_a_hidden_error_shows_the_line_and_neither_its_number_nor_its_text(errors):
    fails = f"def g(x):\n    if x == {SECRET}:\n        raise ValueError(x)"
    found = errors([new_code_cell(fails), check("a", "g(7)", f"g({SECRET})")])
    assert found["a"] == ("ValueError", "", "in the line: raise ValueError(x)")


SEEN = """
import pathlib
def f(x):
    with open("seen", "a") as file:
        file.write(f"{x} ")
def seen():
    return pathlib.Path("seen").read_text()
"""


def test_answers_meet_no_hidden_input_before_the_last_visible_one(errors):
    cells = [new_code_cell(SEEN)]
    cells += [check(name, f"f('{name}')", f"f('hidden-{name}')") for name in "abc"]
    cells.append(check("end", "", "assert seen() == 'a b c hidden-a hidden-b hidden-c '"))
    assert set(errors(cells).values()) == {None}


@pytest.mark.parametrize("hidden", [False, True])
def test_lines_of_a_cell_that_nobody_wrote_by_hand_are_not_shown(errors, hidden):
    """Its lines could spell a hidden input, by their numbers or by their texts."""
    many = "\n".join(
        ["def g(x):", *(f"    if x == {k}: raise ValueError" for k in range(MOST_LINES))]
    )
    test = check("a", "pass", "g(1234)") if hidden else check("a", "g(1234)")
    (found,) = errors([new_code_cell(many), test]).values()
    assert found[0] == "ValueError"
    assert "1234" not in str(found)


def test_a_statement_with_a_hidden_part_is_hidden(errors):
    source = f"if True:\n    ### BEGIN HIDDEN TESTS\n    g({SECRET})\n    ### END HIDDEN TESTS\n"
    fails = new_code_cell("def g(x):\n    raise ValueError(x)")
    assert SECRET not in str(errors([fails, check("a", source)]))


def test_a_test_that_ends_all_lets_those_that_wait_go_on(errors):
    """What runs too long is ended with everything that is not parked."""
    slow = new_code_cell("def s():\n    import os\n    os._exit(1)\ndef f(x):\n    return x")
    found = errors(
        [slow, check("a", "assert f(1) == 1", "assert f(2) == 2"), check("b", "s()"),
         check("c", "", "s()"), check("d", "assert f(1) == 1", "assert f(2) == 2")]
    )  # fmt: skip
    assert [name for name, said in found.items() if said] == ["b", "c"]
