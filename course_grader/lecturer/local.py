"""Running the lecturer's own notebooks: one kernel of this Python with all its rights.

Students' notebooks never come here, see `course_grader.marking.running`.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Float, Integer, Unicode

from course_grader.cells import NOT_RUN, cell_name
from course_grader.lecturer.kernel import ThisPython, kernel_environment, run_alone

KERNEL_DIED = "KernelDied"
TIMED_OUT = "CellTimeoutError"


Heard = Callable[[str, float, str], None]


class LocalExecute(Execute):  # type: ignore[misc]
    """nbgrader's `Execute` in a kernel of this Python, with a budget and without free points.

    Args:
        root: the course's folder, from which notebooks import.
        heard: told of each cell that is done: its name, seconds, name of the next cell.
        kwargs: nbgrader's and nbclient's.
    """

    notebook_timeout = Integer(
        1800, help="Seconds for all cells of a notebook together; what is left is not run."
    ).tag(config=True)
    shutdown_kernel = Unicode("immediate", help="Kernels are not asked for their last words.")
    grace = Float(10.0, help="Seconds that an interrupted kernel has to answer.").tag(config=True)
    max_output = Integer(
        5_000_000, help="Characters of output kept from one cell; the rest is dropped."
    ).tag(config=True)

    def __init__(self, root: Path, heard: Heard | None = None, **kwargs: Any) -> None:
        kwargs["kernel_manager_class"] = ThisPython
        super().__init__(**kwargs)
        self._environment = kernel_environment(root)
        self._heard = heard or (lambda name, seconds, following: None)
        self._reset()

    def _reset(self) -> None:
        self._deadline = math.inf
        self._stopped = ""
        self._written = 0

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Runs the notebook in place; it always comes back, with an output for each failure."""
        NotebookClient.__init__(self, nb, km)
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        self._reset()
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        run_alone(self._run_notebook)
        self.set_widgets_metadata()
        return nb, resources

    async def _run_notebook(self) -> None:
        try:
            self.create_kernel_manager()
            await self.async_start_new_kernel(env=self._environment)
            await self.async_start_new_kernel_client()
        except (RuntimeError, OSError) as error:
            self._stopped = f"the kernel did not start: {error}"
        try:
            self._deadline = time.monotonic() + self.notebook_timeout
            code = [
                (index, cell)
                for index, cell in enumerate(self.nb.cells)
                if cell.cell_type == "code" and cell.source.strip()
            ]
            names = [cell_name(cell, index) for index, cell in code]
            for (index, cell), following in zip(code, [*names[1:], ""], strict=True):
                seconds = await self._run_cell(cell, index)
                self._heard(cell_name(cell, index), seconds, following)
        finally:
            if self.km is not None:
                await self._async_cleanup_kernel()

    async def _run_cell(self, cell: Any, index: int) -> float:
        """Runs one cell, or says why it was not run; returns the seconds that it took."""
        start = time.monotonic()
        self._written = 0
        if not self._stopped and start >= self._deadline:
            self._stopped = f"the notebook used up its {self.notebook_timeout} s"
        if self._stopped:
            _fail(cell, NOT_RUN, f"not run: {self._stopped}")
        else:
            await self._try_cell(cell, index)
        return time.monotonic() - start

    async def _try_cell(self, cell: Any, index: int) -> None:
        name = cell_name(cell, index)
        try:
            await self.async_execute_cell(cell, index, store_history=True)
        except DeadKernelError:
            _fail(cell, KERNEL_DIED, f"the kernel died in this cell ({name})")
            self._stopped = f"the kernel died in {name}"
        except CellTimeoutError:
            _fail(cell, TIMED_OUT, "the kernel sent no more output")
        for output in cell.outputs:
            if output.output_type == "error" and output.ename == TIMED_OUT:
                output.evalue = output.evalue or "the cell ran longer than it may"
                if not self._stopped and not await self._answers():
                    self._stopped = f"{name} ran out of time and could not be interrupted"

    def _get_timeout(self, cell: Any) -> int | None:
        left = max(1, math.ceil(min(self._deadline - time.monotonic(), 1e9)))
        return min(self.timeout or left, left)

    async def _answers(self) -> bool:
        """Whether the kernel reacts after it was interrupted; one that does not is ended."""
        try:
            await ensure_async(self.kc.wait_for_ready(timeout=self.grace))
        except RuntimeError:
            await ensure_async(self.km.shutdown_kernel(now=True))
            return False
        return True

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        """Keeps an output unless the cell has said enough."""
        content = msg["content"]
        self._written += len(str(content.get("text", ""))) + len(str(content.get("data", "")))
        if self._written > self.max_output and msg["msg_type"] != "error":
            return None
        return super().output(outs, msg, display_id, cell_index)


def _fail(cell: Any, name: str, text: str) -> None:
    """Adds an error output, so that nbgrader does not take silence for success."""
    cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"]))
