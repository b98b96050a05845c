"""The group's own files beside the notebooks: helpers, data and pictures go into the archive."""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from course_handin.sheet import Sheet
from course_notebooks.file_names import is_junk, kind_of, safe_parts
from course_notebooks.handed_out import handed_out
from course_notebooks.sheet import NAME as SHEET_NAME

MOST_BYTES = 50_000_000
MOST_FILES = 500
_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")  # packages that were installed beside the notebooks
_TAKEN = ("timestamp.txt",)  # names that the collection of hand-ins uses itself
_MOST_NAMED = 5
_STRING = re.compile(r"""(["'])((?:(?!\1)[^\\\n]|\\.){1,300})\1""")
_NOTEBOOK = f"only notebooks that lie beside {SHEET_NAME} are"
_TOO_MUCH = (
    f"files beside the notebooks may have {MOST_BYTES / 1e6:.0f} MB together and be {MOST_FILES}; "
    "what the notebooks make themselves can be deleted"
)


@dataclass
class OwnFiles:
    """What was found.

    Attributes:
        taken: contents by their paths from the notebooks' folder.
        problems: what is not handed in, and why.
        remarks: what is left out and hardly missed.
    """

    taken: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def there(sheet: Sheet) -> set[str]:
    """Paths of all files beside the notebooks and in folders there, whoever made them."""
    return {path.relative_to(sheet.folder).as_posix() for path in _walk(sheet)}


def own_files(
    sheet: Sheet, notebooks: Mapping[str, Any], before: set[str], without: Collection[Path]
) -> OwnFiles:
    """Gathers files that the notebooks may need and that were not handed out.

    Args:
        sheet: where they are.
        notebooks: that are handed in, by name.
        before: files that were there before the notebooks ran: what they make is not needed, unless
            a text shows it.
        without: files that are handed in in another way.
    """
    found = OwnFiles()
    given = handed_out(sheet.folder)
    cells = [cell for one in notebooks.values() for cell in one.cells]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    texts = "\n".join(cell.source for cell in cells if cell.cell_type != "code")
    skipped: dict[str, list[str]] = defaultdict(list)
    chosen: list[tuple[bool, int, str, Path]] = []
    for path in _walk(sheet):
        name = path.relative_to(sheet.folder).as_posix()
        is_shown = path.name in texts or quote(path.name, errors="surrogateescape") in texts
        is_named = is_shown or path.name in code
        if path in without and not is_named:
            continue
        try:
            if name == SHEET_NAME or path in sheet.notebooks or given.is_as_given(path):
                continue
            if reason := _refused(path, name):
                skipped[reason].append(name)
            elif is_shown or name in before:
                chosen.append((not is_named, path.stat().st_size, name, path))
        except OSError as error:
            skipped[f"cannot be read: {error.strerror or error}"].append(name)
    size = 0
    for _, n_bytes, name, path in sorted(chosen):
        if len(found.taken) >= MOST_FILES or size + n_bytes > MOST_BYTES:
            skipped[_TOO_MUCH].append(name)
            continue
        try:
            found.taken[name] = path.read_bytes()
            size += n_bytes
        except OSError as error:
            skipped[f"cannot be read: {error.strerror or error}"].append(name)
    for reason, names in skipped.items():
        said = found.remarks if reason == _NOTEBOOK else found.problems
        said.append(f"not handed in: {listed(names)}: {reason}")
    return found


def outside(sheet: Sheet, notebooks: Mapping[str, Any], start: float | None) -> list[str]:
    """What notebooks name that lies elsewhere and was not handed out, a sentence each.

    Args:
        sheet: where they are.
        notebooks: by name.
        start: when they began to run: what is newer they made themselves; `None` if they did not
            run, then nobody can tell.
    """
    given = handed_out(sheet.folder)
    if start is None or not given.digests:
        return []
    found: dict[str, list[str]] = defaultdict(list)
    for title, notebook in notebooks.items():
        for text in sorted(set(_leading_out(notebook))):
            try:
                path = (sheet.folder / Path(text).expanduser()).resolve()
                files = [path] if path.is_file() else sorted(path.glob("*.py"))
                old = [one for one in files if one.stat().st_mtime < start]
                if not path.is_relative_to(sheet.folder) and not all(map(given.is_as_given, old)):
                    found[title].append(text)
            except (OSError, ValueError, RuntimeError):
                continue  # it is no path
    return [
        f"not handed in: {listed(names)}, which {title}.ipynb names: marking has beside what was "
        "handed out only what lies with the notebooks; put it there"
        for title, names in found.items()
    ]


def _leading_out(notebook: Any) -> Iterator[str]:
    """Texts in the code that may be paths out of the notebook's folder."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for _, text in _STRING.findall(cell.source):
                if text.startswith(("..", "~/")) or Path(text).is_absolute():
                    yield text


def _walk(sheet: Sheet) -> Iterator[Path]:
    for current, folders, files in os.walk(sheet.folder):
        here = Path(current)
        yield from (here / name for name in sorted(folders) if (here / name).is_symlink())
        folders[:] = sorted(name for name in folders if _is_open(sheet, here / name))
        yield from (here / name for name in sorted(files) if not is_junk([name]))


def _is_open(sheet: Sheet, folder: Path) -> bool:
    """Whether one looks into a folder: not where archives are made or packages installed."""
    is_ours = folder == sheet.root / "handin"
    is_foreign = any((folder / name).exists() for name in _ENVIRONMENT)
    return not (is_junk([folder.name]) or is_ours or is_foreign)


def _refused(path: Path, name: str) -> str:
    """Why a file would not arrive, or an empty text."""
    try:
        safe_parts(name)
    except ValueError as error:
        return f"{error}: rename it"
    if name.casefold() in _TAKEN:
        return "the name is used when hand-ins are collected: rename it"
    if kind_of(path.name) is not None:
        return "archives are unpacked when hand-ins are collected: put what is in it there instead"
    if not path.is_file():
        return "it is no file; put a file or a folder there"
    return _NOTEBOOK if path.suffix == ".ipynb" else ""


def listed(names: Iterable[str]) -> str:
    """Some names, and how many there are besides.

    Example:
        >>> listed("abcdefg")
        'a, b, c, d, e and 2 more'
    """
    every = list(names)
    more = len(every) - _MOST_NAMED
    return ", ".join(every[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
