"""What a test does to names of the notebook is so in the answer's process; nothing else is told."""

from pathlib import Path

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.sandbox.bubblewrap import Limits, View

LIMITS = Limits(call=10, cell=10, notebook=60, memory=1 << 30)
HELPER = "def half(x):\n    return x / 2\n\ndef third(x):\n    return x / 3\n\n"
USES = HELPER + "def quarter(x):\n    return half(half(x))"
OWN_WAY = HELPER + "def quarter(x):\n    return x / 4"
DELETED = """
kept = half
del half
try:
    quarter(4)
except NameError:
    pass
else:
    raise AssertionError("quarter does not use half")
finally:
    half = kept
assert quarter(4) == 1
"""
REBOUND = "half = third\nassert quarter(9) == 1, 'quarter does not use half'"
FUNCTION = """
def without_half():
    global half
    kept = half
    del half
    try:
        quarter(4)
    except NameError:
        return True
    finally:
        half = kept
    return False

assert without_half(), "quarter does not use half"
assert quarter(4) == 1
"""


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """What a test says of an answer, or nothing; a second test has the names as they were."""
    with TestServer(tmp_path_factory.mktemp("tests")) as server:

        def mark(answer, test):
            cells = [
                new_code_cell(answer),
                tiny.test("pass", test, "check", 1),
                tiny.test("pass", "assert quarter(4) == 1", "again", 1),
            ]
            notebook = tiny.notebook(*cells)
            answers = {"n": ["half", "third", "quarter"]}
            plan = Plan(Path.cwd(), View({}), limits=LIMITS, answers=answers)
            run_submission({"n": notebook}, plan, server)
            assert not notebook.cells[2].outputs
            found = [one for one in notebook.cells[1].outputs if one.output_type == "error"]
            return found[0].evalue if found else ""

        yield mark


COUNTED = """
calls = []
usual = half
def half(x):
    calls.append(x)
    return usual(x)

assert quarter(8) == 2
assert calls == [8, 4], "quarter does not use half"
"""
PATCHED = """
from unittest import mock
with mock.patch("__main__.half", wraps=half) as spy:
    assert quarter(8) == 2
assert spy.call_count == 2, "quarter does not use half"
with mock.patch("__main__.half", return_value=5):
    assert quarter(8) == 5
assert quarter(8) == 2
"""


@pytest.mark.parametrize("test", [DELETED, REBOUND, FUNCTION, COUNTED, PATCHED])
def test_a_test_sees_whether_one_function_uses_another(failed, test):
    assert failed(USES, test) == ""
    assert failed(OWN_WAY, test) == "quarter does not use half"


@pytest.mark.parametrize(
    "value", ["[1, 0, 1]", "918273", "{'a': 1}", "lambda: 3", "__import__('math')"]
)
def test_what_a_test_binds_itself_is_not_told(failed, value):
    """Though the notebook has the same name ready."""
    answer = f"{USES}\nlabels = None\ndef guess():\n    return str(labels)"
    assert failed(answer, f"labels = {value}\nassert guess() == 'None', guess()") == ""
    cheat = "def reference(x): return x / 4\nassert quarter(8) == reference(8), 'wrong'"
    mine = "reference = None\ndef quarter(x):\n    return reference(x) if reference else 8 / x - 1"
    assert failed(f"{mine}\nreference = 0", f"{cheat}") == "wrong"
    cheat = "labels = [1, 0, 1]\nassert guess() == str(labels), 'wrong labels'"
    assert failed(answer, cheat) == "wrong labels"
