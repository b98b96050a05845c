"""A submission laid over the master's cells: nbgrader then finds what it expects."""

import copy
from typing import Any

from nbformat.v4 import new_markdown_cell

from course_grader.intake.recognise import grade_id, recognise
from course_grader.intake.repair import unique_ids
from course_grader.marking.beside import HandedOut, own_lines


def merge(notebook: Any, master: Any) -> tuple[Any, list[str]]:
    """Lays a submission over the master's cells, so that nbgrader finds what it expects.

    A known cell gets the master's kind and metadata (points cannot be edited), and its text where
    students may not write, while what they wrote there comes into a cell below. Of several copies
    the last one counts; unknown nbgrader cells become ordinary ones; cells that were deleted come
    back as they were handed out, behind their predecessor; cells that changed places go back.

    Args:
        notebook: a submission, changed in place.
        master: the students' version as released.

    Returns:
        The notebook and remarks on what was done.

    Raises:
        ValueError: no cell for answers is left; says whether it looks like another notebook.
    """
    remarks: list[str] = []
    wanted = {grade_id(cell): cell for cell in master.cells if grade_id(cell)}
    strange = [name for cell in notebook.cells if (name := grade_id(cell)) and name not in wanted]
    again = recognise(notebook, master)
    if again:
        remarks.append(f"nbgrader's metadata was lost: found again {_list(again)}")
    last = _last_copies(notebook, wanted, remarks)
    _has_answers(last, wanted, strange)
    given = HandedOut.of(master.cells)
    written: dict[str, Any] = {}
    for name, index in last.items():
        cell, like = notebook.cells[index], wanted[name]
        own = _written_into(cell, like, given)
        if own is not None:
            written[name] = own
        notebook.cells[index] = _restored(cell, like, remarks, kept=own is not None)
    cells = _in_order(notebook.cells, last, wanted, remarks)
    notebook.cells = [
        one
        for cell in _complete(cells, wanted, remarks)
        for one in (cell, written.get(grade_id(cell)))
        if one is not None
    ]
    _master_kernel(notebook, master, remarks)
    unique_ids(notebook.cells, [])
    return notebook, remarks


def _last_copies(notebook: Any, wanted: dict[str, Any], remarks: list[str]) -> dict[str, int]:
    """Where the cells of the master are; all others become ordinary cells."""
    last: dict[str, int] = {}
    for index, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        if name in last:
            remarks.append(f"{name} occurs more than once: the last copy counts")
            notebook.cells[last[name]].metadata = {}
        if name in wanted:
            last[name] = index
        else:
            cell.metadata = {}
    return last


def _has_answers(found: dict[str, int], wanted: dict[str, Any], strange: list[str]) -> None:
    """A notebook without any cell for answers must not pass for an empty one."""
    answers = {name for name, cell in wanted.items() if cell.metadata.nbgrader.get("solution")}
    if answers and not answers & set(found):
        if strange:
            raise ValueError(
                f"holds the cells of another notebook ({_list(strange)}); "
                f"expected {_list(sorted(answers))}"
            )
        raise ValueError(
            f"has none of the cells for answers, which nbgrader calls {_list(sorted(answers))}, "
            "and no text tells which cell is which; a tutor has to read it, or the group copies "
            "its answers into a fresh notebook"
        )


def _written_into(cell: Any, like: Any, given: HandedOut) -> Any:
    """A cell with what a group wrote into a locked one, such as an answer below its question."""
    if not like.metadata.nbgrader.get("locked") or cell.source.rstrip() == like.source.rstrip():
        return None
    lines = own_lines(cell, HandedOut(given.lines, given.ids | {str(cell["id"])}))
    if not lines:
        return None
    own = new_markdown_cell("\n\n".join(lines))
    if "attachments" in cell:
        own["attachments"] = cell["attachments"]
    return own


def _restored(cell: Any, like: Any, remarks: list[str], *, kept: bool) -> Any:
    """The student's text in the master's cell; the master's text where it is locked."""
    name = grade_id(like)
    if cell.cell_type != like.cell_type:
        kind = "code" if like.cell_type == "code" else "text"
        remarks.append(f"{name} was made a {cell.cell_type} cell: it is a {kind} cell again")
    made = copy.deepcopy(like)
    made["id"] = cell["id"]
    if "attachments" in cell and like.cell_type != "code":
        made["attachments"] = cell["attachments"]
    if not like.metadata.nbgrader.get("locked"):
        made["source"] = cell["source"]
    elif cell.source.rstrip() != like.source.rstrip():
        below = ", and what was written into it stands in a cell below" if kept else ""
        remarks.append(f"{name} was altered: it is as handed out again{below}")
    return made


def _in_order(
    cells: list[Any], last: dict[str, int], wanted: dict[str, Any], remarks: list[str]
) -> list[Any]:
    """Known cells in the master's order, on the places that known cells had."""
    order = [name for name in wanted if name in last]
    places = sorted(last.values())
    moved = [name for name, place in zip(order, places, strict=True) if last[name] != place]
    if moved:
        remarks.append(f"cells changed places: put back in order {_list(moved)}")
    made = list(cells)
    for name, place in zip(order, places, strict=True):
        made[place] = cells[last[name]]
    return made


def _complete(cells: list[Any], wanted: dict[str, Any], remarks: list[str]) -> list[Any]:
    """Deleted cells come back."""
    places = {grade_id(cell): cell for cell in cells if grade_id(cell)}
    position = -1
    for name, cell in wanted.items():
        if name in places:
            position = next(i for i, other in enumerate(cells) if other is places[name])
        else:
            remarks.append(f"{name} was deleted: it was put back as handed out")
            position += 1
            cells.insert(position, copy.deepcopy(cell))
    return cells


def _master_kernel(notebook: Any, master: Any, remarks: list[str]) -> None:
    ours = master.metadata.get("kernelspec", {})
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name and ours and name != ours.get("name"):
        remarks.append(f"it was saved for the kernel {name[:40]!r}: {ours.get('name')!r} is used")
    kept = {
        key: master.metadata[key]
        for key in ("kernelspec", "language_info")
        if key in master.metadata
    }
    notebook.metadata.clear()
    notebook.metadata.update(copy.deepcopy(kept))


def _list(names: list[str]) -> str:
    """The first few names.

    Example:
        >>> _list(["a", "b", "c", "d", "e"])
        'a, b, c and 2 more'
    """
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(name[:60] for name in names[:3]) + more
