"""What a cell is to the grader: its name, its seed, whether it is a test, why it did not run."""

import hashlib
import re
from typing import Any

from nbgrader.utils import compute_checksum, is_grade, is_solution

from course_notebooks.error_names import NOT_RUN as NOT_RUN

STOPPED = "Stopped"
MARKS: dict[str, type | tuple[type, ...]] = {  # nbgrader's metadata of a cell
    "grade": bool,
    "solution": bool,
    "locked": bool,
    "task": bool,
    "points": (int, float),
    "schema_version": int,
    "checksum": str,
    "cell_type": str,
    "grade_id": str,
}
_TAG = re.compile(r"[\w.-]{1,200}")


def is_test(cell: Any) -> bool:
    """Whether a cell is the master's test: it earns points and holds no answer."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def untouched(cell: Any) -> bool:
    """Whether one of nbgrader's cells is as it was handed out."""
    return bool(cell.metadata.nbgrader.get("checksum") == compute_checksum(cell))


def grade_id(cell: Any) -> str:
    """A cell's nbgrader id, or an empty string."""
    mark = cell.metadata.get("nbgrader")
    return str(mark.get("grade_id") or "") if isinstance(mark, dict) else ""


def cell_name(cell: Any, index: int) -> str:
    """How messages call a cell: its grade id, else its number in the notebook.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> cell_name(new_code_cell("1 + 1"), 4)
        'cell 5'
    """
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}")


def secret_of(solution: Any) -> str:
    """What no group can know or guess of a solution: a digest of its texts."""
    return hashlib.sha256("\0".join(cell.source for cell in solution.cells).encode()).hexdigest()


def seed_of(name: str, secret: str = "") -> int:
    """The seed of a cell: the same in every run, whoever runs it.

    Args:
        name: of the cell.
        secret: what makes it another one, that nobody can guess.

    Example:
        >>> seed_of("check-1") == seed_of("check-1") != seed_of("check-2")
        True
        >>> seed_of("check-1", "a solution") != seed_of("check-1")
        True
    """
    return int.from_bytes(hashlib.sha256(f"{secret}{name}".encode()).digest()[:4], "big")


def tags_of(metadata: Any) -> list[str]:
    """The tags of a cell that are words.

    Example:
        >>> tags_of({"tags": ["figure-loss", "the answer is 42"]})
        ['figure-loss']
    """
    tags = metadata.get("tags")
    return [str(tag) for tag in tags if _TAG.fullmatch(str(tag))] if isinstance(tags, list) else []
