"""Notebooks run in a fresh kernel of this very Python; or a look at whether they were."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat.v4 import new_output

Heard = Callable[[int, int], None]
# As in marking. Small networks gain little from more, and lose much on a busy machine.
_ONE_THREAD = {
    f"{name}_NUM_THREADS": "1"
    for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS")
}


class _ThisPython(AsyncKernelManager):
    """Starts `sys.executable`, whatever kernel a notebook asks for."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of the one kernel there is."""
        if self._kernel_spec is None:
            self._kernel_spec = KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name="Python 3",
                language="python",
            )
        return self._kernel_spec


def execute(notebook: Any, folder: Path, root: Path, seconds: float, heard: Heard) -> list[str]:
    """Runs a notebook in place, cell by cell, to its end whatever happens.

    Args:
        notebook: nbformat 4 nodes; its outputs are replaced.
        folder: where its relative paths start.
        root: of the course, where modules are looked for first.
        seconds: that all its cells may take together.
        heard: is told the number of the cell that begins, and how many there are.

    Returns:
        Why cells were not run or were ended, a sentence each.
    """
    code = [
        (index, cell)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    deadline = time.monotonic() + seconds
    client = NotebookClient(
        notebook,
        kernel_manager_class=_ThisPython,
        allow_errors=True,
        interrupt_on_timeout=True,
        timeout_func=lambda cell: max(1, math.ceil(deadline - time.monotonic())),
        resources={"metadata": {"path": str(folder)}},
    )
    client.create_kernel_manager()
    before = os.environ.get("PYTHONPATH")
    environment = (
        os.environ
        | _ONE_THREAD
        | {
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "PYTHONPATH": os.pathsep.join([str(root), *([before] if before else [])]),
        }
    )
    stopped = ""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with client.setup_kernel(env=environment, cwd=str(folder), **quiet):
        for number, (index, cell) in enumerate(code, 1):
            heard(number, len(code))
            if not stopped and time.monotonic() >= deadline:
                stopped = f"it ran longer than {seconds / 60:g} minutes"
            if stopped:
                _fail(cell, "NotRun", f"not run: {stopped}")
                continue
            try:
                client.execute_cell(cell, index)
            except DeadKernelError:
                stopped = f"the kernel died in cell {index + 1}"
                _fail(cell, "KernelDied", stopped)
            except CellTimeoutError:
                stopped = f"cell {index + 1} ran out of time"
                _fail(cell, "OutOfTime", stopped)
    CoalesceStreamsPreprocessor().preprocess(notebook, {})  # a progress bar is one output
    return [stopped] if stopped else []


def _fail(cell: Any, name: str, text: str) -> None:
    cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"]))


def not_executed(notebook: Any) -> str:
    """What tells that a notebook was not run from its top to its end, or an empty string."""
    counts = [
        cell.get("execution_count")
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip()
    ]
    n_missing = sum(count is None for count in counts)
    if n_missing == len(counts) and counts:
        return "it was not run"
    if n_missing:
        return f"{n_missing} of {len(counts)} cells were not run"
    if counts != list(range(1, len(counts) + 1)):
        return "its cells were not run in order, from a fresh start"
    return ""
