"""All notebooks of a sheet, a first page and scanned derivations in one PDF."""

import io
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pypdf import PdfWriter

from course_handin.answers import Review
from course_handin.by_browser import page_of_lines, print_all
from course_handin.group import Group
from course_handin.sheet import Sheet
from course_notebooks.browser import PrintError

_SCANS = (".pdf", ".png", ".jpg", ".jpeg")


@dataclass
class Paper:
    """The PDF.

    Attributes:
        content: its bytes; empty if there is none.
        n_pages: how many.
        scans: files that were added at the end.
        remarks: how it was made, where that is unusual.
        problems: what is missing or shown in a plain way.
    """

    content: bytes = b""
    n_pages: int = 0
    scans: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def make_paper(
    sheet: Sheet, group: Group, notebooks: dict[str, Any], reviews: list[Review], day: date
) -> Paper:
    """Prints executed notebooks.

    Args:
        sheet: where they come from.
        group: who hands in.
        notebooks: by name.
        reviews: what to say of them on the first page.
        day: the date on the first page.
    """
    paper = Paper()
    scans = find_scans(sheet.folder)
    document = None
    photos = [path for path in scans if path.suffix.lower() != ".pdf"]
    try:
        from course_handin.document import make_document  # its packages may be missing

        document = make_document(sheet, group, notebooks, reviews, day, photos)
        pieces = [document.content]
        paper.problems, paper.scans = document.notes, document.photos
    except (PrintError, ImportError, OSError) as error:
        paper.remarks.append(f"printed by a browser, since typst could not be used: {error}")
        pieces = _printed(sheet, group, notebooks, reviews, paper)
    if document is None and photos:
        names = ", ".join(path.name for path in photos)
        paper.problems.append(f"not in the PDF: {names}; save them as derivation.pdf")
    if pieces:
        pieces += [_pages(path, paper) for path in scans if path.suffix.lower() == ".pdf"]
        _join([piece for piece in pieces if piece], paper, sheet, group)
    return paper


def find_scans(folder: Path) -> list[Path]:
    """Derivations on paper: `derivation*.pdf` and pictures beside the notebooks."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and path.name.lower().startswith("derivation")
        and path.suffix.lower() in _SCANS
    )


def _pages(path: Path, paper: Paper) -> bytes:
    """A scanned derivation, if it is a PDF whose pages can be copied."""
    try:
        content = path.read_bytes()
        trial = PdfWriter()
        trial.append(io.BytesIO(content))
        trial.write(io.BytesIO())
        if len(trial.pages):
            paper.scans.append(path.name)
            return content
        reason = "it has no pages"
    except Exception as error:  # a broken PDF may fail anywhere in pypdf
        reason = str(error) or type(error).__name__
    paper.problems.append(f"{path.name} cannot be added: {reason}; print it to a new PDF")
    return b""


def _printed(
    sheet: Sheet, group: Group, notebooks: dict[str, Any], reviews: list[Review], paper: Paper
) -> list[bytes]:
    """The pages by a browser."""
    people = [f"{one.name}, {one.tutorial}" for one in group.members]
    tasks = [
        f"{review.name}: {task.title}: {'unanswered' if task.n_open else 'answered'}"
        for review in reviews
        for task in review.tasks
    ]
    found = [f"{review.name}: {text}" for review in reviews for text in review.problems()]
    lines = [sheet.course, *people, *tasks, *found]
    try:
        return print_all(
            page_of_lines(f"{sheet.name}, {group.name}", lines), notebooks, sheet.folder
        )
    except PrintError as error:
        paper.problems.append(
            f"there is no PDF: {error}. Install the packages of the bundle again "
            "(pip install -e .), or a browser"
        )
        return []


def _join(pieces: list[bytes], paper: Paper, sheet: Sheet, group: Group) -> None:
    writer = PdfWriter()
    for piece in pieces:
        writer.append(io.BytesIO(piece))
    writer.add_metadata({"/Title": f"{sheet.name}, {group.name}"})
    buffer = io.BytesIO()
    writer.write(buffer)
    paper.content, paper.n_pages = buffer.getvalue(), len(writer.pages)
