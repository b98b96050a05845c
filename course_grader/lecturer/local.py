"""Running the lecturer's own notebooks: one kernel of this Python with all its rights.

Students' notebooks never come here, see `course_grader.marking.running`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from traitlets import Integer
from traitlets.config import LoggingConfigurable

from course_grader.cells import cell_name
from course_notebooks.executing import Budget, code_cells, execute

Heard = Callable[[str, float, str], None]


class LocalExecute(LoggingConfigurable):
    """Runs notebooks within the times that the course's configuration sets."""

    timeout = Integer(600, help="Seconds that a cell may take.").tag(config=True)
    notebook_timeout = Integer(
        1800, help="Seconds for all cells of a notebook together; what is left is not run."
    ).tag(config=True)
    startup_timeout = Integer(60, help="Seconds until the kernel answers.").tag(config=True)

    def run(self, notebook: Any, folder: Path, root: Path, heard: Heard) -> None:
        """Runs a notebook in place; it always comes back, with an output for each failure.

        Args:
            notebook: nbformat 4 nodes.
            folder: where its relative paths start.
            root: the course's folder, from which notebooks import.
            heard: told of each cell that is done: its name, seconds, name of the next cell.
        """
        names = [cell_name(cell, index) for index, cell in code_cells(notebook)] + [""]

        def told(n_done: int, seconds: float) -> None:
            if n_done:
                heard(names[n_done - 1], seconds, names[n_done])

        budget = Budget(self.notebook_timeout, self.timeout, self.startup_timeout)
        execute(notebook, folder, root, budget, told)
