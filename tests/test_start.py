"""What is imported when: help pages and the library are there at once, submissions find all ready.

Told by what is imported, not by a clock.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course_grader.course import Course
from course_grader.execute import TrustedExecute
from course_grader.files import read_notebook
from course_grader.imports import imported_later

ROOT = Path(__file__).parents[1]
FOREIGN = """
import json, sys

def foreign():
    ours = {"course_utils", "course_grader", "course_handin", "course_notebooks", "autograde_tests"}
    loaded = {name.partition(".")[0] for name, one in sys.modules.items()
              if getattr(one, "__spec__", None)}
    return loaded - sys.stdlib_module_names - ours
"""
HELP = """
import typer
from typer.testing import CliRunner

plain = typer.Typer(add_completion=False)
plain.callback()(lambda debug: None)
plain.command("one")(lambda number: None)
CliRunner().invoke(plain, ["one", "--help"])
needed = foreign()

from course_grader import cli

def commands(command, path=()):
    yield path
    context = typer.Context(command)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from commands(command.get_command(context, name), (*path, name))

more = {}
for path in commands(typer.main.get_command(cli.app)):
    assert CliRunner().invoke(cli.app, [*path, "--help"]).exit_code == 0
    more[" ".join(path)] = sorted(foreign() - needed)
print(json.dumps(more))
"""


def python(code: str) -> Any:
    """What a fresh Python prints, read as JSON."""
    result = subprocess.run(
        [sys.executable, "-c", FOREIGN + code], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_help_of_every_command_imports_only_what_prints_it():
    more = python(HELP)
    assert {"", "grade", "calibrate", "handin", "data drell-yan"} <= set(more)
    assert not {name: others for name, others in more.items() if others}


@pytest.mark.parametrize("module", ["data", "kinematics", "metrics", "verification"])
def test_modules_for_numbers_import_only_numpy(module):
    code = f"before = foreign()\nimport course_utils.{module}\n"
    assert python(code + "print(json.dumps(sorted(foreign() - before)))") == ["numpy"]


def test_figures_need_neither_networks_nor_computer_algebra():
    after = python("import course_utils.plotting\nprint(json.dumps(sorted(foreign())))")
    assert not {"torch", "sympy", "awkward", "vector", "sklearn"} & set(after)


def test_what_the_library_imports_late_is_ready_before_submissions():
    course = Course.open(ROOT)
    for sheet in course.sheets():
        paths = [course.source / sheet / f"{name}.ipynb" for name in course.notebooks(sheet)]
        plan = TrustedExecute().plan(
            course, sheet, {path.stem: read_notebook(path) for path in paths}
        )
        for modules in (plan.modules, plan.test_modules):
            assert "course_utils.kinematics" not in modules or "vector" in modules
    assert "vector" in plan.modules


def test_imports_inside_of_functions_are_found_where_the_course_uses_them(tmp_path):
    files = {
        "mylib/__init__.py": "import mylib.used\n",
        "mylib/used.py": "import json\nclass A:\n    def f(self):\n        from torch import nn\n",
        "mylib/unused.py": "def f():\n    import sympy\n",
        "mylib/broken.py": "def f(:\n    import awkward\n",
    }
    for name, source in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    found = imported_later({"mylib", "mylib.broken", "numpy"}, tmp_path)
    assert found == {"torch", "torch.nn"}


def test_who_reads_a_hand_in_imports_no_more_than_that_needs():
    loaded = python(
        "from course_grader.quick import leave_out; leave_out(server=True)\n"
        "from course_grader.intake import reading\n"
        "print(json.dumps(sorted(foreign())))"
    )
    assert {"nbformat", "nbgrader"} <= set(loaded)
    much = {"IPython", "jupyter_client", "jupyter_server", "numpy", "rfc3987_syntax", "sqlalchemy"}
    assert not much & set(loaded)
