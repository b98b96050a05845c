"""What runs at home runs where notebooks are marked, or does nothing there and says so."""

import base64
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.marking.grade_cell import NO_THREADS
from course_grader.marking.outputs import MISSING, Outputs
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.runner.at_home import is_no_command
from course_grader.sandbox.bubblewrap import Limits, View
from course_notebooks import unattended
from course_notebooks.executing import Budget, execute

LIMITS = Limits(call=3, cell=30, notebook=60, memory=2 << 30)
PNG = b"\x89PNG"


def check(source):
    return tiny.code(source, "check", grade=True, points=1)


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Runs cells, given as text, where notebooks are marked; what each of them shows."""
    with TestServer(tmp_path_factory.mktemp("tests")) as server:

        def through(*sources):
            cells = [new_code_cell(one) if isinstance(one, str) else one for one in sources]
            plan = Plan(Path.cwd(), View({}), ("matplotlib.pyplot",), limits=LIMITS)
            run_submission({"one": tiny.notebook(*cells)}, plan, server)
            return [shown(cell) for cell in cells]

        yield through


@pytest.fixture
def handed_in(tmp_path):
    """Runs cells as a hand-in does, with a kernel of Jupyter's."""

    def through(*sources):
        cells = [new_code_cell(source) for source in sources]
        notebook = tiny.notebook(*cells)
        assert execute(notebook, tmp_path, Path.cwd(), Budget(60), lambda n, seconds: None) == ""
        return [shown(cell) for cell in cells]

    return through


def shown(cell):
    """The outputs of a cell by kind."""
    of_kind = {
        kind: [one for one in cell.outputs if one.output_type == kind]
        for kind in ("stream", "error", "execute_result", "display_data")
    }
    return SimpleNamespace(
        said="".join(one.text for one in of_kind["stream"] if one.name == "stderr"),
        printed="".join(one.text for one in of_kind["stream"] if one.name == "stdout"),
        value="".join(one.data.get("text/plain", "") for one in of_kind["execute_result"]),
        error=next((f"{one.ename}: {one.evalue}" for one in of_kind["error"]), None),
        figures=[one.data for one in of_kind["display_data"] if "<Figure" in str(one.data)],
    )


def is_png(data):
    return base64.b64decode(data.get("image/png", "")).startswith(PNG)


PLOT = "plt.plot([1, 2]);"
IMPORT = "import matplotlib\nimport matplotlib.pyplot as plt"
SVG = (
    "%config InlineBackend.figure_formats = ['svg']",
    "from matplotlib_inline.backend_inline import set_matplotlib_formats as f\nf('svg', 'pdf')",
)
IN_WINDOWS = (
    *(f"%matplotlib {name}" for name in ("notebook", "widget", "ipympl", "qt", "tk")),
    "%matplotlib",
    "matplotlib.use('TkAgg')",
    "plt.switch_backend('QtAgg')",
    "matplotlib.use('module://ipympl.backend_nbagg')",
)


def test_figures_in_svg_are_shown_as_png(marked):
    *cells, early = marked(IMPORT, *itertools.chain(*((one, PLOT) for one in SVG)), "1")
    for cell in cells[2::2]:
        (figure,) = cell.figures
        assert is_png(figure)
    assert not early.figures


@pytest.mark.parametrize("line", IN_WINDOWS)
def test_figures_in_windows_are_shown_in_the_notebook(marked, line):
    _, asked, drawn, changed, back, last = marked(
        IMPORT, line, "figure, axes = plt.subplots()", "axes.plot([1, 2]);", "%matplotlib inline",
        PLOT + "plt.show()",
    )  # fmt: skip
    assert asked.error is None
    assert asked.said.count("nobody is before a screen here") == 1
    (first,), (second,), (third,) = drawn.figures, changed.figures, last.figures
    assert all(map(is_png, (first, second, third)))
    assert first["image/png"] != second["image/png"]  # a window stays open: cells draw in it
    assert back.figures == []


def test_a_backend_that_is_chosen_before_pyplot_is_there(marked):
    cells = marked(
        "import matplotlib\nmatplotlib.use('QtAgg')\nimport matplotlib.pyplot as plt", PLOT, "1"
    )
    assert [len(cell.figures) for cell in cells] == [0, 1, 0]
    assert is_png(cells[1].figures[0])


def test_a_figure_that_moves_or_is_closed_is_shown_once(marked):
    moves = "for k in range(5):\n    plt.plot([k, 1])\n    plt.pause(0.001)"
    closed = "plt.figure()\nplt.plot([1])\nplt.show(block=False)\nplt.close()"
    cells = marked(IMPORT, "%matplotlib tk", moves, "1", closed)
    assert [len(cell.figures) for cell in cells] == [0, 0, 1, 0, 1]


def test_backends_without_a_screen_are_left_alone(marked):
    *_, drawn = marked(IMPORT, "matplotlib.use('Agg')", PLOT + "print(matplotlib.get_backend())")
    assert not drawn.figures
    assert drawn.printed.strip().lower() == "agg"


def test_a_hand_in_shows_the_same_figures(handed_in):
    cells = handed_in(IMPORT, "%matplotlib notebook", PLOT, "%matplotlib inline", SVG[0], PLOT)
    assert [len(cell.figures) for cell in cells] == [0, 0, 1, 0, 0, 1]
    assert all(is_png(cells[place].figures[0]) for place in (2, 5))
    assert "nobody is before a screen" in cells[1].said


@pytest.mark.parametrize(
    "kind", ["image/svg+xml", "application/pdf", "application/vnd.plotly.v1+json"]
)
def test_a_figure_that_no_page_can_show_is_said(kind):
    cell = new_code_cell("draw()")
    Outputs(cell, 10_000).add({"kind": "display_data", "data": {kind: "x", "text/plain": "Figure"}})
    assert [one.get("text") for one in cell.outputs] == [None, MISSING]
    with_png = new_code_cell("draw()")
    data = {kind: "x", "image/png": "x"}
    Outputs(with_png, 10_000).add({"kind": "display_data", "data": data})
    assert len(with_png.outputs) == 1


SET_UP = """
%conda install numpy
%pip install numpy
!pip install -q numpy
listed = !python -m pip install numpy
%mamba install numpy
%uv pip install numpy
%load_ext a_formatter
%a_formatter on
import math
"""


def test_lines_that_install_something_stop_no_cell(marked):
    set_up, after = marked(SET_UP, "listed, math.pi > 3")
    assert set_up.error is None
    assert set_up.said.count("no packages are installed where notebooks are marked") == 6
    assert set_up.said.count("it is not there where notebooks are marked") == 2
    assert after.value == "([], True)"


def test_other_lines_run(marked):
    load, words = marked(
        "%load_ext autoreload\n%autoreload 2", "x = 7\ny = !echo {x}\n!echo {x}1\ny"
    )
    assert (load.error, load.said) == (None, "")
    assert (words.printed.strip(), words.value) == ("71", "['7']")


@pytest.mark.parametrize(
    ("command", "left_out"),
    [("pip list", False), ("echo install", False), ("ls; pip install x", False),
     ("sudo apt-get install -y x", True), ("python3.12 -m pip -q install x", True)],
)  # fmt: skip
def test_only_what_installs_is_no_command(monkeypatch, capsys, command, left_out):
    monkeypatch.setattr(unattended, "_said", set())
    assert is_no_command(command) == left_out
    assert bool(capsys.readouterr().err) == left_out


def test_a_drive_of_another_house_is_not_mounted(marked):
    mount = "from google.colab import drive\ndrive.mount('/content/drive')\nx = 1"
    whole = "import math, google.colab\ngoogle.colab.auth.authenticate_user()\nx = math.pi"
    asked = "try:\n    import google.colab\nexcept ImportError:\n    there = False\nthere"
    first, second, third = marked(mount, whole, asked)
    assert first.error is second.error is None
    assert "drive.mount() did nothing" in first.said
    assert "colab.auth.authenticate_user() did nothing" in second.said
    assert third.value == "False"  # who asks is told the truth


def test_debuggers_go_on_at_once(marked):
    answer = "def f(x):\n    breakpoint()\n    return x"
    lines = "import pdb\nbreakpoint()\nbreakpoint()\npdb.set_trace()\n%debug\n%pdb on\nf(3)"
    _, cell, test = marked(answer, lines, check("assert f(1) == 1"))
    assert (cell.error, cell.value) == (None, "3")
    assert cell.said.count("breakpoint() did nothing") == 1
    assert cell.said.count("%debug did nothing") == cell.said.count("%pdb on did nothing") == 1
    assert test.error is None


def test_variables_are_stored(marked):
    *_, read = marked("a = [3]\n%store a", "del a", "%store -r a\na")
    assert read.value == "[3]"


def test_an_event_loop_runs_while_a_cell_does(marked):
    start = (
        "import asyncio\nasync def two():\n    await asyncio.sleep(0.001)\n    print('done')\n"
        "    return 2\ntask = asyncio.create_task(two())\nasyncio.get_event_loop().is_running()"
    )
    first, second, third, fourth, test = marked(
        start, "task.done()", "double = await task\ndouble", "await asyncio.to_thread(lambda: 5)",
        check("assert double == 2"),
    )  # fmt: skip
    assert (first.value, first.printed) == ("True", "done\n")  # as between two cells in Jupyter
    assert (second.value, third.value, fourth.value) == ("True", "2", "5")
    assert test.error is None


def test_a_task_goes_on_in_later_cells(marked):
    start = (
        "import asyncio\nn = 0\nasync def count():\n    global n\n    while True:\n        n += 1\n"
        "        await asyncio.sleep(0.01)\ntask = asyncio.create_task(count())"
    )
    *_, last = marked(start, "await asyncio.sleep(0.2)\nn > 5")
    assert last.value == "True"


def test_settings_of_a_cell_hold_in_the_next_one_and_in_answers(marked):
    """They belong to a context, of which every task has its own copy."""
    first = "import decimal\ndecimal.getcontext().prec = 3\ndef f():\n    return str(third())"
    third = "def third():\n    return decimal.Decimal(1) / 3\nthird()"
    _, cell, test = marked(first, third, check("assert f() == '0.333'"))
    assert cell.value == "Decimal('0.333')"
    assert test.error is None


def test_two_groups_have_no_loop_together(marked):
    ask = "import asyncio, os\nloop = asyncio.get_event_loop()\n"
    ask += "os.fstat(loop._csock.fileno()).st_ino"
    (first,), (second,) = marked(ask), marked(ask)
    assert first.value.isdigit()
    assert first.value != second.value


POOL = """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(4)
pool.submit(abs, 1).result()
def double(x):
    return pool.submit(lambda: 2 * x).result(timeout=2)
"""
LOCK = """
import threading, time
lock = threading.Lock()
def hold():
    while True:
        with lock:
            time.sleep(0.05)
threading.Thread(target=hold, daemon=True).start()
time.sleep(0.01)
def double(x):
    with lock:
        return 2 * x
"""
WORKER = """
import queue, threading
asked, answered = queue.Queue(), queue.Queue()
def work():
    while True:
        answered.put(2 * asked.get())
threading.Thread(target=work, daemon=True).start()
def double(x):
    asked.put(x)
    return answered.get(timeout=0.5)
"""


def test_a_pool_of_threads_serves_an_answer(marked):
    assert (
        marked(POOL, check("assert [double(k) for k in range(9)] == [*range(0, 18, 2)]"))[1].error
        is None
    )


@pytest.mark.parametrize("source", [LOCK, WORKER])
def test_a_reason_says_that_threads_end_with_their_cell(marked, source):
    assert NO_THREADS in marked(source, check("assert double(1) == 2"))[1].error


def test_no_reason_speaks_of_threads_that_there_were_not(marked):
    """Also where a progress bar has a thread of its own."""
    bar = "import tqdm\nfor _ in tqdm.tqdm(range(3)):\n    pass\ndef double(x):\n    return x"
    failed = marked(bar, check("assert double(1) == 2"))[1].error
    assert failed.startswith("AssertionError")
    assert "threads" not in failed
