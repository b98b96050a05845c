"""Objects of a test that a notebook can have as well: imported ones, generators, paths, texts.

`descend(torch.sin, x)` passes the name, `throw(rng, 10)` the state of the generator. Described on
the trusted side and made in the sandbox, never the other way: a name or a state that comes from a
notebook could be any.
"""

import importlib
import inspect
import io
import operator
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from course_grader.runner.facts import PACKAGES

_NAMELESS = ("numpy", "torch", "torch.nn.functional", "scipy.special")  # theirs say no module


def description(value: Any) -> dict[str, Any] | None:
    """What an object is, as data; `None` if both sides cannot have it.

    Example:
        >>> description(np.sin), description(int)
        ({'module': 'numpy', 'name': 'sin'}, {'module': 'builtins', 'name': 'int'})
        >>> description(np), description(lambda x: x)
        ({'module': 'numpy', 'name': ''}, None)
    """
    if isinstance(value, ModuleType):
        return _importable(value, [value.__name__], "")
    if isinstance(value, type | np.ufunc) or inspect.isroutine(value):
        modules = [getattr(value, "__module__", None), *_NAMELESS]
        names = [getattr(value, kind, None) for kind in ("__qualname__", "__name__")]
        known = (_importable(value, modules, str(name)) for name in names if name)
        return next(filter(None, known), None)
    if isinstance(value, Path):
        return {"path": str(value)}
    if type(value) in (io.StringIO, io.BytesIO):
        return {"buffer": value.getvalue(), "place": value.tell()}
    state = _state(value)
    return None if state is None else {"generator": state}


def made(known: Any) -> Any:
    """The object of a description.

    Raises:
        ImportError: it is not there.
    """
    if "path" in known:
        return Path(known["path"])
    if "buffer" in known:
        content = known["buffer"]
        buffer: Any = io.StringIO(content) if isinstance(content, str) else io.BytesIO(content)
        buffer.seek(known["place"])
        return buffer
    if "generator" in known:
        return _generator(*known["generator"])
    module = importlib.import_module(known["module"])
    return operator.attrgetter(known["name"])(module) if known["name"] else module


def move_on(generator: Any, seed: int) -> None:
    """Lets a generator go on with numbers that nobody foresees who has seen its state."""
    if isinstance(generator, np.random.Generator):
        kind: Any = type(generator.bit_generator)
        generator.bit_generator.state = kind(seed).state
    elif isinstance(generator, random.Random | np.random.RandomState):
        generator.seed(seed)
    else:
        generator.manual_seed(seed)


def _importable(value: Any, modules: list[Any], name: str) -> dict[str, Any] | None:
    for module in modules:
        if module != "__main__" and str(module).partition(".")[0] in PACKAGES:
            found: Any = sys.modules.get(str(module))
            for part in filter(None, name.split(".")):
                found = getattr(found, part, None)
            if found is value:
                return {"module": str(module), "name": name}
    return None


def _state(value: Any) -> list[Any] | None:
    if isinstance(value, np.random.Generator):
        return ["numpy", dict(value.bit_generator.state)]
    if isinstance(value, np.random.RandomState):
        return ["RandomState", dict(value.get_state(legacy=False))]
    if type(value) is random.Random:
        return ["random", value.getstate()]
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Generator):
        return ["torch", value.get_state()]
    return None


def _generator(kind: str, state: Any) -> Any:
    if kind == "numpy":
        bits = getattr(np.random, state["bit_generator"])()
        bits.state = state
        return np.random.Generator(bits)
    if kind == "RandomState":
        legacy = np.random.RandomState()
        legacy.set_state(state)
        return legacy
    if kind == "random":
        generator = random.Random()
        generator.setstate(state)
        return generator
    import torch  # only where its generators travel

    made = torch.Generator()
    made.set_state(state)
    return made
