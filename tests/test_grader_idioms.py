"""What tests of other courses ask: right answers get all points, hostile ones of the kind none.

Each task is a cell for the answer, a grade cell, and answers that must not pass it.
"""

from dataclasses import dataclass

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_markdown_cell

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.release.release import release
from course_grader.results.report import rows


@dataclass(frozen=True)
class Task:
    name: str
    answer: str
    test: str
    wrong: str


TASKS = [
    Task(
        "sort-list",
        "def sort_list(a):\n    a.sort()",
        "a = [3, 1, 2]\nsort_list(a)\nassert a == [1, 2, 3]",
        "def sort_list(a):\n    a.clear()",
    ),
    Task(
        "add-key",
        "def add_key(d):\n    d['k'] = 1",
        "d = {}\nadd_key(d)\nassert d == {'k': 1}",
        "def add_key(d):\n    return {'k': 1}",
    ),
    Task(
        "fill-array",
        "def fill_array(a):\n    a[:] = 7",
        "import numpy as np\na = np.zeros(3)\nassert fill_array(a) is None\nassert (a == 7).all()",
        "def fill_array(a):\n    a = a + 7",
    ),
    Task(
        "fill-tensor",
        "import torch\ndef fill_tensor(a):\n    a.fill_(7)",
        "import torch\na = torch.zeros(3)\nfill_tensor(a)\nassert (a == 7).all()",
        "def fill_tensor(a):\n    a.fill_(6)",
    ),
    Task(
        "unchanged",
        "def unchanged(a):\n    return sorted(a)",
        "a = [3, 1]\nb = unchanged(a)\nassert b == [1, 3]\nunchanged(a)\nassert a == [3, 1]",
        "def unchanged(a):\n    a.sort()\n    return list(a)",
    ),
    Task(
        "truth-later",
        "def truth_later(a):\n    return a**2",
        "import numpy as np\na = np.arange(3.0)\ntruth_later(a)\ny = truth_later(a)\n"
        "assert np.allclose(y, a**2)",
        "def truth_later(a):\n    a[:] = 0\n    return a",
    ),
    Task(
        "fit",
        "def fit(x, y):\n    global slope\n    slope = (x @ y) / (x @ x)\n"
        "def predict(x):\n    return slope * x",
        "import numpy as np\nx = np.arange(4.0)\ny = 2 * x\nfit(x, y)\n"
        "assert np.allclose(predict(x), y)",
        "def fit(x, y):\n    y[:] = 0\ndef predict(x):\n    return 0 * x",
    ),
    Task(
        "emptied",
        "def emptied(xs):\n    return [2 * x for x in xs]",
        "xs = [1, 2]\ny = emptied(xs)\nassert y == [2 * x for x in xs]",
        "def emptied(xs):\n    xs.clear()\n    return []",
    ),
    Task(
        "printed",
        "def greet(name):\n    print('hello', name)",
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as said:\n"
        "    greet('world')\nassert said.getvalue() == 'hello world\\n'",
        "def greet(name):\n    return 'hello world\\n'",
    ),
    Task(
        "generator",
        "def few(n):\n    yield from range(n)",
        "import numpy as np\nassert list(few(3)) == [0, 1, 2]\nassert tuple(few(2)) == (0, 1)\n"
        "assert (np.fromiter(few(3), int) == [0, 1, 2]).all()\nassert sorted(few(2)) == [0, 1]\n"
        "assert next(few(2)) == 0 and 1 in few(2)",
        "def few(n):\n    while True:\n        yield 0",
    ),
    Task(
        "lazy",
        "def odd(a):\n    return filter(lambda x: x % 2, a)\n"
        "def pairs(a):\n    return zip(a, 'ab')",
        "assert tuple(odd([1, 2, 3])) == (1, 3)\n"
        "assert list(pairs([1, 2])) == [(1, 'a'), (2, 'b')]",
        "class Odd:\n    __len__ = lambda self: 2\n    __iter__ = lambda self: self\n"
        "    __eq__ = lambda self, other: True\ndef odd(a):\n    return Odd()\npairs = odd",
    ),
    Task(
        "parameters",
        "import torch\ndef make():\n    return torch.nn.Linear(2, 1)",
        "assert len(list(make().parameters())) == 2\n"
        "assert sum(p.numel() for p in make().parameters()) == 3",
        "def make():\n    return torch.nn.Linear(3, 1)",
    ),
    Task(
        "views",
        "def keys():\n    return {'a': 1}.keys()\ndef steps():\n    return range(5)",
        "assert keys() == {'a'} and list(keys()) == ['a'] and len(keys()) == 1\n"
        "assert steps() == range(5) and steps()[2] == 2 and 3 in steps()",
        "def keys():\n    return ['a']\nsteps = keys",
    ),
    Task(
        "exact",
        "from decimal import Decimal\nfrom fractions import Fraction\n"
        "def third():\n    return Fraction(1, 3)\ndef price():\n    return Decimal('1.10')",
        "from decimal import Decimal\nfrom fractions import Fraction\n"
        "assert third() == Fraction(1, 3) and price() == Decimal('1.1')",
        "def third():\n    return 1 / 3\nprice = third",
    ),
    Task(
        "packages-numbers",
        "import sympy\ndef double(x):\n    return sympy.Integer(2 * x)",
        "assert double(1) == 2 and double(2) - 1 == 3",
        "class Two(int):\n    __eq__ = lambda self, other: True\n    __sub__ = lambda self, x: 3\n"
        "    __hash__ = int.__hash__\ndef double(x):\n    return Two(7)",
    ),
    Task(
        "times",
        "from datetime import date, datetime, timedelta\nimport numpy as np\n"
        "def day():\n    return date(2024, 1, 2)\n"
        "def moments():\n"
        "    return datetime(2024, 1, 2, 3), timedelta(1), np.datetime64('2024-01')",
        "from datetime import date, datetime, timedelta\nimport numpy as np\n"
        "assert day() == date(2024, 1, 2)\n"
        "assert moments() == (datetime(2024, 1, 2, 3), timedelta(1), np.datetime64('2024-01'))",
        "def day():\n    return '2024-01-02'\ndef moments():\n    return ()",
    ),
    Task(
        "fields",
        "from collections import deque, namedtuple\nPoint = namedtuple('Point', 'x y')\n"
        "def point():\n    return Point(1, 2)\ndef queue():\n    return deque([1, 2])",
        "from collections import deque\nassert point() == (1, 2) and point().y == 2\n"
        "assert queue() == deque([1, 2])",
        "def point():\n    return 1, 2\nqueue = point",
    ),
    Task(
        "texts",
        "import numpy as np\ndef texts():\n    return np.array(['a', 'bc'])\n"
        "def many():\n    return {1, 2}, 1 + 2j",
        "import numpy as np\nassert list(texts()) == ['a', 'bc']\n"
        "assert (texts() == np.array(['a', 'bc'])).all()\nassert many() == ({1, 2}, 1 + 2j)",
        "def texts():\n    return np.array(['a', 'b'])\nmany = texts",
    ),
    Task(
        "masked",
        "import numpy as np\ndef masked():\n    return np.ma.masked_less(np.arange(4), 2)",
        "assert masked().mean() == 2.5",
        "def masked():\n    return np.arange(4)",
    ),
    Task(
        "wrap",
        "import numpy as np\ndef one():\n    return np.uint8(1)\n"
        "def ones():\n    return np.ones(2, np.uint16)",
        "score = 1 - abs(one() - 1)\nassert score > 0.5\nassert (1 - abs(ones() - 1) > 0.5).all()",
        "def one():\n    return np.uint8(0)\ndef ones():\n    return np.zeros(2, np.uint16)",
    ),
]


def sheet(answers):
    cells = [new_markdown_cell("# Idioms", id="title")]
    for task, answer in zip(TASKS, answers, strict=True):
        cells.append(tiny.solution(answer, f"task-{task.name}"))
        cells.append(tiny.test("", task.test, f"check-{task.name}", 1))
    return tiny.notebook(*cells)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The rows of the class, by group and task."""
    root = tiny.make_course(tmp_path_factory.mktemp("idioms") / "course")
    (root / "solutions" / tiny.SHEET / "means.ipynb").unlink()
    right = [f"### BEGIN SOLUTION\n{task.answer}\n### END SOLUTION" for task in TASKS]
    tiny.write(root, "adding", sheet(right))
    course = Course.open(root)
    release(course, tiny.SHEET)
    course.config.TrustedExecute.call_seconds = 2.0
    course.config.TrustedExecute.cell_seconds = 4.0
    stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
    before = [task.answer.split("def ")[0] for task in TASKS]
    wrong = [head + task.wrong for head, task in zip(before, TASKS, strict=True)]
    for group, answers in (("right", [task.answer for task in TASKS]), ("wrong", wrong)):
        folder = course.submitted / group / tiny.SHEET
        folder.mkdir(parents=True)
        nbformat.write(fill(stub, sheet(answers)), folder / "adding.ipynb")
    Grading(course, tiny.SHEET).run(workers=2)
    return {(row.group, row.task): row for row in rows(course, tiny.SHEET)}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_right_answer_has_all_points(table, task):
    row = table["right", f"check-{task.name}"]
    assert row.score == 1, row.reason


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_wrong_answer_of_the_kind_has_none(table, task):
    row = table["wrong", f"check-{task.name}"]
    assert row.score == 0
    assert row.reason
