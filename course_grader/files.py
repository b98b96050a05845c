"""Small things about files: hashes, whole writes, notebooks as bytes."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from course_grader.errors import CourseError


class DamagedError(CourseError):
    """A file that the grader or a lecturer wrote cannot be read any more."""


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes a file so that readers see the old or the new content, never a part.

    Args:
        path: where to; folders are made.
        content: text is written as UTF-8; what has no place in it becomes a question mark.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise


def read_notebook(path: Path) -> Any:
    """A notebook as nbformat 4 nodes, upgraded where it is older.

    Raises:
        DamagedError: the file is no notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except OSError:
        raise
    except Exception as error:  # nbformat has no common class for what may be wrong
        raise DamagedError(f"{path} is damaged and cannot be read as a notebook") from error


def notebook_text(notebook: Any) -> str:
    """The text that nbformat stores for a notebook, with a final newline."""
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"


def digest(files: Mapping[str, Path]) -> str:
    """SHA-256 of files with the names that are given to them, in the order of these."""
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(f"{name}\0".encode(errors="surrogateescape"))
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
