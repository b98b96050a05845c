"""What travels between answers and tests: the tables of docs/other-courses.md are made here.

Each example is asked in the sandbox, and once in plain Python, where all of it is true.
"""

import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.marking.given import answers_of, given_for
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.sandbox.bubblewrap import Limits, View

PAGE = Path(__file__).parents[1] / "docs" / "other-courses.md"
BEGIN, END = "<!-- made by tests/test_travels.py -->\n\n", "\n<!-- end of what is made -->\n"
LIMITS = Limits(call=20, cell=30, notebook=120, memory=4 << 30)
PACKAGES = ("matplotlib.pyplot", "numpy", "pandas", "scipy.optimize", "sympy", "torch")
SETUP = """
import inspect, io, random
from collections import Counter, deque, namedtuple
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sympy
import torch
from scipy.optimize import minimize
"""
ANSWERS = '''
Point = namedtuple("Point", "x y")


class Square:
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side**2

    def __len__(self):
        return 4

    def __str__(self):
        return f"side {self.side}"

    def __repr__(self):
        return f"Square({self.side})"

    def __eq__(self, other):
        return self.side == getattr(other, "side", other)

    def __add__(self, other):
        return Square(self.side + getattr(other, "side", other))


def twice(x):
    """Two times x."""
    return 2 * x


def write(text):
    with open("notes.txt", "w") as notes:
        return notes.write(text)


def bars():
    ax = plt.figure().add_subplot()
    ax.bar(["a", "b"], [1, 2])
    ax.set_title("Bars")
    return ax
'''
KIND = "lambda v: type(v).__name__"


@dataclass(frozen=True)
class Example:
    """What a test asks of an answer.

    Attributes:
        what: in words.
        answer: an expression of the notebook.
        asks: expressions of the test that are true, in which `x` is the answer.
    """

    what: str
    answer: str
    asks: tuple[str, ...]


EXAMPLES = [
    Example("nothing, truth values", "[None, True]", ("x[0] is None and x[1] is True",)),
    Example("numbers", "2.5", ("isinstance(x, float)", "x == pytest.approx(5 / 2)")),
    Example("numbers of numpy, as wide as can be", "np.uint8(0)", ("x + 1 == 1",)),
    Example("numbers of other packages", "sympy.Integer(3)", ("x + 1 == 4",)),
    Example("exact numbers", "Fraction(1, 3)", ("3 * x == 1",)),
    Example("exact numbers", "Decimal('1.10')", ("x == Decimal('1.1')",)),
    Example("texts, bytes", "'grün'", ("x.upper() == 'GRÜN'",)),
    Example("lists, tuples, ranges, slices", "[(1, 2), range(3)]", ("x[0][1] in x[1]",)),
    Example("other sequences", "deque([1, 2])", ("x.pop() == 2",)),
    Example("sets, dicts and their views", "{'k': {1, 2}}", ("x['k'] == {1, 2}",)),
    Example("sets, dicts and their views", "{'k': 1}.items()", ("list(x) == [('k', 1)]",)),
    Example("named tuples, with their fields", "Point(1, 2)", ("x.y == 2", "x == (1, 2)")),
    Example("subclasses, as the plain value", "Counter('aab')", ("x['a'] == 2",)),
    Example("days and times", "date(2024, 1, 2)", ("x + timedelta(1) == date(2024, 1, 3)",)),
    Example("arrays, as wide as can be", "np.arange(3, dtype=np.int8)",
            ("isinstance(x, np.ndarray)", "x.sum() == 3")),
    Example("arrays of texts and times", "np.array(['a', 'bc'])", ("list(x) == ['a', 'bc']",)),
    Example("tensors, with their gradient", "torch.ones(2)", ("x.sum().item() == 2",)),
    Example("tables", "pd.DataFrame({'a': [1, 2]})",
            ("isinstance(x, pd.DataFrame)", "list(x.columns) == ['a']", "x['a'].sum() == 3")),
    Example("columns and labels of tables", "pd.Series([1.5, None], name='s')",
            ("x.name == 's'", "x.isna().sum() == 1")),
    Example("times of tables", "pd.Timestamp(2024, 1, 2)", ("x.day == 2",)),
    Example("figures and axes", "bars()",
            ("isinstance(x, plt.Axes)", "x.get_title() == 'Bars'", "len(x.patches) == 2")),
    Example("functions", "twice",
            ("x(4) == 8", "x.__name__ == 'twice'", "x.__doc__ == 'Two times x.'",
             "list(inspect.signature(x).parameters) == ['x']")),
    Example("generators and iterators", "map(twice, [1, 2, 3])",
            ("next(x) == 2", "list(x) == [4, 6]")),
    Example("objects of the notebook's classes", "Square(3)",
            ("x.side == 3", "x.area() == 9", "len(x) == 4", "str(x) == 'side 3'",
             "isinstance(x, Square)", "not hasattr(x, 'edge')")),
    Example("classes of the notebook", "Square", ("x(2).area() == 4",)),
    Example("objects of packages", "sympy.Symbol('s') + 1", ("str(x) == 's + 1'",)),
    Example("objects of packages", "np.ma.masked_less([1, 2, 3], 2)", ("x.mean() == 2.5",)),
    Example("results with attributes", "minimize(lambda v: v @ v, [1.0])",
            ("x.success", "abs(x.fun) < 1e-6")),
    Example("a test passes data", KIND,
            ("x(np.int16([1])) == 'ndarray'", "x(pd.Series([1])) == 'Series'")),
    Example("a test passes functions", "lambda f: f(3)",
            ("x(lambda n: n + 1) == 4", "x(str) == '3'")),
    Example("a test passes what both sides can import", KIND,
            ("x(np.sin) == 'ufunc'", "x(np) == 'module'")),
    Example("a test passes random generators", "lambda rng: rng.random()",
            ("x(random.Random(1)) == random.Random(1).random()",
             "x(np.random.default_rng(1)) == np.random.default_rng(1).random()")),
    Example("a test passes figures and axes", KIND, ("x(plt.figure().add_subplot()) == 'Axes'",)),
    Example("a test passes what an answer gave", KIND, ("x(Square(1)) == 'Square'",)),
    Example("objects of the notebook, with each other", "Square(1)",
            ("x == Square(1)", "(x + Square(2)).side == 3", "repr(x) == 'Square(1)'")),
    Example("objects of the notebook, with what a test knows", "Square(1)", ("x == 1",)),
    Example("objects of the notebook, with what a test knows", "Square(1)", ("(x + 2).side == 3",)),
    Example("a narrow type", "np.float32(1)", ("x.dtype == np.float32",)),
    Example("a subclass of a plain type", "Counter('aab')", ("isinstance(x, Counter)",)),
    Example("the source of an answer", "twice", ("'return' in inspect.getsource(x)",)),
    Example("a file that an answer writes", "write",
            ("x('done') == 4", "Path('notes.txt').read_text() == 'done'")),
    Example("a test makes a subclass", "Square", ("type('Big', (x,), {})(2).area() == 4",)),
    Example("a test passes an object of a class of its own", KIND,
            ("x(type('Own', (), {})()) == 'Own'",)),
    Example("a test passes a path or a text to be read", "lambda file: file.read()",
            ("x(io.StringIO('text')) == 'text'",)),
    Example("a test passes a file to write to", "lambda file: print('text', file=file)",
            ("x(io.TextIOWrapper(io.BytesIO())) is None",)),
    Example("a test passes a network", KIND, ("x(torch.nn.Linear(2, 1)) == 'Linear'",)),
]  # fmt: skip


def notebook() -> Any:
    """Each example with an answer and a grade cell, whose value is how the answer arrives."""
    own = [f"answer_{n} = {one.answer}" for n, one in enumerate(EXAMPLES)]
    tests = [
        "\n".join([f"x = answer_{n}", *(f"assert {ask}" for ask in one.asks), "type(x).__name__"])
        for n, one in enumerate(EXAMPLES)
    ]
    return tiny.notebook(
        new_code_cell(SETUP, id="setup"),
        tiny.solution(ANSWERS + "\n".join(own), "answers"),
        *(tiny.code(test, f"test-{n}", grade=True, points=1) for n, test in enumerate(tests)),
    )


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """How each answer arrives, and what its test hears instead if not all is true there."""
    made, folder = notebook(), tmp_path_factory.mktemp("tests")
    given, answers = given_for(made.cells), sorted(answers_of(made.cells))
    plan = Plan(
        folder, View({}), PACKAGES, PACKAGES, LIMITS, given={"n": given}, answers={"n": answers}
    )
    with TestServer(folder, PACKAGES) as server:
        run_submission({"n": made}, plan, server)
    found = []
    for cell in made.cells[2:]:
        (output,) = cell.outputs
        if output.output_type == "error":
            found.append(("", f"{output.ename}: {output.evalue}"))
        else:
            found.append((output.data["text/plain"].strip("'"), ""))
    return found


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def quoted(*sources: str) -> str:
    return ", ".join(f"`{source}`" for source in sources)


def tables(heard: list[tuple[str, str]]) -> str:
    """What travels, and what does not."""
    goes = [line("what", "an answer", "arrives as", "a test may ask"), line(*["---"] * 4)]
    stays = [line("what", "an answer", "a test asks", "and hears"), line(*["---"] * 4)]
    for one, (arrived, error) in zip(EXAMPLES, heard, strict=True):
        if error:
            stays.append(line(one.what, quoted(one.answer), quoted(*one.asks), error))
        else:
            goes.append(line(one.what, quoted(one.answer), quoted(arrived), quoted(*one.asks)))
    return "\n".join([*goes, "", "What does not travel:", "", *stays]) + "\n"


def test_the_page_says_what_travels(heard):
    made = tables(heard)
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == made, f"the tables are:\n{made}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.answer)
def test_all_that_is_asked_is_true_in_plain_python(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plain.py").write_text(SETUP + ANSWERS, encoding="utf-8")
    names = runpy.run_path("plain.py")
    names["x"] = eval(example.answer, names)
    assert [ask for ask in example.asks if not eval(ask, names)] == []
    names["plt"].close("all")
