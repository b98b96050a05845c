"""Seeds that a grade cell sets right before it asks an answer: they are meant for the answer.

`np.random.seed(3); a = throw_dice()` seeds the process in which the answer draws. From there on the
answer could foresee what the test draws from this seed, so the test's own generator goes on as if
it had not been seeded. A seed from which the test itself has drawn stays here.
"""

import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


class Seeds:
    """Listens to the seeds that a cell sets.

    Args:
        filename: of the cell: what modules seed is not told to anybody.

    Example:
        >>> seeds, cell = Seeds("<cell>"), lambda text: exec(compile(text, "<cell>", "exec"))
        >>> seeds.listen()
        >>> cell("import random; random.seed(3)"); seeds.told()
        {'random': 3}
        >>> cell("import random; random.seed(3); random.random()"); seeds.told()
        {}
        >>> seeds.listen(False)
    """

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._usual: dict[str, Any] = {}
        self._set: dict[str, tuple[Any, Any, Any]] = {}  # seed, state then, state before

    def listen(self, is_on: bool = True) -> None:
        """Begins to listen, also to packages that were imported since the last call, or ends."""
        for kind, (module, name, _, _) in _known():
            if is_on and kind not in self._usual:
                self._usual[kind] = getattr(module, name)
                setattr(module, name, self._listener(kind))
            elif not is_on and kind in self._usual:
                setattr(module, name, self._usual.pop(kind))

    def told(self) -> dict[str, Any]:
        """Seeds for the answer that is called now, by package."""
        if not self._set:
            return {}
        told = {}
        for kind, (_, _, state, restore) in _known():
            if kind in self._set:
                seed, then, before = self._set.pop(kind)
                if _mark(state()) == then:
                    told[kind] = seed
                    restore(before)
        return told

    def _listener(self, kind: str) -> Callable[..., Any]:
        usual = self._usual[kind]
        _, _, state, _ = dict(_known())[kind]

        def seed(*arguments: Any, **options: Any) -> Any:
            if sys._getframe(1).f_code.co_filename != self._filename:
                return usual(*arguments, **options)
            given = [*arguments, *options.values()]
            before = self._set[kind][2] if kind in self._set else state()
            value = usual(*arguments, **options)
            self._set[kind] = given[0] if given else None, _mark(state()), before
            return value

        return seed


def _mark(state: Any) -> Any:
    """Something equal for equal states alone."""
    return state if isinstance(state, tuple) else bytes(state.numpy())


def _numpy_state() -> tuple[Any, ...]:
    state: Any = np.random.get_state()  # noqa: NPY002 - what tests seed
    return (state[0], state[1].tolist(), *state[2:])


def _known() -> Iterator[tuple[str, tuple[Any, str, Callable[[], Any], Callable[[Any], Any]]]]:
    """Package, what seeds it, and how its state is read and put back."""
    yield "random", (random, "seed", random.getstate, random.setstate)
    yield "numpy", (np.random, "seed", _numpy_state, np.random.set_state)
    if "torch" in sys.modules:
        torch: Any = sys.modules["torch"]
        yield "torch", (torch, "manual_seed", torch.get_rng_state, torch.set_rng_state)
