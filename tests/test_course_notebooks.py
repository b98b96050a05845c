"""What the grader and the hand-in share: notebooks run, and pages printed."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_notebooks import browser, executing
from course_notebooks.executing import Budget, code_cells, execute
from course_notebooks.threads import ONE_THREAD

MINUTE = Budget(60)


def run(notebook, folder: Path, budget: Budget = MINUTE) -> str:
    return execute(notebook, folder, folder, budget, lambda n_done, seconds: None)


def test_a_notebook_that_takes_too_long_is_ended(tmp_path):
    notebook = tiny.notebook(
        new_code_cell("print('begun')"),
        new_code_cell("import time\ntime.sleep(600)"),
        new_code_cell("print('never')"),
    )
    assert run(notebook, tmp_path, Budget(3)) == "it ran longer than 0.05 minutes"
    assert notebook.cells[0].outputs[0].text == "begun\n"
    assert notebook.cells[1].outputs[0].ename == "KeyboardInterrupt"
    assert notebook.cells[2].outputs[0].evalue.startswith("not run")


def test_a_last_cell_that_takes_too_long_is_told(tmp_path):
    notebook = tiny.notebook(new_code_cell("import time\ntime.sleep(600)"))
    assert run(notebook, tmp_path, Budget(60, cell=1.5)) == "cell 1 ran longer than 0.025 minutes"
    assert notebook.cells[0].outputs[0].ename == "KeyboardInterrupt"


def test_a_cell_that_cannot_be_interrupted_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(executing, "LAST_WORDS", 1)
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    notebook = tiny.notebook(new_code_cell(stubborn), new_code_cell("print('never')"))
    assert run(notebook, tmp_path, Budget(2)).startswith("it ran longer")
    assert notebook.cells[0].outputs[-1].ename == executing.OUT_OF_TIME
    assert notebook.cells[1].outputs[0].ename == executing.NOT_RUN


def test_a_kernel_that_dies_is_told(tmp_path):
    notebook = tiny.notebook(
        new_code_cell("import os\nos._exit(1)"), new_code_cell("print('never')")
    )
    assert run(notebook, tmp_path) == "the kernel died in cell 1"
    assert notebook.cells[0].outputs[0].ename == executing.KERNEL_DIED
    assert notebook.cells[1].outputs[0].ename == executing.NOT_RUN


def test_a_kernel_that_does_not_start_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    notebook = tiny.notebook(new_code_cell("print('never')"))
    assert run(notebook, tmp_path).startswith("the kernel did not start: ")
    assert notebook.cells[0].outputs[0].ename == executing.NOT_RUN


def test_a_progress_bar_is_one_line(tmp_path):
    bar = (
        "import time\n"
        "for k in range(5):\n"
        "    print(f'\\r{k} of 4', end='', flush=True)\n"
        "    time.sleep(0.3)\n"
        "print('\\nend')"
    )
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell(bar)])
    assert run(notebook, tmp_path) == ""
    (output,) = notebook.cells[0].outputs
    assert output.text == "4 of 4\nend\n"


def test_a_kernel_is_this_python_with_one_thread_whatever_a_notebook_asks_for(tmp_path):
    (tmp_path / "here.py").write_text("")
    (tmp_path / "sub").mkdir()
    code = (
        "import os, sys, here\n"
        f"print(sys.executable, [os.environ[name] for name in {sorted(ONE_THREAD)}], os.getcwd())"
    )
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell(code)])
    notebook.metadata.kernelspec = {"name": "julia", "display_name": "Julia"}
    before = dict(os.environ)
    told = []
    stopped = execute(
        notebook, tmp_path / "sub", tmp_path, MINUTE, lambda n_done, seconds: told.append(n_done)
    )
    assert stopped == ""
    ones = ["1"] * len(ONE_THREAD)
    assert notebook.cells[0].outputs[0].text == f"{sys.executable} {ones} {tmp_path / 'sub'}\n"
    assert told == [0, 1]
    assert dict(os.environ) == before


def test_empty_cells_are_no_cells_to_run():
    notebook = tiny.notebook(new_code_cell(" \n"), new_code_cell("1"))
    assert [index for index, _ in code_cells(notebook)] == [1]


@pytest.mark.parametrize(
    ("script", "seconds", "complaint"),
    [
        ("echo no luck >&2; exit 3", 60, "status 3.: no luck"),
        ("exit 0", 60, "printed nothing"),
        ("exec sleep 5", 0.1, "more than 0.1 s"),
    ],
)
def test_a_browser_that_fails_is_reported(tmp_path, script, seconds, complaint):
    path = tmp_path / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    with pytest.raises(browser.PrintError, match=complaint):
        browser.print_page(str(path), "<html></html>", seconds=seconds)


def test_mathjax_lies_on_this_disk():
    path = Path(browser.mathjax_url().removeprefix("file://").split("?")[0])
    assert path.is_file()
