"""Lines that only a person at home can use do nothing here, and say so.

To install a package, to wait in a debugger, to mount a drive: none of it is an answer, and a set-up
cell must not stop at it.
"""

import ast
import importlib.util
import re
import sys
from typing import Any

from course_notebooks.unattended import remark, when_imported

_PACKAGES = {"pip", "pip3", "conda", "mamba", "micromamba", "uv"}
_DEBUG = {"debug", "pdb"}
_INSTALLS = re.compile(
    r"\s*(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+)?"
    r"(?:pip3?|conda|mamba|micromamba|uv|apt|apt-get|brew)\s(?:.*\s)?(?:un)?install\b"
)
_ABSENT = ("google.colab", "ipympl")


def is_left_out(name: str, line: str, *, known: bool) -> bool:
    """Whether a line magic does nothing here; if so, that is said.

    Args:
        name: of the magic.
        line: what follows it.
        known: whether there is one of this name.
    """
    said = f"%{name} {line}".strip()[:200]
    if name in _PACKAGES and (name not in ("pip", "pip3") or _INSTALLS.match(f"{name} {line}")):
        remark(f"{said} {_NO_PACKAGES}")
    elif name in _DEBUG:
        remark(f"{said} did nothing: {_NOBODY}")
    elif not known or (name == "load_ext" and not _is_there(line.strip())):
        remark(f"{said} did nothing: it is not there where notebooks are marked")
    else:
        return False
    return True


def is_no_command(command: str) -> bool:
    """Whether a shell's command does nothing here; if so, that is said."""
    if _INSTALLS.match(command):
        remark(f"!{command.strip()[:200]} {_NO_PACKAGES}")
        return True
    return False


def leave_debuggers_out() -> None:
    """`breakpoint()` and the like go on at once."""

    def go_on(*arguments: object, **options: object) -> None:
        remark(f"breakpoint() did nothing: {_NOBODY}")

    sys.breakpointhook = go_on
    for name in ("pdb", "IPython.core.debugger"):
        when_imported(name, lambda module: setattr(module, "set_trace", go_on))


class Nothing:
    """Stands for a part of a module that is not here: it can be called, and has parts itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self._name}.{name}")

    def __call__(self, *arguments: object, **options: object) -> None:
        remark(f"{self._name}() did nothing: it is not there where notebooks are marked")


class LeftOut(ast.NodeTransformer):
    """Changes cells, as IPython lets one: modules of a place at home do nothing.

    Where the import stands in a `try`, it fails as it should: the cell says itself what to do then.

    Example:
        >>> tree = ast.parse("from google.colab import drive as d; import os, google.colab")
        >>> print(ast.unparse(LeftOut().visit(tree)))
        d = __import__('course_grader.runner.at_home').runner.at_home.Nothing('google.colab.drive')
        import os
        google = __import__('course_grader.runner.at_home').runner.at_home.Nothing('google')
    """

    def visit(self, tree: Any) -> Any:
        """The changed tree; only statements are looked at, which takes no time."""
        tree.body = self._changed(tree.body)
        return tree

    def _changed(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for line in body:
            if isinstance(line, ast.Import) and any(_is_absent(one.name) for one in line.names):
                found += [_imported(one, line) for one in line.names]
            elif isinstance(line, ast.ImportFrom) and not line.level and _is_absent(line.module):
                found += [
                    _nothing(one.asname or one.name, f"{line.module}.{one.name}", line)
                    for one in line.names
                ]
            else:
                if not (isinstance(line, ast.Try) and line.handlers):
                    for part in ("body", "orelse", "finalbody"):
                        if isinstance(inner := getattr(line, part, None), list):
                            setattr(line, part, self._changed(inner))
                found.append(line)
        return found


def _imported(alias: ast.alias, line: ast.stmt) -> ast.stmt:
    if not _is_absent(alias.name):
        return ast.copy_location(ast.Import([alias]), line)
    first = alias.name.split(".")[0]
    return _nothing(alias.asname or first, alias.name if alias.asname else first, line)


def _nothing(name: str, of: str, line: ast.stmt) -> ast.stmt:
    """The statement that binds a name to `Nothing`."""
    made = f"__import__({__name__!r}).runner.at_home.Nothing({of!r})"
    (statement,) = ast.parse(f"{name if name.isidentifier() else '_'} = {made}").body
    for node in ast.walk(statement):
        ast.copy_location(node, line)
    return statement


def _is_absent(module: str | None) -> bool:
    return module is not None and f"{module}.".startswith(tuple(f"{one}." for one in _ABSENT))


def _is_there(module: str) -> bool:
    try:
        found = importlib.util.find_spec(f"IPython.extensions.{module}")
        return (found or importlib.util.find_spec(module)) is not None
    except (ImportError, ValueError):
        return False


_NO_PACKAGES = "did nothing: no packages are installed where notebooks are marked"
_NOBODY = "nobody is there who could go on"
