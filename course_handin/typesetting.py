"""Typst: parts of a document put on pages, each with something simpler to fall back on."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import typst

from course_handin.style import STYLE
from course_notebooks.browser import PrintError
from course_notebooks.cleaning import clean


class TypesetError(PrintError):
    """Typst cannot make pages of this; the text is its last word."""


@dataclass
class Part:
    """A piece of the document.

    Attributes:
        source: typst.
        instead: typst that shows the same in a plain way, should the first not compile.
        note: what to tell the group in that case.
        notes: what to tell the group in any case.
    """

    source: str
    instead: str
    note: str
    notes: list[str] = field(default_factory=list)


def typeset(parts: list[Part], folder: Path) -> bytes:
    """The PDF of all parts; those that do not compile give way to what stands in for them.

    Args:
        parts: in order; those that gave way have their `source` replaced and a new note.
        folder: with the pictures.

    Raises:
        TypesetError: it does not compile in any case.
    """
    try:
        return _compile(_document(parts), folder)
    except TypesetError:
        for part in parts:
            if not compiles_in(folder, part.source):
                part.source = part.instead
                part.notes.append(part.note)
        return _compile(_document(parts), folder)


def compiles(source: str) -> bool:
    """Whether typst understands a piece that needs no files."""
    return not source or _try(source, None)


def compiles_in(folder: Path, source: str) -> bool:
    """Whether typst understands a piece that needs the files of a folder."""
    return _try(source, folder)


def _try(source: str, folder: Path | None) -> bool:
    try:
        _compile(f"{STYLE}\n{source}\n", folder)
    except TypesetError:
        return False
    return True


def _document(parts: list[Part]) -> str:
    return STYLE + "\n" + "\n\n".join(part.source for part in parts) + "\n"


@cache
def _fonts() -> typst.Fonts:
    """Typst's own fonts; those of the system help out with signs that they lack."""
    return typst.Fonts()


def _compile(source: str, folder: Path | None) -> bytes:
    try:
        compiler = typst.Compiler(root=folder, font_paths=_fonts())
        pages = compiler.compile(clean(source).encode(), format="pdf")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the compiler is no Exception
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise TypesetError(lines[0]) from error
    if not isinstance(pages, bytes):
        raise TypesetError("typst gave no pages")
    return pages
