"""The sandbox as a notebook sees it, and the machine as the doctor sees it."""

import shutil
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell
from nbgrader.converters import Autograde
from typer.testing import CliRunner

from course_grader import cli, doctor
from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.marking.checkpoints import WORTH
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.release.release import release
from course_grader.results.report import rows
from course_grader.sandbox import box as sandbox
from course_grader.sandbox import bubblewrap
from course_grader.sandbox import nurseries as pool
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, SandboxError, View, sandboxed
from course_grader.sandbox.nursery import Nursery

FEW = Limits(call=10, cell=10, notebook=60, memory=1 << 30, processes=2)
LIMITS = Limits(call=10, cell=10, notebook=60, memory=1 << 30, disk=32 << 20, output=20_000)


def grade_cell(source, name="check", points=1):
    return tiny.code(source, name, grade=True, points=points)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with TestServer(tmp_path_factory.mktemp("tests")) as server:
        yield server


@pytest.fixture
def run(tmp_path, server):
    """Runs cells in the sandbox and returns them."""

    def through(*cells, **options):
        return _run(tmp_path, server, *cells, **options)

    return through


def _run(tmp_path, server, *cells, limits=LIMITS, files=None, modules=(), budgets=None):
    """A notebook through the sandbox; its code cells."""
    notebook = tiny.notebook(
        *(new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells)
    )
    plan = Plan(tmp_path, View({}), modules, (), limits, {"notebook": budgets or {}})
    run_submission({"notebook": notebook}, plan, server, files=files)
    return notebook.cells


def text(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def error(cell):
    (found,) = (output for output in cell.outputs if output.output_type == "error")
    return found


def test_outputs_of_every_kind_are_kept(run):
    show = "from IPython.display import HTML, Image, clear_output, display, update_display\n"
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    printed, shown, value, drawn, cleared, updated, warned, shell = run(
        "print('one')\nprint('two')",
        show + "display(HTML('<b>x</b>'), {'a': 1})",
        "1 + 1",
        figure,
        "print('old')\nclear_output(wait=True)\nprint('new')",
        "h = display('first', display_id='d')\nupdate_display('second', display_id='d')",
        "import sys, warnings\nwarnings.warn('careful')\nprint('hm', file=sys.stderr)",
        "!echo from a program",
        modules=("matplotlib.pyplot",),
        limits=Limits(),
    )
    assert text(printed) == "one\ntwo\n"
    assert shown.outputs[0].data["text/html"] == "<b>x</b>"
    assert value.outputs[0].data["text/plain"] == "2"
    assert value.outputs[0].execution_count == value.execution_count == 3
    assert drawn.outputs[-1].data["image/png"].startswith("iVBOR")
    assert text(cleared) == "new\n"
    assert [output.data["text/plain"] for output in updated.outputs] == ["'second'"]
    assert [output.name for output in warned.outputs] == ["stderr"]
    assert "careful" in text(warned)
    assert text(shell) == "from a program\n"


def test_floods_are_cut_and_said(run):
    lines, pictures = run(
        "for k in range(100_000):\n    print('x' * 50)",
        "from IPython.display import HTML\nfor k in range(20):\n    display(HTML('y' * 5000))",
    )
    assert len(text(lines)) < 20_200
    assert "cut here: it was more than 20,000 bytes" in text(lines)
    assert (
        sum(len(output.data["text/html"]) for output in pictures.outputs if "data" in output)
        <= 20_000
    )
    assert "left out" in text(pictures)


def test_nobody_answers_and_nothing_is_installed(run):
    asked, installed, alive = run("input('name?')", "%pip install cowsay", "print('on')")
    assert (error(asked).ename, error(asked).evalue[:14]) == ("EOFError", "nobody answers")
    assert text(alive) == "on\n"
    del installed  # whatever pip says: it has no network


def test_cells_are_seeded_by_their_names(run):
    draw = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1))"
    cells = [tiny.code(draw, "draw-1", locked=True), draw, draw]
    first = [text(cell) for cell in run(*cells, modules=("torch",))]
    second = [text(cell) for cell in run("pass", *cells[1:], cells[0], modules=("torch",))]
    assert len(set(first)) == 3
    assert first[0] == second[3]


def test_a_notebook_goes_on_as_it_was_before_a_cell_that_died(run):
    cells = run(
        "a = 1",
        "a = 2\nimport os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "print(a)",
        grade_cell("assert a == 1"),
    )
    assert "the process of this cell died" in error(cells[1]).evalue
    assert text(cells[2]) == "1\n"
    assert cells[3].outputs == []


def test_the_process_that_a_test_will_ask_also_brings_a_notebook_back(run, monkeypatch):
    parks = []
    park = Sandbox.park
    monkeypatch.setattr(Sandbox, "park", lambda box, link: parks.append(1) or park(box, link))
    die = "a = 2\nimport os\nos._exit(1)"
    cells = run("a = 1", grade_cell("assert a == 1"), die, die, "print(a)\na += 1",
                grade_cell("assert a == 2", "later"))  # fmt: skip
    assert "the process of this cell died" in error(cells[2]).evalue
    assert "the process of this cell died" in error(cells[3]).evalue
    assert text(cells[4]) == "1\n"
    assert cells[1].outputs == cells[5].outputs == []
    assert len(parks) == 4  # for each test, and to come back, twice


DIE = "import os\nos._exit(1)"
COUNT = "with open('runs', 'a') as file:\n    file.write('x')"
RUNS = "print(open('runs').read())"


def test_quick_cells_run_again_if_a_later_one_dies_and_slow_ones_do_not(run):
    first, _, runs = run(f"print('once')\n{COUNT}\na = 1", DIE, f"{RUNS}\nprint(a)")
    assert text(first) == "once\n"
    assert text(runs) == "xx\n1\n"
    slow, _, runs = run(f"{COUNT}\nimport time\ntime.sleep({WORTH})\na = 1", DIE, f"{RUNS}\na")
    assert slow.outputs == []
    assert text(runs) == "x\n"
    assert runs.outputs[-1].data["text/plain"] == "1"


def test_what_cannot_run_again_is_left_out(run):
    once = "import os\nif os.path.exists('there'):\n    os._exit(1)\nopen('there', 'w').close()"
    *_, after = run("a = 1", f"{once}\nb = 2", DIE, "print('a' in globals(), 'b' in globals())")
    assert text(after) == "True False\n"


def test_a_thread_that_ends_the_process_later_costs_one_cell(run):
    later = (
        "import os, threading\nthreading.Timer(0.4, os._exit, [1]).start()\n"
        "import time\ntime.sleep(0.1)"
    )
    wait = "time.sleep(0.6)\nprint(a)"
    _, _, cut, *rest = run("a = 1", later, wait, wait, wait)
    assert "the process of this cell died" in error(cut).evalue
    assert [text(cell) for cell in rest] == ["1\n", "1\n"]


SLEEP = "import time\ntime.sleep(2)"


def test_a_solution_may_give_cells_other_budgets(run):
    quick = tiny.code(SLEEP, "quick", locked=True)
    quick.metadata["budget"] = {"cell": 60}  # what a student's copy says counts for nothing
    cells = run(
        tiny.code(SLEEP, "slow", locked=True),
        quick,
        "def f():\n    import time\n    time.sleep(2)",
        grade_cell("f()", "quick-call"),
        grade_cell("f()", "slow-call"),
        limits=Limits(call=1, cell=1, notebook=60, memory=1 << 30),
        budgets={"slow": {"cell": 30.0}, "slow-call": {"cell": 30.0, "call": 30.0}},
    )
    assert [bool(cell.outputs) for cell in cells] == [False, True, False, True, False]
    assert "longer than the 1 s" in error(cells[1]).evalue


def test_a_solution_may_give_a_notebook_another_budget(run):
    cells = run(*[SLEEP] * 2, budgets={"": {"notebook": 1.0}})
    assert error(cells[0]).evalue == "all cells together used up their 1 s"
    assert error(cells[1]).evalue == "not run: the notebook used up its time"


def test_folders_may_be_links_and_must_be_there(tmp_path, server):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "__init__.py").write_text("x = 1")
    (tmp_path / "near").symlink_to(tmp_path / "far")
    notebook = tiny.notebook(new_code_cell("import near\nprint(near.x)"))
    view = View({"near": tmp_path / "near"})
    run_submission({"notebook": notebook}, Plan(tmp_path, view, limits=LIMITS), server)
    assert text(notebook.cells[0]) == "1\n"
    (tmp_path / "far").rename(tmp_path / "gone")
    with pytest.raises(SandboxError):
        run_submission({"notebook": notebook}, Plan(tmp_path, view, limits=LIMITS), server)


def test_students_code_never_runs_as_root():
    with Sandbox(View({}), LIMITS) as box:
        assert psutil.Process(box.control.pid).uids().real != 0


def test_the_kernel_counts_the_processes_of_a_sandbox(run):
    (cell,) = run("import resource\nprint(resource.getrlimit(resource.RLIMIT_NPROC))", limits=FEW)
    most = 2 * FEW.processes + 16
    assert text(cell) == f"({most}, {most})\n"


def test_root_is_told_of_files_that_only_root_can_read(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap.os, "geteuid", lambda: 0)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "secret.py").touch(0o600)
    with pytest.raises(SandboxError, match=r"secret.py can be read by its owner only.*chmod"):
        sandboxed(View({"lib": tmp_path / "lib"}), LIMITS)


def test_a_notebook_may_have_more_cells_than_processes(run):
    cells = run(*["a = 1"] * 60, "print(a)", limits=FEW)
    assert text(cells[-1]) == "1\n"
    assert [cell.outputs for cell in cells[:-1] if cell.outputs] == []


def test_a_process_that_took_all_its_memory_is_still_asked(run):
    fill = "hoard = []\ntry:\n    while True:\n        hoard.append(bytearray(10_000_000))"
    slow = "def f():\n    import time\n    time.sleep(1)\n    return n"  # for the watch
    filled = f"{fill}\nexcept MemoryError:\n    n = len(hoard)"
    cells = run(slow, filled, grade_cell("assert f() > 50"))
    assert not any(cell.outputs for cell in cells), [cell.outputs for cell in cells]


@pytest.mark.parametrize("seen", [[True, False], [True, True]])
def test_memory_is_weighed_twice_because_processes_end_meanwhile(monkeypatch, seen):
    found = iter(seen + [False] * 9)
    monkeypatch.setattr(sandbox, "weighs_more", lambda *_: next(found))
    with Sandbox(View({}), LIMITS) as box:
        if all(seen):
            with pytest.raises(sandbox.Stopped, match="1 GiB of memory"):
                box.watch()
        else:
            box.watch()


LEAVE = """
import os, pathlib, sys, time
import numpy
numpy.pi = 3
for place in ("/tmp", "/dev/shm", os.path.expanduser("~")):
    pathlib.Path(place, "left").write_text("918273")
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
"""
LOOK = """
import os, pathlib, numpy
print(numpy.pi == 3, *(pathlib.Path(place, "left").exists() for place in
      ("/tmp", "/dev/shm", os.path.expanduser("~"))))
print(sorted(name for name in os.listdir("/proc") if name.isdigit())[:1], os.getuid())
"""


@pytest.fixture(params=[True, False], ids=["rooms", "no rooms"])
def nurseries(request, monkeypatch):
    """Those that are started: with rooms, and as where the kernel allows none."""
    started = []

    def start(*arguments, **options):
        started.append(Nursery(*arguments, **options, rooms=request.param))
        return started[-1]

    pool.close_idle()
    monkeypatch.setattr(pool, "Nursery", start)
    monkeypatch.setattr(pool, "_without_rooms", threading.Event())
    yield started
    pool.close_idle()


def test_a_submission_finds_nothing_of_the_one_before(run, nurseries):
    run(LEAVE, modules=("numpy",))
    (cell,) = run(LOOK, modules=("numpy",))
    assert text(cell) == "False False False False\n['1'] 1000\n"
    assert len(nurseries) == (1 if nurseries[0].has_rooms else 2)
    assert nurseries[0].is_alive == nurseries[0].has_rooms


MEET = """
import pathlib, socket, time
mine, other = {names}
for family, name in ((socket.AF_UNIX, "\\0" + mine), (socket.AF_INET, ("127.0.0.1", {port}))):
    one = socket.socket(family)
    one.bind(name)  # a second one of this name fails, if they have a network together
    one.listen()
pathlib.Path("/tmp", mine).touch()
pathlib.Path("/dev/shm", mine).touch()
time.sleep(1.5)
found = [str(place) for place in ("/tmp", "/dev/shm") if pathlib.Path(place, other).exists()]
try:
    socket.socket(socket.AF_UNIX).connect("\\0" + other)
    found.append("heard")
except OSError:
    pass
print(found, time.time())
"""


def test_two_submissions_at_a_time_share_a_nursery_and_nothing_else(run, nurseries):
    """Each is still there when the other looks around."""
    with ThreadPoolExecutor() as both:
        cells = both.map(
            lambda names: run(MEET.format(names=names, port=4321)),
            [("one", "two"), ("two", "one")],
        )
        said = [text(cell) for (cell,) in cells]
    assert all(one.startswith("[] ") for one in said), said
    ends = [float(one.split()[1]) for one in said]
    assert abs(ends[0] - ends[1]) < 1.5, "they did not meet"
    assert len(nurseries) == (1 if nurseries[0].has_rooms else 2)


def test_a_nursery_outlives_the_thread_that_asked_for_it():
    with ThreadPoolExecutor(1) as thread:
        nursery = thread.submit(pool.take, View({}), LIMITS, ()).result()
    time.sleep(0.5)
    assert nursery.is_alive
    pool.give(nursery)
    pool.close_idle()
    assert not nursery.is_alive


RIGHTS = """
import ctypes, os
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
print(int(status["CapEff"], 16), int(status["CapPrm"], 16), status["NoNewPrivs"], status["Seccomp"])
print([os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
       if os.path.exists(f"/proc/self/fd/{fd}") and os.path.isdir(f"/proc/self/fd/{fd}/..")])
"""


@pytest.mark.usefixtures("nurseries")
def test_a_submission_has_no_rights_and_no_door(run, tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "given.txt").write_text("yes")
    cell, copied = run(RIGHTS, "print(open('given.txt').read())", files=given)
    assert text(cell) == "0 0 1 2\n[]\n"
    assert text(copied) == "yes\n"


def test_in_a_room_no_further_namespaces_can_be_made(run):
    (cell,) = run("import ctypes\nprint(ctypes.CDLL(None).unshare(0x10000000))")
    assert text(cell) == "-1\n"


@pytest.mark.usefixtures("nurseries")
def test_what_dies_or_runs_away_is_dealt_with_in_either_way(run):
    cells = run("a = 1", "import os\nos._exit(1)", BOMB, "print(a)", limits=FEW)
    assert "died" in error(cells[1]).evalue
    assert "processes were started" in error(cells[2]).evalue
    assert text(cells[3]) == "1\n"


def test_the_doctor_says_whether_imports_are_shared(foreign, nurseries):
    said = {one.what: one.seen for one in doctor.examine(Course.open(foreign))}
    shared = nurseries[0].has_rooms
    assert ("forbidden here" not in said["namespaces within"]) == shared
    assert said["sandbox"] == "a cell ran in it and could reach nothing"


def test_a_changed_library_is_imported_anew(tmp_path, server):
    (tmp_path / "mine").mkdir()
    said = []
    for word in ("old", "new"):
        (tmp_path / "mine" / "__init__.py").write_text(f"x = '{word}'")
        notebook = tiny.notebook(new_code_cell("import mine\nprint(mine.x)"))
        plan = Plan(tmp_path, View({"mine": tmp_path / "mine"}), ("mine",), (), LIMITS)
        run_submission({"notebook": notebook}, plan, server)
        said.append(text(notebook.cells[0]))
    assert said == ["old\n", "new\n"]


BOMB = """
import os, time
for _ in range(9):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(60)
"""


@pytest.fixture
def impatient(monkeypatch):
    """More processes than are allowed take the whole sandbox down."""
    monkeypatch.setattr(sandbox, "TOO_MANY", 1)


@pytest.mark.usefixtures("impatient")
def test_what_takes_the_sandbox_down_is_left_out_in_the_next_one(run):
    cells = run(
        "import numpy\na = numpy.random.rand()\nprint(a)",
        grade_cell("assert 0 < a < 1"),
        BOMB,
        "print(a)",
        grade_cell("assert 0 < a < 1", "again"),
        limits=FEW,
    )
    assert text(cells[0]) == text(cells[3]) != ""
    assert error(cells[2]).evalue == "more than 2 processes were started"
    assert cells[1].outputs == cells[4].outputs == []


@pytest.mark.usefixtures("impatient")
def test_an_answer_may_take_the_sandbox_down_in_a_test(run):
    bomb = "def bomb():\n" + BOMB.replace("\n", "\n    ")
    cells = run(
        bomb, grade_cell("bomb()"), "a = 1", grade_cell("assert a == 1", "next"), limits=FEW
    )
    assert error(cells[1]).evalue == "more than 2 processes were started"
    assert cells[0].outputs == cells[2].outputs == cells[3].outputs == []


@pytest.mark.usefixtures("impatient")
def test_after_a_second_cell_that_takes_the_sandbox_down_nothing_more_is_run(run):
    cells = run("print(1)", BOMB, "print(2)", BOMB, "print(3)", limits=FEW)
    assert [text(cell) for cell in cells] == ["1\n", "", "2\n", "", ""]
    assert "two cells of this notebook" in error(cells[4]).evalue


def test_what_a_notebook_used_up_is_not_run(run):
    limits = Limits(call=5, cell=5, notebook=1.5, memory=1 << 30)
    cells = run(
        "def f():\n    return 1", grade_cell("assert f() == 1"),
        "import time\ntime.sleep(9)", "print('late')", limits=limits,
    )  # fmt: skip
    assert cells[1].outputs == []
    assert error(cells[2]).evalue == "all cells together used up their 1.5 s"
    assert "used up its time" in error(cells[3]).evalue


def test_files_of_the_group_are_there_and_writable(run, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "mine.csv").write_text("1,2")
    (folder / "helper.py").write_text("x = 5")
    (cell,) = run(
        "from helper import x\nopen('mine.csv', 'a').write('!')\nprint(x, open('mine.csv').read())",
        files=folder,
    )
    assert text(cell) == "5 1,2!\n"
    assert (folder / "mine.csv").read_text() == "1,2"


def test_points_and_reasons(run):
    hidden = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
    function = "def f(x):\n    if x > 5:\n        raise ValueError(f'got {x}')\n    return x"
    _, partial, plain, visible, secret, compared, broken, missing = run(
        function,
        grade_cell("0.25 * f(2)", "a"),
        grade_cell("assert f(2) == 3, 'f(2) is wrong'", "b"),
        grade_cell("f(7)", "c"),
        grade_cell(hidden.format("f(123456)"), "d"),
        grade_cell(
            "import numpy as np\n" + hidden.format("np.testing.assert_allclose(f(1.5), 987654.0)"),
            "e",
        ),
        grade_cell(hidden.format("{}['no such key']"), "f"),
        grade_cell("g(1)", "g"),
    )
    assert partial.outputs[0].data["text/plain"] == "0.5"
    assert error(plain).evalue == "f(2) is wrong"
    assert (error(visible).ename, error(visible).evalue) == ("ValueError", "got 7")
    assert "raise ValueError" in error(visible).traceback[0]
    assert (error(secret).ename, error(secret).evalue) == ("ValueError", "")
    assert "123456" not in str(secret.outputs)
    assert "987654" not in str(compared.outputs)
    assert "your tutor has been told" in error(broken).evalue
    assert error(missing).evalue == "your notebook does not define `g`"


def test_nothing_of_the_outside_is_there(run, tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    (cell,) = run(
        "import os\n"
        f"print(os.path.exists({str(tmp_path)!r}), os.path.exists('/course'), os.getuid())\n"
        "print(sorted(p for p in os.listdir('/proc') if p.isdigit() and int(p) > 60))",
    )
    first, second = text(cell).splitlines()
    assert first == "False False 1000"
    assert second == "[]"


FOREIGN_CONFIG = """
from course_grader.defaults import fair_defaults

c = get_config()
c.merge(fair_defaults())
"""


def two_cells():
    """The notebook of docs/other-courses.md."""
    return tiny.notebook(
        tiny.solution(tiny.stubbed("def double(x):", "return 2 * x"), "double"),
        tiny.test("assert double(1) == 2", "assert double(21) == 42", "test-double", 1),
    )


@pytest.fixture
def foreign(tmp_path):
    """A course of its own: one notebook of two cells, nothing else."""
    root = tmp_path / "foreign"
    tiny.write(root, "double", two_cells())
    (root / "nbgrader_config.py").write_text(FOREIGN_CONFIG)
    release(Course.open(root), tiny.SHEET)
    stub = nbformat.read(root / "exercises" / tiny.SHEET / "double.ipynb", as_version=4)
    for group, body in (("right", "return x + x"), ("wrong", "return 2"), ("exits", "exit(0)")):
        made = nbformat.from_dict(stub)
        made.cells[0].source = f"def double(x):\n    {body}"
        folder = root / "submitted" / group / tiny.SHEET
        folder.mkdir(parents=True)
        nbformat.write(made, folder / "double.ipynb")
    return root


def test_nbgraders_own_command_grades_a_foreign_course_in_the_sandbox(foreign):
    nbgrader = Path(sys.executable).parent / "nbgrader"
    subprocess.run(
        [nbgrader, "autograde", tiny.SHEET, "--create"], cwd=foreign, check=True,
        capture_output=True,
    )  # fmt: skip
    course = Course.open(foreign)
    found = {row.group: (row.score, row.reason) for row in rows(course, tiny.SHEET)}
    assert found["right"] == (1, "")
    assert found["wrong"] == (0, "a test of your answer failed")
    assert found["exits"][0] == 0
    before = {group: score for group, (score, _) in found.items()}
    Grading(course, tiny.SHEET).run(force=True)
    assert {row.group: row.score for row in rows(course, tiny.SHEET)} == before


def test_the_solution_earns_the_same_under_plain_nbgrader(released_course, tmp_path):
    scores = []
    for plain in (False, True):
        root = Path(shutil.copytree(released_course, tmp_path / f"plain-{plain}"))
        course = Course.open(root)
        for name in tiny.NOTEBOOKS:
            stub = nbformat.read(course.release / tiny.SHEET / f"{name}.ipynb", as_version=4)
            solution = nbformat.read(course.source / tiny.SHEET / f"{name}.ipynb", as_version=4)
            folder = course.submitted / "group-01" / tiny.SHEET
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(fill(stub, solution), folder / f"{name}.ipynb")
        if plain:
            course.config.Autograde.autograde_preprocessors[0] = "nbgrader.preprocessors.Execute"
            with nbgrader_house(course.root), pytest.MonkeyPatch.context() as patch:
                patch.setenv("PYTHONPATH", str(root))
                warnings.simplefilter("ignore")
                course.converter(Autograde, tiny.SHEET, group="group-01").start()
        else:
            Grading(course, tiny.SHEET).run()
        scores.append([row.score for row in rows(course, tiny.SHEET)])
    assert scores[0] == scores[1] == [2, 2, None, 3]


def test_without_bubblewrap_nothing_is_graded(foreign, monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="apt install bubblewrap"):
        sandboxed(View({}), Limits())
    done = CliRunner().invoke(cli.app, ["grade", tiny.SHEET, "--course", str(foreign)])
    assert done.exit_code == 2
    assert not (foreign / "autograded").exists()
    done = CliRunner().invoke(cli.app, ["doctor", "--course", str(foreign)])
    assert done.exit_code == 1
    assert "bubblewrap: not installed; Debian, Ubuntu: apt install bubblewrap" in done.output


def test_without_a_sandbox_every_line_says_so(foreign):
    course = Course.open(foreign)
    course.config.TrustedExecute.unsafe = True
    Grading(course, tiny.SHEET).run(["right", "wrong"], workers=1)
    found = {row.group: row for row in rows(course, tiny.SHEET) if row.group != "exits"}
    assert found["right"].score == 1
    assert found["wrong"].score == 0
    assert all(row.reason.startswith("[run without a sandbox]") for row in found.values())


def test_a_sandbox_that_does_not_start_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap, "RUNNER", tmp_path)
    with pytest.raises(SandboxError, match=r"did not start: .*runner"):
        Sandbox(View({}), Limits())


def test_the_doctor_finds_a_healthy_machine(course):
    found = {one.what: one for one in doctor.examine(course)}
    assert {"bubblewrap", "user namespaces", "sandbox", "memory", "disk"} <= set(found)
    assert found["sandbox"].good
    assert found["sandbox"].seen == "a cell ran in it and could reach nothing"


def test_the_doctor_finds_changed_data_and_other_versions(course):
    (course.root / "data" / "SHA256SUMS").write_text(f"{'0' * 64}  numbers.csv\n")
    (course.root / "requirements.lock").write_text("# pins\nnumpy==1.0\nno-such-thing==2\n")
    found = {one.what: one for one in doctor.examine(course)}
    assert found["files in data"].seen == "numbers.csv missing or changed"
    assert not found["packages"].good
    assert "no-such-thing missing" in found["packages"].seen


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces"),
        ("user/max_user_namespaces", "100", "in a container"),
    ],
)
def test_the_doctor_knows_what_forbids_namespaces(tmp_path, name, value, advice):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(f"{value}\n")
    assert advice in doctor.namespace_advice(tmp_path)
