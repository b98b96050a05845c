"""Which cell of a submission is which, when the metadata that said so is lost.

Editors that know nothing of nbgrader drop its metadata. Without it every answer would look
deleted. A cell is then known by its id, by its text, by what it defines, or by its neighbours.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from course_grader.cells import grade_id as grade_id

_DEFINES = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
_Key = Callable[[Any], Any]


def recognise(notebook: Any, master: Any) -> list[str]:
    """Gives cells without an nbgrader id the one that they had when they were handed out.

    Args:
        notebook: a submission, changed in place.
        master: the students' version as released.

    Returns:
        Ids that were found again.
    """
    found: list[str] = []
    keys: tuple[_Key, ...] = (lambda cell: cell.get("id"), _text, _definitions)
    for key in keys:
        found += _by(key, notebook, master)
    found += _by_neighbours(notebook, master)
    return found


def _text(cell: Any) -> Any:
    return cell.source.strip()


def _definitions(cell: Any) -> Any:
    return frozenset(_DEFINES.findall(cell.source)) if cell.cell_type == "code" else None


def _open(notebook: Any, master: Any) -> tuple[list[Any], list[Any]]:
    """Cells of the submission that nothing is known about; cells of the master not found yet."""
    known = {grade_id(cell) for cell in notebook.cells}
    return (
        [cell for cell in notebook.cells if not grade_id(cell)],
        [cell for cell in master.cells if grade_id(cell) and grade_id(cell) not in known],
    )


def _by(key: _Key, notebook: Any, master: Any) -> list[str]:
    nameless, wanted = _open(notebook, master)
    theirs, ours = _unique(key, nameless), _unique(key, wanted)
    pairs = [(theirs[value], cell) for value, cell in ours.items() if value in theirs]
    return [_name(cell, like) for cell, like in pairs if cell.cell_type == like.cell_type]


def _unique(key: _Key, cells: Iterable[Any]) -> dict[Any, Any]:
    """Cells by key; a key that two cells share tells nothing."""
    groups: dict[Any, list[Any]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return {value: group[0] for value, group in groups.items() if value and len(group) == 1}


def _by_neighbours(notebook: Any, master: Any) -> list[str]:
    """The only nameless cell of a kind between the same two known cells."""
    found = []
    for kind in ("code", "markdown"):
        known = {grade_id(cell) for cell in notebook.cells} - {""}
        theirs = _between(notebook.cells, known, kind)
        for gap, cells in _between(master.cells, known, kind).items():
            own = theirs.get(gap, [])
            if len(cells) == len(own) == 1 and grade_id(cells[0]):
                found.append(_name(own[0], cells[0]))
    return found


def _between(cells: list[Any], known: set[str], kind: str) -> dict[tuple[str, str], list[Any]]:
    """Other cells of a kind, by the known cells before and after them."""
    gaps: dict[tuple[str, str], list[Any]] = {}
    before = ""
    waiting: list[Any] = []
    for cell in [*cells, None]:
        name = grade_id(cell) if cell is not None else ""
        if cell is None or name in known:
            if waiting:
                gaps[(before, name)] = waiting
            before, waiting = name, []
        elif cell.cell_type == kind:
            waiting.append(cell)
    return gaps


def _name(cell: Any, like: Any) -> str:
    cell.metadata["nbgrader"] = {"grade_id": grade_id(like)}
    return grade_id(like)
