"""Whatever a test reads of an answer by Python's usual protocols: right passes, wrong fails.

Each task is an answer, a test, and an answer of the same kind that must not pass it.
"""

import pytest
from courses.asking import asker

MODULES = ("numpy", "pandas", "torch", "matplotlib.pyplot")
FIGURE = """
import matplotlib.pyplot as plt
import numpy as np
def draw(n):
    fig, ax = plt.subplots()
    x = np.linspace(0, n, 5)
    ax.plot(x, x**2, color="red", label="square")
    ax.plot(x, x, "--", label="line")
    ax.set(title="Powers", xlabel="x", ylabel="y", xlim=(0, n), yscale="log")
    ax.bar([1, 2], [3, 4])
    ax.legend()
    return fig, ax
"""
READS = """
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
fig, ax = draw(4)
assert isinstance(fig, plt.Figure) and isinstance(ax, plt.Axes)
assert fig.axes[0] is not None and len(fig.axes) == 1
assert ax.get_title() == "Powers" and ax.get_xlabel() == "x" and ax.get_ylabel() == "y"
assert ax.get_xlim() == (0, 4) and ax.get_yscale() == "log"
assert len(ax.lines) == len(ax.get_lines()) == 2 and isinstance(ax.lines[0], Line2D)
assert np.allclose(ax.lines[0].get_ydata(), ax.lines[0].get_xdata() ** 2)
assert [line.get_label() for line in ax.lines] == ["square", "line"]
assert [line.get_color() for line in ax.lines][0] == "red" and ax.lines[1].get_linestyle() == "--"
assert [text.get_text() for text in ax.get_legend().get_texts()] == ["square", "line"]
assert [patch.get_height() for patch in ax.patches] == [3, 4]
"""
TABLE = """
import pandas as pd
def means(df):
    return df.groupby("group", as_index=False)["x"].mean()
"""
TESTED = """
import pandas as pd
df = pd.DataFrame({"group": ["a", "b", "a"], "x": [1, 2, 4]})
found = means(df)
assert isinstance(found, pd.DataFrame) and list(found.columns) == ["group", "x"]
assert found.shape == (2, 2) and found["x"].sum() == 4.5 and found.loc[0, "group"] == "a"
expected = pd.DataFrame({"group": ["a", "b"], "x": [2.5, 2.0]})
pd.testing.assert_frame_equal(found, expected)
"""
ERROR = """
class NotConverged(ValueError):
    def __init__(self, steps):
        super().__init__(f"not after {steps} steps")
        self.steps = steps
class Worse(NotConverged):
    pass
def solve(n):
    raise (NotConverged if n < 9 else Worse)(n)
"""
CATCHES = """
import pytest
assert issubclass(NotConverged, ValueError) and issubclass(Worse, NotConverged)
with pytest.raises(NotConverged) as caught:
    solve(3)
assert caught.value.steps == 3 and str(caught.value) == "not after 3 steps"
assert caught.value.args == ("not after 3 steps",)
try:
    solve(9)
except Worse as error:
    assert isinstance(error, NotConverged)
with pytest.raises(ValueError, match="after 3"):
    solve(3)
"""
VECTOR = """
class Shape:
    sides = 0
class Square(Shape):
    \"\"\"A square.\"\"\"
    sides = 4
    def __init__(self, a: float = 1):
        self.a = a
    def __str__(self):
        return f"a square of {self.a}"
    def area(self) -> float:
        \"\"\"Its area.\"\"\"
        return self.a**2
"""
READ_VECTOR = """
import inspect
square = Square(3)
assert isinstance(square, Square) and isinstance(square, Shape) and not isinstance(3, Square)
assert inspect.isclass(Square) and not inspect.isfunction(Square)
assert square.area() == 9 and str(square) == "a square of 3" and f"{square}" == str(square)
square.a = 2
assert square.area() == 4 and hasattr(square, "a") and not hasattr(square, "b")
del square.a
assert not hasattr(square, "a")
assert Square.__doc__ == "A square." and inspect.getdoc(square.area) == "Its area."
assert list(inspect.signature(Square).parameters) == ["a"]
assert Square.__name__ == "Square"
"""
TASKS = {
    "figure": (FIGURE, READS, FIGURE.replace("x**2", "x**3")),
    "figure-title": (FIGURE, READS, FIGURE.replace('title="Powers", ', "")),
    "figure-kind": (FIGURE, READS, FIGURE.replace("return fig, ax", "return ax, fig")),
    "axes": (
        "def draw(ax, x, y):\n    ax.plot(x, y)\n    ax.set_title('t')\n    ax.set_ylim(0, 9)",
        "import matplotlib.pyplot as plt\nimport numpy as np\nfig, axes = plt.subplots(1, 2)\n"
        "x = np.arange(3.0)\nassert draw(axes[1], x, x**2) is None\n"
        "assert axes[1].get_title() == 't' and axes[1].get_ylim() == (0, 9)\n"
        "assert (axes[1].lines[0].get_ydata() == x**2).all() and not len(axes[0].lines)\n"
        "assert isinstance(axes[1], plt.Axes) and len(fig.axes) == 2\n"
        "assert axes[1].get_subplotspec().get_geometry() == (1, 2, 1, 1)\n"
        "fig, ax = plt.subplots(subplot_kw={'projection': 'polar'})\ndraw(ax, x, x)\n"
        "assert ax.name == 'polar' and len(ax.lines) == 1\nplt.close('all')",
        "def draw(ax, x, y):\n    import matplotlib.pyplot as plt\n    plt.plot(x, 0 * y)",
    ),
    "figure-passed": (
        "import matplotlib.pyplot as plt\ndef draw(fig):\n    plt.plot([1, 2])\n"
        "    fig.suptitle('all')\n    return fig",
        "import matplotlib.pyplot as plt\nfig = plt.figure(figsize=(4, 3))\n"
        "assert draw(fig) is not None\nassert len(fig.axes) == 1 and len(fig.axes[0].lines) == 1\n"
        "assert fig.get_suptitle() == 'all' and fig.get_figwidth() == 4",
        "def draw(fig):\n    return 3",
    ),
    "table": (TABLE, TESTED, TABLE.replace("mean()", "sum()")),
    "table-type": (TABLE, TESTED, TABLE.replace(".mean()", ".mean().astype(object)")),
    "series": (
        "def late(df):\n    return df['day'].dt.month.rename('month')",
        "import pandas as pd\ndf = pd.DataFrame({'day': pd.to_datetime(['2024-03-01', None])})\n"
        "assert isinstance(late(df), pd.Series)\n"
        "pd.testing.assert_series_equal(late(df), pd.Series([3.0, None], name='month'))\n"
        "assert late(df).isna().sum() == 1",
        "def late(df):\n    return df['day'].dt.month",
    ),
    "table-in-place": (
        "def add(df):\n    df['double'] = 2 * df['x']",
        "import pandas as pd\ndf = pd.DataFrame({'x': [1, 2]})\nadd(df)\n"
        "assert list(df.columns) == ['x', 'double'] and (df['double'] == [2, 4]).all()",
        "def add(df):\n    return df.assign(double=2 * df['x'])",
    ),
    "timestamp": (
        "import pandas as pd\ndef first(days):\n    return pd.to_datetime(pd.Series(days)).min()",
        "import pandas as pd\nfound = first(['2024-05-06', '2024-03-01'])\n"
        "assert found == pd.Timestamp('2024-03-01') and found.day_name() == 'Friday'\n"
        "assert isinstance(found, pd.Timestamp)",
        "def first(days):\n    return min(days)",
    ),
    "objects": (
        "import numpy as np\ndef names():\n    return np.array(['a', None, 3], dtype=object)",
        "import numpy as np\nassert names().tolist() == ['a', None, 3] and names().dtype == object",
        "import numpy as np\ndef names():\n    return np.array(['a', 'None', '3'])",
    ),
    "error": (ERROR, CATCHES, ERROR.replace("(NotConverged if", "(ValueError if")),
    "error-family": (ERROR, CATCHES, ERROR.replace("Worse(NotConverged)", "Worse(ValueError)")),
    "error-of-numpy": (
        "import numpy as np\ndef invert(a):\n    return np.linalg.inv(a)",
        "import numpy as np, pytest\nwith pytest.raises(np.linalg.LinAlgError):\n"
        "    invert(np.zeros((2, 2)))",
        "def invert(a):\n    raise ValueError('singular')",
    ),
    "class": (VECTOR, READ_VECTOR, VECTOR.replace("self.a**2", "9")),
    "class-doc": (VECTOR, READ_VECTOR, VECTOR.replace('"""Its area."""', "")),
    "class-family": (VECTOR, READ_VECTOR, VECTOR.replace("Square(Shape)", "Square")),
    "kinds": (
        "import torch\ndef few(n):\n    yield from range(n)\n"
        "def make():\n    return torch.nn.Sequential(torch.nn.Linear(2, 1))",
        "import inspect, torch, types\nassert inspect.isfunction(few)\n"
        "assert inspect.isgeneratorfunction(few) and not inspect.iscoroutinefunction(few)\n"
        "assert inspect.isgenerator(few(2)) and isinstance(few(2), types.GeneratorType)\n"
        "assert isinstance(make(), torch.nn.Module) and isinstance(make(), torch.nn.Sequential)\n"
        "assert isinstance(make()[0], torch.nn.Linear) and not isinstance(make(), torch.nn.Linear)",
        "import torch\nfew = range\ndef make():\n    return torch.nn.Linear(2, 1)",
    ),
    "generator": (
        "def throw(rng, n):\n    return rng.integers(1, 7, n)",
        "import numpy as np\nrng = np.random.default_rng(1)\n"
        "first, second = throw(rng, 50), throw(rng, 50)\n"
        "assert (first == np.random.default_rng(1).integers(1, 7, 50)).all()\n"
        "assert (first != second).any()",
        "import numpy as np\ndef throw(rng, n):\n"
        "    return np.random.default_rng(1).integers(1, 7, n)",
    ),
    "other-generators": (
        "import torch\ndef one(r):\n    return r.random()\ndef two(s):\n    return s.rand()\n"
        "def three(g):\n    return torch.rand(2, generator=g)",
        "import random, torch\nimport numpy as np\n"
        "assert one(random.Random(3)) == random.Random(3).random()\n"
        "assert two(np.random.RandomState(3)) == np.random.RandomState(3).rand()\n"
        "g = torch.Generator().manual_seed(3)\n"
        "assert torch.equal(three(g), torch.rand(2, generator=torch.Generator().manual_seed(3)))\n"
        "assert not torch.equal(three(g), three(g))",
        "def one(r):\n    return 0.5\ntwo = three = one",
    ),
    "operators": (
        "from dataclasses import dataclass\nfrom enum import Enum\n"
        "Colour = Enum('Colour', 'RED BLUE')\n@dataclass(order=True)\nclass V:\n    x: int\n"
        "    def __add__(self, other):\n"
        "        return V(self.x + other.x)\n"
        "def colour(x):\n    return Colour.RED if x else Colour.BLUE",
        "assert V(1) + V(2) == V(3) and V(1) != V(2) and V(1) < V(2)\n"
        "assert sorted([V(2), V(1)])[0].x == 1 and repr(V(1)) == 'V(x=1)'\n"
        "assert colour(1) == Colour.RED and colour(0) != Colour.RED and colour(0).name == 'BLUE'",
        "class V:\n    def __init__(self, x):\n        self.x = x\n    __add__ = lambda a, b: a\n"
        "    __lt__ = lambda a, b: True\ndef colour(x):\n    return 'RED'",
    ),
    "types": (
        "def kinds(text: str, n: int = 3) -> list[int]:\n    return [type(text), type(n), object]",
        "assert kinds('a', 2.5)[:2] == [str, float] and kinds('a')[1] is int\n"
        "assert kinds.__annotations__['n'] is int and kinds.__defaults__ == (3,)",
        "def kinds(text, n=3):\n    return ['str', 'float', int]",
    ),
    "buffers": (
        "import pandas as pd\ndef load(file):\n    return pd.read_csv(file)\n"
        "def size(path):\n    return path.suffix",
        "import io\nfrom pathlib import Path\nassert load(io.StringIO('a,b\\n1,2'))['b'][0] == 2\n"
        "assert load(io.BytesIO(b'a\\n7'))['a'].sum() == 7 and size(Path('x/y.csv')) == '.csv'",
        "def load(file):\n    return file\ndef size(path):\n    return 3",
    ),
    "results": (
        "from scipy.optimize import minimize\ndef lowest(f):\n    return minimize(f, [1.0])",
        "found = lowest(lambda v: ((v - 2) ** 2).sum())\n"
        "assert found.success and abs(found.x[0] - 2) < 1e-3\n"
        "assert found['fun'] < 1e-6 and not hasattr(found, 'none')",
        "def lowest(f):\n    return {'success': True, 'x': [2.0], 'fun': 0.0}",
    ),
    "families": (
        "class A:\n    pass\nclass B(A):\n    pass",
        "assert issubclass(B, A) and not issubclass(A, B) and isinstance(B(), A)",
        "class A:\n    pass\nclass B:\n    pass",
    ),
    "patched-by-name": (
        "def half(x):\n    return x / 2\ndef quarter(x):\n    return half(half(x))",
        "from unittest.mock import patch\n"
        "with patch('__main__.half', side_effect=lambda x: x - 1) as seen:\n"
        "    assert quarter(8) == 6\nassert seen.call_count == 2 and quarter(8) == 2",
        "def half(x):\n    return x / 2\ndef quarter(x):\n    return x / 4",
    ),
    "known": (
        "import torch\ndef slope(f, x):\n    x = x.clone().requires_grad_()\n    f(x).backward()\n"
        "    return x.grad\ndef convert(kind, text):\n    return kind(text)\n"
        "def root(maths, x):\n    return maths.sqrt(x)",
        "import math, torch\nimport numpy as np\n"
        "assert torch.allclose(slope(torch.sin, torch.tensor(0.0)), torch.tensor(1.0))\n"
        "assert convert(int, '3') == 3 and convert(np.float64, '0.5') == 0.5\n"
        "assert root(math, 9.0) == 3.0 and root(np, 16.0) == 4.0",
        "def slope(f, x):\n    return f(x)\ndef convert(kind, text):\n    return text\n"
        "root = slope",
    ),
}


@pytest.fixture(scope="module")
def reply(tmp_path_factory):
    """What a test gets from an answer: its error, or what it printed."""
    with asker(tmp_path_factory.mktemp("tests"), MODULES) as ask:
        yield ask


@pytest.mark.parametrize("name", TASKS)
def test_a_right_answer_passes_and_a_wrong_one_does_not(reply, name):
    right, test, wrong = TASKS[name]
    assert reply(right, test) == ""
    assert reply(wrong, test)


@pytest.mark.parametrize(
    "test",
    [
        "import numpy as np\nnp.testing.assert_allclose(f(), 918273)",
        "import numpy.testing as npt\nnpt.assert_equal(f(), 918273)",
        "import unittest\nunittest.TestCase().assertEqual(f(), 918273)",
        "import unittest\nunittest.TestCase().assertIn(918273, [f()])",
        "import pandas.testing as pt, pandas as pd\n"
        "pt.assert_series_equal(pd.Series([f()]), pd.Series([918273]))",
        "import torch\ntorch.testing.assert_close(torch.tensor(f()), torch.tensor(918273))",
        "import pytest\nassert f() == pytest.approx(918273)",
        "import pytest\nwith pytest.raises(ValueError, match='918273'):\n    fails()",
        "import pytest\nwith pytest.raises(KeyError, match='918273'):\n    f()",
    ],
)
def test_assertions_of_packages_do_not_show_what_is_expected(reply, test):
    answer = "def f():\n    return 1\ndef fails():\n    raise ValueError('none')"
    said = reply(answer, test)
    assert said.startswith("AssertionError"), said
    assert "918273" not in said
