"""Lines that a program wrote over, in nbgrader."""

from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

from course_notebooks.overwritten import join_texts


class OverwrittenLines(NbGraderPreprocessor):  # type: ignore[misc]
    """Keeps of each text what a terminal would show."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Changes the texts of one cell in place."""
        join_texts(cell)
        return cell, resources
