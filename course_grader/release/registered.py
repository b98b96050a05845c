"""The gradebook learns a sheet's cells."""

from typing import Any

from nbgrader.preprocessors import SaveCells

from course_grader.gradebook import in_one_step


class RegisterCells(SaveCells):  # type: ignore[misc]
    """Takes the place of nbgrader's `SaveCells`: all cells of a notebook in one step."""

    def _create_notebook(self, nb: Any) -> None:
        with in_one_step(self.gradebook):
            super()._create_notebook(nb)
