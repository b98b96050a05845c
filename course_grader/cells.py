"""What a cell is to the grader: its name, its seed, whether it is a test, why it did not run."""

import hashlib
from typing import Any

from nbgrader.utils import is_grade, is_solution

from course_notebooks.executing import NOT_RUN as NOT_RUN  # names of errors

STOPPED = "Stopped"


def is_test(cell: Any) -> bool:
    """Whether a cell is the master's test: it earns points and holds no answer."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def cell_name(cell: Any, index: int) -> str:
    """How messages call a cell: its grade id, else its number in the notebook.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> cell_name(new_code_cell("1 + 1"), 4)
        'cell 5'
    """
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}")


def seed_of(name: str) -> int:
    """The seed of a cell: the same in every run, whoever runs it.

    Example:
        >>> seed_of("check-1") == seed_of("check-1") != seed_of("check-2")
        True
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
