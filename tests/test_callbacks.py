"""Functions of a test that are passed to answers: what works, and what hostile answers try."""

import re

import pytest
from courses.asking import asker

MODULES = ("numpy", "scipy.optimize", "scipy.integrate", "torch")


@pytest.fixture(scope="module")
def reply(tmp_path_factory):
    """What a test gets from an answer: its error, or what it printed."""
    with asker(tmp_path_factory.mktemp("tests"), MODULES) as ask:
        yield ask


RIGHT = {
    "newton": (
        "def newton(f, fprime, x):\n    for _ in range(20):\n        x = x - f(x) / fprime(x)\n"
        "    return x",
        "assert abs(newton(lambda x: x**2 - 2, lambda x: 2 * x, 1.0) - 2**0.5) < 1e-12",
    ),
    "scipy": (
        "from scipy.integrate import solve_ivp\ndef solve(rhs, y0, t):\n"
        "    return solve_ivp(rhs, (0, t), y0, rtol=1e-8).y[:, -1]",
        "import numpy as np\nassert np.allclose(solve(lambda t, y: -y, [1.0], 1.0), np.exp(-1))",
    ),
    "fit": (
        "from scipy.optimize import curve_fit\ndef fit(model, x, y):\n"
        "    return curve_fit(model, x, y)[0]",
        "import numpy as np\nx = np.arange(5.0)\n"
        "assert np.allclose(fit(lambda x, a, b: a * x + b, x, 2 * x + 1), [2, 1])",
    ),
    "key": (
        "def by(xs, key):\n    return sorted(xs, key=key)",
        "assert by(['aaa', 'b', 'cc'], len) == ['b', 'cc', 'aaa']\n"
        "assert by([3, -1, 2], lambda x: x**2) == [-1, 2, 3]",
    ),
    "composed": (
        "def compose(f, g):\n    return lambda x: f(g(x))",
        "import numpy as np\nh = compose(np.sqrt, lambda x: x + 1)\nassert h(8.0) == 3.0",
    ),
    "given back": (
        "def same(f):\n    return f",
        "def f(x):\n    return x\nassert same(f) is f",
    ),
    "re-entrant": (
        "def fixed_point(f, x):\n    for _ in range(5):\n        x = f(x)\n    return x\n"
        "def half(x):\n    return x / 2",
        "assert fixed_point(lambda x: half(x) + 1, 0.0) == 1.9375",
    ),
    "answers of its own": (
        "def apply(f, x):\n    return f(x)\ndef double(x):\n    return 2 * x",
        "assert apply(double, 4) == 8",
    ),
    "error": (
        "def careful(f):\n    try:\n        return f()\n    except ZeroDivisionError as error:\n"
        "        return str(error) or 'none'",
        "assert careful(lambda: 1 / 0) == 'none'",
    ),
    "signature": (
        "import inspect\ndef count(f):\n"
        "    return len(inspect.signature(f).parameters), f.__name__",
        "def three(a, b, c=1): ...\nassert count(three) == (3, 'three')",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_answers_call_functions_of_a_test(reply, name):
    assert reply(*RIGHT[name]) == ""


@pytest.mark.parametrize(
    ("answer", "test", "says"),
    [
        (  # floods
            "def f(g):\n    while True:\n        g(1)",
            "f(lambda x: x)",
            "ConnectionError: your code took longer than the 3 s",
        ),
        (  # endless recursion between the sides
            "def f(g):\n    return g(f, g)",
            "f(lambda f, g: f(g))",
            "RecursionError",
        ),
        (  # too large
            "import numpy as np\ndef f(g):\n    return g(np.zeros(10**9, np.int8))",
            "f(len)",
            "WireError|ConnectionError|MemoryError",
        ),
        (  # arguments that change
            "class A(list):\n    pass\n"
            "def f(g):\n    a = A([1])\n    g(a)\n    a[0] = 5\n    return 1",
            "seen = []\nassert f(seen.append) == 1\nassert seen == [[1]]\nprint('ok')",
            "ok",
        ),
        (  # a number that was never passed
            "def f(g):\n    g.number = -7\n    return g(1)",
            "f(lambda x: x)",
            "KeyError",
        ),
        (  # what both sides can import is not called on the other one
            "def f(known, g):\n    return g._ask(-1, ([1, 2],), {})",
            "f(len, lambda x: x)",
            "KeyError",
        ),
        (  # nonsense instead of arguments
            "def f(g):\n    p = g._ask.__self__\n"
            "    nonsense = {'number': 'x', 'arguments': 3, 'options': []}\n"
            "    p.channel.send({'said': 'callback'} | nonsense)\n"
            "    return p.channel.receive()['kind']",
            "print(f(lambda x: x))",
            "TypeError",
        ),
        (  # what a test's function says is not told
            "def f(g):\n    try:\n        g(1)\n    except Exception as error:\n"
            "        return repr(error)",
            "def g(x):\n    raise ValueError('918273')\nprint(f(g))",
            r"ValueError\(\)",
        ),
        (  # from a thread
            "import threading\ndef f(g):\n    said = []\n    def run():\n        try:\n"
            "            g(1)\n        except Exception as error:\n"
            "            said.append(str(error))\n"
            "    t = threading.Thread(target=run)\n    t.start()\n    t.join()\n    return said[0]",
            "print(f(lambda x: x))",
            "main thread only",
        ),
        (  # gradients
            "import torch\ndef f(g):\n    return g(torch.ones(2, requires_grad=True))",
            "f(lambda x: x.sum())",
            "TypeError",
        ),
        (  # what cannot travel back
            "def f(g):\n    return g(1)",
            "f(lambda x: object())",
            "TypeError",
        ),
        (  # objects are still none of theirs
            "def f(thing):\n    return thing.secret",
            "class Thing:\n    secret = 918273\nf(Thing())",
            "passed a Thing to an answer",
        ),
    ],
)  # fmt: skip
def test_what_hostile_answers_do_with_them_costs_them_that_test(reply, answer, test, says):
    assert re.search(says, reply(answer, test)), reply(answer, test)


def test_a_function_is_not_there_after_its_test(reply):
    answer = "kept = []\ndef f(g):\n    kept.append(g)\n    return len(kept)"
    first = "assert f(lambda x: x) == 1\nassert f(len) == 2"
    assert reply(answer, first, "print(f(lambda x: x))") == "1"
