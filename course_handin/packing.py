"""The archive that is handed in."""

import os
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from course_notebooks.cleaning import INSTEAD, line


def pack(path: Path, group: str, notebooks: dict[str, Any], others: dict[str, bytes]) -> int:
    """Writes the archive whole or not at all; an older one is replaced.

    Args:
        path: where to.
        group: name of the folder in the archive.
        notebooks: executed, by name.
        others: other files, by name.

    Returns:
        Its size in bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".handin-")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, notebook in notebooks.items():
                text = str(nbformat.writes(notebook)).rstrip("\n") + "\n"
                _put(
                    archive,
                    f"{group}/{_free(name, notebooks)}.ipynb",
                    text.encode(errors="replace"),
                )
            for name, content in others.items():
                _put(archive, f"{group}/{name}", content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path.stat().st_size


def _free(name: str, taken: Mapping[str, Any]) -> str:
    r"""A notebook's name as an archive can hold it.

    Example:
        >>> _free("means", {"means": None}), _free("caf\udce9", {"caf_": None, "caf\udce9": None})
        ('means', 'caf__')
    """
    if name == line(name):
        return name
    other = line(name).replace(INSTEAD, "_")
    while other in taken:
        other += "_"
    return other


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """A file that everybody may read once it is unpacked."""
    info = zipfile.ZipInfo(name, time.localtime()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    archive.writestr(info, content)
