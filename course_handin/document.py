"""First page, notebooks and photos of derivations as one document of typst's."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from course_handin.answers import Review
from course_handin.cover import cover
from course_handin.group import Group
from course_handin.pages import notebook_parts
from course_handin.pictures import Pictures
from course_handin.sheet import Sheet
from course_handin.texts import literal
from course_handin.typesetting import Part, typeset


@dataclass
class Document:
    """What typst made.

    Attributes:
        content: a PDF.
        photos: names of those that are in it.
        notes: what could not be shown, or is shown in a plain way.
    """

    content: bytes = b""
    photos: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_document(
    sheet: Sheet,
    group: Group,
    notebooks: dict[str, Any],
    reviews: list[Review],
    day: date,
    photos: list[Path],
) -> Document:
    """Typesets executed notebooks.

    Args:
        sheet: where they come from.
        group: who hands in.
        notebooks: by name.
        reviews: what to say of them on the first page.
        day: the date on the first page.
        photos: pictures that get a page each at the end.

    Raises:
        PrintError: pandoc or typst do not work.
    """
    document = Document()
    with tempfile.TemporaryDirectory(prefix="handin-") as name:
        pictures = Pictures(Path(name), sheet.folder)
        parts = [cover(sheet, group, reviews, day)]
        for title, notebook in notebooks.items():
            parts += notebook_parts(title, notebook, pictures)
        for path in photos:
            stored = pictures.from_address(path.name)
            if stored is None:
                document.notes.append(
                    f"{path.name} is no picture that can be shown; save it as PNG or PDF"
                )
                continue
            document.photos.append(path.name)
            parts.append(_photo(path.name, stored))
        document.content = typeset(parts, pictures.store)
    document.notes += [note for part in parts for note in part.notes]
    return document


def _photo(name: str, stored: str) -> Part:
    title = literal(name)
    source = (
        f"#pagebreak(weak: true)\n#shown-notebook.update({title})\n"
        f'#align(center, image({literal(stored)}, width: 100%, height: 96%, fit: "contain"))'
    )
    return Part(source, f'#lost-picture({title}, "")', f"{name} cannot be shown")
