"""Which files a submission finds at which places of the bundle, and where they really are."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from course_grader.sandbox.bubblewrap import COURSE, View

MOST_FILES = 500  # of one folder that get a link each


def layout(view: View, *, unsafe: bool) -> dict[str, str]:
    """Paths by their places in the bundle; folders between them are not named.

    A folder is laid out file by file, so that it can be written to beside them. One with very many
    files is laid out by what is directly in it.

    Args:
        view: what a sandbox sees.
        unsafe: without a sandbox, where the files are where the course has them.
    """
    found = {}
    for name, path in view.folders.items():
        start = str(path.resolve()) if unsafe else f"{COURSE}/{name}"
        if not path.is_dir():
            found[name] = start
            continue
        files = list(islice(_files(path), MOST_FILES + 1))
        if len(files) > MOST_FILES:
            files = sorted(one.name for one in path.iterdir() if _is_shown(one.name))
        found |= {f"{name}/{inner}": f"{start}/{inner}" for inner in files}
    return found


def _files(folder: Path) -> Iterator[str]:
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(filter(_is_shown, folders))
        around = Path(current).relative_to(folder)
        yield from ((around / name).as_posix() for name in sorted(filter(_is_shown, files)))


def _is_shown(name: str) -> bool:
    """Bundles hold no hidden files and no compiled ones."""
    return not name.startswith(".") and name != "__pycache__"
