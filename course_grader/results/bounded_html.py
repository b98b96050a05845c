"""Marked notebooks cleaned in a process with limits; what takes too long is shown as plain text.

Markdown, and HTML among outputs, can be written so that rendering a few kilobytes takes minutes.
Each cell is tried here, once, before anybody opens a page: what passes `SafeHtml` in time is as
quick on the pages of formgrader and feedback, all else becomes text that needs no rendering.
"""

import copy
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from course_grader.bounded import TooMuchError, WorkError, bounded
from course_grader.converting import gradebook_free
from course_grader.marking.plain_cells import ALL_SECONDS, CELL_SECONDS, as_text
from course_grader.results.safe_html import SafeHtml


class TooSlow(BaseException):
    """A cell has used up its time; no `except Exception` on the way shall keep it."""


class BoundedHtml(NbGraderPreprocessor):  # type: ignore[misc]
    """`SafeHtml`, the last step of autograding, with limits of time and memory."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """The cleaned notebook; other threads may use the gradebook meanwhile."""
        folder = (resources.get("metadata") or {}).get("path")
        with gradebook_free():
            try:
                cleaned = bounded(f"{__name__}:clean_notebook", nb, folder)
            except (TooMuchError, WorkError) as error:
                self.log.warning("%s is shown as plain text: it %s", folder, error)
                cleaned = clean_notebook(nb, folder, seconds=0.0)
        return nbformat.from_dict(cleaned), resources


def clean_notebook(notebook: Any, folder: str | None, seconds: float = ALL_SECONDS) -> Any:
    """A notebook without active content, and without what takes too long to render.

    Args:
        notebook: marked; changed in place.
        folder: where it lies, with the files that it shows.
        seconds: for all cells.
    """
    cleaned, _ = _InTime(seconds).preprocess(notebook, {"metadata": {"path": folder}})
    return cleaned


class _InTime(SafeHtml):
    """Cleans cell by cell, each within its time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._left = seconds

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Cleans a cell; makes it plain text where that takes too long."""
        before = copy.deepcopy({key: cell[key] for key in ("source", "outputs") if key in cell})
        begin = time.process_time()
        try:
            with _within(min(CELL_SECONDS, self._left)):
                return super().preprocess_cell(cell, resources, cell_index)
        except (TooSlow, MemoryError):
            cell.pop("attachments", None)
            cell.update(before)
            as_text(cell)
            return cell, resources
        finally:
            self._left -= time.process_time() - begin


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Within this block a signal comes when so many seconds were computed, and again thereafter."""
    if seconds <= 0:
        raise TooSlow

    def stop(_signal: int, _frame: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
