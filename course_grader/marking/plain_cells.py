"""Cells that take too long to be shown as a page, and are shown as plain text instead."""

from typing import Any

from nbformat.v4 import new_output

from course_notebooks.cleaning import html, one_line

CELL_SECONDS = 2.0  # of computing, for a cell
ALL_SECONDS = 20.0  # for all of a notebook
MOST_TEXT = 20_000  # signs of a cell that are shown
PLAIN = "This cell takes too long to be shown as a page: here is its text."
NO_OUTPUT = "(What this cell showed takes too long to be shown on a page.)"


def as_text(cell: Any) -> None:
    """Makes a cell one that needs no rendering, in place."""
    if cell.cell_type == "code":
        cell["outputs"] = [new_output("stream", text=NO_OUTPUT)] if cell.get("outputs") else []
        cell["execution_count"] = None
        return
    more = len(cell.source) - MOST_TEXT
    rest = f"<p>({more:,} more signs are in the file that was handed in)</p>" if more > 0 else ""
    text = html(cell.source[:MOST_TEXT])
    page = f"<div><p><em>{PLAIN}</em></p><pre>{text}</pre>{rest}</div>"
    cell.source = one_line(page)


def remark_on(cells: list[Any]) -> list[str]:
    """What to say of a marked notebook whose cells are not all shown as pages."""
    if not (count := shown_as_text(cells)):
        return []
    return [
        f"{count} cell(s) take longer to show than they may ({CELL_SECONDS:g} s each, "
        f"{ALL_SECONDS:g} s all together): they are shown as plain text"
    ]


def shown_as_text(cells: list[Any]) -> int:
    """How many cells of a marked notebook are shown as plain text, since they take too long."""
    return sum(
        PLAIN in cell.source
        if cell.cell_type != "code"
        else any(NO_OUTPUT in output.get("text", "") for output in cell.outputs)
        for cell in cells
    )
