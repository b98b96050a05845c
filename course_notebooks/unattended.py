"""Notebooks that run with nobody before a screen: how that is said, and where it is seen to."""

import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_said: set[str] = set()


def remark(text: str) -> None:
    """Says once in a notebook that a line did something else than at home.

    Args:
        text: one sentence; it stands below the cell, in brackets.
    """
    if text not in _said:
        _said.add(text)
        print(f"[{text}]", file=sys.stderr)


def when_imported(name: str, then: Callable[[ModuleType], object]) -> None:
    """Calls a function with a module: now if it has been imported, else when it is.

    Args:
        name: of the module.
        then: the function.
    """
    if name in sys.modules:
        then(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Watch(name, then))


class _Watch(importlib.abc.MetaPathFinder):
    """Finds one module as all others do, once, and lets it be told of."""

    def __init__(self, name: str, then: Callable[[ModuleType], object]) -> None:
        self._name, self._then = name, then

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_tell(module: ModuleType) -> None:
            execute(module)
            self._then(module)

        spec.loader.exec_module = execute_and_tell  # type: ignore[method-assign]
        return spec
