"""Notebooks run in a fresh kernel of this very Python, with all rights of who runs them.

Notebooks name a kernel, and may name any; here the name is not looked at.
"""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output

from course_notebooks.error_names import KERNEL_DIED, NOT_RUN, OUT_OF_TIME
from course_notebooks.overwritten import join_texts
from course_notebooks.threads import ONE_THREAD

LAST_WORDS = 30  # seconds for what a cell has shown, and for the answer to an interrupt
Heard = Callable[[int, float], None]


@dataclass(frozen=True)
class Budget:
    """Seconds that a run may take.

    Attributes:
        notebook: all cells together.
        cell: one cell.
        start: of the kernel.
    """

    notebook: float
    cell: float = math.inf
    start: int = 60


class ThisPython(AsyncKernelManager):
    """Starts `sys.executable -m ipykernel_launcher`, whatever kernel a notebook asks for."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of the one kernel there is."""
        if self._kernel_spec is None:
            self._kernel_spec = KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}",
                      "--IPKernelApp.extra_extensions=course_notebooks.figures"],
                display_name="Python 3",
                language="python",
            )  # fmt: skip
        return self._kernel_spec

    @property
    def ipykernel(self) -> bool:
        """It always is one; nbclient then keeps no history file."""
        return True


def code_cells(notebook: Any) -> list[tuple[int, Any]]:
    """The cells that there is something to run in, with their places in the notebook."""
    return [
        (index, cell)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]


def execute(notebook: Any, folder: Path, root: Path, budget: Budget, heard: Heard) -> str:
    """Runs a notebook in place, cell by cell, to its end whatever happens.

    Args:
        notebook: nbformat 4 nodes; its outputs are replaced.
        folder: where its relative paths start.
        root: of the course, where modules are looked for first.
        budget: how long it may take.
        heard: is told how many of the `code_cells` are done, and the seconds of the last of them:
            before the first cell and after each.

    Returns:
        Why cells were not run or were ended, or an empty text.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    clock = _Clock(budget)
    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        allow_errors=True,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": OUT_OF_TIME, "evalue": "", "traceback": []},
        iopub_timeout=LAST_WORDS,
        raise_on_iopub_timeout=True,
        startup_timeout=budget.start,
        shutdown_kernel="immediate",
        timeout_func=lambda cell: max(1, math.ceil(clock.left())),
        resources={"metadata": {"path": str(folder)}},
    )
    client.create_kernel_manager()
    stopped = ""
    with ExitStack() as stack:
        own = stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            places = environment(root) | {"IPYTHONDIR": own}
            kernel = client.setup_kernel(env=places, cwd=str(folder), **quiet)
            stack.enter_context(kernel)
        except (RuntimeError, OSError) as error:
            stopped = f"the kernel did not start: {error}"
        clock.begin()
        heard(0, 0.0)
        for number, (index, cell) in enumerate(code_cells(notebook), 1):
            clock.begin_cell()
            if stopped:
                _fail(cell, NOT_RUN, f"not run: {stopped}")
            else:
                stopped = _run(client, cell, index, clock)
            heard(number, clock.cell_took())
    for cell in notebook.cells:
        join_texts(cell)
    client.set_widgets_metadata()
    return stopped


def _run(client: Any, cell: Any, index: int, clock: "_Clock") -> str:
    """Runs a cell; returns why no other can follow, or an empty text."""
    name = f"cell {index + 1}"
    try:
        client.execute_cell(cell, index)
        return clock.too_long(name)
    except DeadKernelError:
        stopped = f"the kernel died in {name}"
        _fail(cell, KERNEL_DIED, stopped)
    except CellTimeoutError:
        stopped = clock.too_long(name) or f"{name} sent no more output"
        _fail(cell, OUT_OF_TIME, stopped)
    return stopped


class _Clock:
    """How much of a budget is left."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.begin()

    def begin(self) -> None:
        self._start = self._cell = time.monotonic()

    def begin_cell(self) -> None:
        self._cell = time.monotonic()

    def cell_took(self) -> float:
        return time.monotonic() - self._cell

    def left(self) -> float:
        """Seconds that the cell may still take."""
        now = time.monotonic()
        return min(self._start + self._budget.notebook - now, self._cell + self._budget.cell - now)

    def too_long(self, name: str) -> str:
        """What took too long, or an empty text."""
        if self.left() > 0:
            return ""
        if time.monotonic() >= self._start + self._budget.notebook:
            return f"it ran longer than {self._budget.notebook / 60:g} minutes"
        return f"{name} ran longer than {self._budget.cell / 60:g} minutes"


def environment(root: Path) -> dict[str, str]:
    """What a kernel finds in its environment: modules of the course, and one thread."""
    before = os.environ.get("PYTHONPATH")
    return (
        os.environ
        | ONE_THREAD
        | {
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "PYTHONPATH": os.pathsep.join([str(root), *([before] if before else [])]),
        }
    )


def _fail(cell: Any, name: str, text: str) -> None:
    """Adds an error, so that nobody takes silence for success."""
    cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"]))
