"""Code for a newer Python than this one: said as such, since it may be right.

Of syntax, ruff decides: its parser reads the Python of all versions and knows since when there is
what. Of names in the standard library, vermin knows it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruff import find_ruff_bin

VERSION = sys.version_info[:2]
HERE = "{}.{}".format(*VERSION)
NEWER = f"SyntaxError under Python {HERE}"  # name of an error
_ADDED = re.compile(r"(.+?) on Python [\d.]+ \(syntax was added in Python (3\.\d+)\)")
_MODULE = re.compile(r"\(([\w-]+\.py), line \d+\)$")
_NAME = r"'([A-Za-z_][\w.]{0,99})'"
_NAMES = {  # what Python says that it lacks, and code that needs it
    re.compile(f"No module named {_NAME}"): "import {0}",
    re.compile(f"cannot import name {_NAME} from {_NAME}"): "from {1} import {0}",
    re.compile(f"module {_NAME} has no attribute {_NAME}"): "import {0}\n{0}.{1}",
}
_SINCE = f" works since Python 3.{{}}, and this is Python {HERE}"
_IS_SINCE = re.compile(_SINCE.format(r"\d+").replace(".", r"\."))
_SECONDS = 10.0


def say_newer(cells: Iterable[Any], files: Path | None = None) -> None:
    """Says in outputs which errors are none in a newer Python.

    Args:
        cells: code cells that have run.
        files: what lay beside them: a module of the group's may be the one that is newer.
    """
    for cell in cells:
        for output in cell.outputs:
            if output.output_type != "error":
                continue
            if output.ename == "SyntaxError":
                module = _module(str(output.evalue), files)
                if text := why(cell.source) if module is None else why(*module):
                    output.ename, output.evalue = NEWER, text
            elif text := since(str(output.evalue)):
                output.evalue = f"{output.evalue}; {text}"


def is_newer(output: Any) -> bool:
    """Whether an output is an error that a newer Python would not have, as `say_newer` leaves it.

    A notebook may say so itself: a tutor will have a look then.
    """
    if output.output_type != "error":
        return False
    return output.ename == NEWER or _IS_SINCE.search(str(output.evalue)) is not None


def since(error: str) -> str:
    """Since when there is what an error misses; empty if this Python has it, or none.

    Example:
        >>> since("module 'itertools' has no attribute 'batched_once'")
        ''
    """
    for pattern, code in _NAMES.items():
        if found := pattern.match(error):
            import vermin

            needs = code.format(*found.groups())
            least = vermin.detect(needs)[1]
            if least is not None and least > VERSION:
                return f"`{needs.splitlines()[-1]}`" + _SINCE.format(least[1])
    return ""


def why(source: str, name: str = "") -> str:
    r"""Since which Python there is what a cell or a module is written in, in a sentence.

    Args:
        source: of a cell, or of a module.
        name: of the module.

    Returns:
        An empty text if this Python can read it, or none can.

    Example:
        >>> why("lazy import numpy")
        'line 1: Cannot use `lazy` import statement before Python 3.15; the code may be right there'
        >>> why("lazy import numpy("), why("x = 1")
        ('', '')
    """
    said = _looked(source, name)
    found = [_ADDED.fullmatch(message) for _, message in said]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return ""
    newest = max(known, key=lambda one: int(one[2].split(".")[1]))
    line = next(row for row, message in said if message == newest[0])
    where = f"line {line}" + (f" of {name}" if name else "")
    return f"{where}: {newest[1]} before Python {newest[2]}; the code may be right there"


def _looked(source: str, name: str) -> list[tuple[int, str]]:
    """Lines and texts of all syntax errors in this Python; none if ruff cannot say."""
    content = source if name else _notebook(source)
    command = [
        find_ruff_bin(), "check", "--isolated", "--no-cache", "--select", "E902", "--quiet",
        "--output-format", "json", "--target-version", f"py{HERE.replace('.', '')}",
        "--stdin-filename", "module.py" if name else "cell.ipynb", "-",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, input=content.encode(errors="replace"), capture_output=True, timeout=_SECONDS,
            check=False,
        )  # fmt: skip
        return [(one["location"]["row"], str(one["message"])) for one in json.loads(done.stdout)]
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return []


def _notebook(source: str) -> str:
    """A notebook of one cell, in which magics and a bare `await` are no errors."""
    empty: dict[str, Any] = {"metadata": {}, "outputs": [], "execution_count": None}
    cells = [empty | {"cell_type": "code", "source": source}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def _module(text: str, files: Path | None) -> tuple[str, str] | None:
    """Source and name of the module that an error names, if it is the group's."""
    named = _MODULE.search(text)
    if named is None or files is None:
        return None
    path = next((one for one in sorted(files.rglob(named[1])) if one.is_file()), None)
    try:
        return None if path is None else (path.read_text(encoding="utf-8"), named[1])
    except (OSError, ValueError):
        return None
