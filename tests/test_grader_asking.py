"""A grade cell sees what an answer did to its arguments where it asks, and nowhere else."""

import ast

import pytest

from course_grader.marking.asking import asking, changing

THEIRS = ("f", "fit", "held", "model", "predict", "sort_it", "np")


def asked(source):
    """Places of the arguments of the calls that ask, in their order."""
    marked = asking(ast.parse(source), THEIRS)
    calls = [
        node.func
        for node in ast.walk(marked)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call)
    ]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [ast.literal_eval(call.args[1]) for call in calls]


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("a = [3, 1]\nsort_it(a)\nassert a == [1, 3]", [(0,)]),
        ("a = [3, 1]\nassert sort_it(a) is None\nassert a == [1, 3]", [(0,)]),
        ("a = [3, 1]\n_ = sort_it(a)\nassert a == [1, 3]", [(0,)]),
        ("import numpy as np\na = np.ones(2)\nb = np.sort(a)\nf(a)\nassert (a == b).all()", [(0,)]),
        ("a, b = [1], [2]\nf(a, b)\nassert a == [2] and b == [1]", [(0, 1)]),
        ("d = {}\nf(1, into=d)\nassert d == {}", [("into",)]),
        ("s = []\nf(s, 1)\nf(s, 2)\nassert s == [1, 2]", [(0,), (0,)]),
        ("for a in ([3, 1], [2]):\n    b = sorted(a)\n    f(a)\n    assert a == b", [(0,)]),
        ("a = [3]\nb = f(a)\nassert b == [3]\nf(a)\nassert a == [3]", [(0,)]),
        ("a = [3]\nf(a)\nassert a == [3]\na = [4]\nassert f(a) == [4]", [(0,)]),
        ("def test():\n    a = [3]\n    sort_it(a)\n    assert a == [3]\ntest()\n1", [(0,)]),
        ("held = [3, 1]\nf(held)\nassert held == [1, 3]", [(0,)]),
        ("import numpy as np\na = np.ones(2)\nf(a)\nassert (a == 7).all()", [(0,)]),
        ("for held in ([3, 1], [2]):\n    f(held)\n    assert held[0]", [(0,)]),
        ("def test():\n    held = [3]\n    f(held)\n    assert held == [3]\ntest()\n1", [(0,)]),
        ("a = [1]\nf(a)\nassert a == [2 * held for held in [1]]", [(0,)]),
        ("try:\n    a = [3]\n    f(a)\nexcept ValueError:\n    a = None\nassert a == [3]", [(0,)]),
    ],
)
def test_a_call_for_its_effect_asks(source, places):
    assert asked(source) == places


@pytest.mark.parametrize(
    "source",
    [
        "y = predict(x)\nassert (y == sorted(x)).all()",
        "fit(x, y)\nassert predict(x) == y",
        "fit(x, y)\np = predict(x)\nassert p == y",
        "fit(y)\ntruth = y.sum()\np = predict(x)\nassert p == truth",
        "fit(y)\nassert model.coefficient == y",
        "fit(y)\ndef share(p):\n    return (p == y).mean()\nassert share(predict(x)) > 0.9",
        "right = lambda: predict(x) == y\nfit(y)\nassert right()",
        "y = data['y']\nfit(y)\nassert predict(x) == data['y']",
        "f(x)\nassert f(x) == sorted(x)",
        "f(x)\ny = f(x)\ntruth = sorted(x)\nassert truth == y",
        "for x in many:\n    f(x)\n    assert f(x) == sorted(x)",
        "for k in range(2):\n    assert f(x) == sorted(x)\n    f(x)",
        "while True:\n    p = f(x)\n    assert p == t\n    t = sorted(x)\n    f(x)",
        "def test(m, x, y):\n    m.fit(x, y)\n    assert m.predict(x) == y\ntest(model, x, y)",
        "m = model()\nm.fit(x, y)\nassert m.predict(x) == y",
        "f(y)\nif predict(x) == y:\n    points = 1\nassert points",
        "f(y)\nwith open(predict(y)) as file:\n    pass",
        "f(y)\nfor p in predict(y):\n    pass",
        "f(y)\nmatch predict(x):\n    case 1: assert y",
        "f(y)\nif long:\n    y = 1\nassert predict(x) == y",
        "if long:\n    x = predict(1)\nelse:\n    x = [1]\nf(x)\nassert x == [1]",
        "f(held)\nassert held == [1]",
        "held = held[:2]\nf(held)\nassert held == [1]",
        "a = held\nf(a)\nassert a == [1]",
        "def t():\n    global held\n    f(held)\n    assert held == [3]\n    held = 1\nt()\n1",
        "if long:\n    held = [1]\nf(held)\nassert held == [1]",
        "held += [1]\nf(held)\nassert held == [1]",
        "f(*x)\nassert x == 1",
        "x = predict(1)\nf(x)\nassert x == 1",
        "f([1, 2])\nassert 1",
        "x = [1]\nf(x)",
    ],
)
def test_inputs_stay_what_they_are(source):
    assert not any(asked(source))


def test_functions_of_the_test_are_called_as_they_are():
    assert changing(sorted, (0,)) is sorted
