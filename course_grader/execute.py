"""Running a notebook for marks, with nbgrader's own means: one kernel, cell after cell.

`LocalExecute` takes the place of nbgrader's `Execute` in `c.Autograde.autograde_preprocessors` and
can itself be replaced there: another preprocessor only has to fill the cells' outputs and to call
`report_cell` after each. A cell that could not run gets an error output, because to nbgrader a
cell without output is a cell that passed.
"""

import asyncio
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Float, Integer, Unicode

from course_grader.converting import gradebook_free
from course_grader.kernel import ThisPython, cancellable, run_alone

KERNEL_DIED = "KernelDied"
NOT_RUN = "NotRun"
TIMED_OUT = "CellTimeoutError"
_NUMBER = re.compile(r"(?:np\.\w+|numpy\.\w+|tensor|array)\(\s*([-+\w.]+)\s*(?:,[^)]*)?\)")


@dataclass(frozen=True)
class CellDone:
    """One cell of a notebook has been dealt with.

    Attributes:
        name: of the cell.
        seconds: how long it took.
        following: name of the cell that runs next, or nothing.
    """

    name: str
    seconds: float
    following: str = ""


Listener = Callable[[CellDone], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within this block, `listener` hears of every cell that was run."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report_cell(done: CellDone) -> None:
    """Tells the listener, if there is one, that a cell has been dealt with."""
    listener = _listener.get()
    if listener is not None:
        listener(done)


def cell_name(cell: Any, index: int) -> str:
    """How messages call a cell: its grade id, else its number in the notebook.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> cell_name(new_code_cell("1 + 1"), 4)
        'cell 5'
    """
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}")


class LocalExecute(Execute):  # type: ignore[misc]
    """nbgrader's `Execute` in a kernel of this Python, with a budget and without free points."""

    notebook_timeout = Integer(
        1800, help="Seconds for all cells of a notebook together; what is left is not run."
    ).tag(config=True)
    shutdown_kernel = Unicode("immediate", help="Kernels are not asked for their last words.")
    grace = Float(10.0, help="Seconds that an interrupted kernel has to answer.").tag(config=True)
    max_output = Integer(
        5_000_000, help="Characters of output kept from one cell; the rest is dropped."
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        kwargs["kernel_manager_class"] = ThisPython
        super().__init__(**kwargs)
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
        with gradebook_free():
            run_alone(self._run_notebook)
        self.set_widgets_metadata()
        return nb, resources

    async def _run_notebook(self) -> None:
        with cancellable():
            try:
                self.create_kernel_manager()
                await self.async_start_new_kernel()
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
                    report_cell(CellDone(cell_name(cell, index), seconds, following))
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
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # nbclient takes this for a dead kernel
                raise asyncio.CancelledError from None
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


class TidyPoints(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes the points that a grade cell returns safe for nbgrader.

    The value of a grade cell's last line is its partial credit. nbgrader takes everything that it
    cannot read as a number for full points, `np.float64(0.3)`, `tensor(0.3)`, `nan` and `-1`
    included, and gives up a notebook whose cell returns more than it is worth.
    """

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Rewrites the value of a grade cell where that is needed."""
        if cell.cell_type == "code" and is_grade(cell):
            most = float(cell.metadata.nbgrader["points"])
            for output in list(cell.outputs):
                if output.output_type == "execute_result":
                    text = str(output.data.get("text/plain", ""))
                    points = _read_points(text)
                    if points is None:
                        output.data["text/plain"] = text or "a value without text"
                    elif not math.isfinite(points) or points < 0:
                        cell.outputs.remove(output)
                        _fail(cell, "BadPoints", f"the test returned {text} points")
                    else:
                        output.data["text/plain"] = repr(min(points, most))
        return cell, resources


def _read_points(text: str) -> float | None:
    match = _NUMBER.fullmatch(text.strip())
    try:
        return float(match.group(1) if match else text)
    except ValueError:
        return None
