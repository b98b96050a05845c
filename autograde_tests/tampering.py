"""Answers that change their inputs in place: what a check must not depend on, made for all checks.

In the marking what an answer does to its arguments comes back to the test, as in one process. A
check that compares with an array after it was passed to an answer compares with whatever the answer
left there. So each right answer is also tried with its inputs emptied, overwritten, sorted or
scaled, before it computes and after. What the check says may not depend on whether the inputs were
the check's own or copies of them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from autograde_tests.answers import Answer, copied
from autograde_tests.cases import Answers, Case

Failure = Callable[[Answers], str | None]
"""Why a check did not give all the points to some answers, or None."""


def _emptied(values: Any) -> Any:
    return torch.zeros_like(values)


def _overwritten(values: Any) -> Any:
    return torch.ones_like(values)


def _sorted(values: Any) -> Any:
    return torch.sort(values, dim=0).values if values.ndim else values


def _scaled(values: Any) -> Any:
    return values * 2


CHANGES: dict[str, Callable[[Any], Any]] = {
    "empties": _emptied,
    "overwrites": _overwritten,
    "sorts": _sorted,
    "scales": _scaled,
}
"""What an answer does to each array or tensor that it gets."""


def complaints(case: Case, right: Answers, failure: Failure) -> dict[str, str]:
    """What is wrong with a check if right answers change their inputs in place.

    A check may say that an input is not to be changed ("in place"), or that the result is wrong
    if the answer computes with what it made of its inputs. It may neither give points for that, nor
    refuse a right result.

    Args:
        case: of the check; if its answers are trained only the first change is tried.
        right: the right answers.
        failure: what the check says of answers.

    Returns:
        What is wrong, by a description of the answer: `"KL empties its inputs first"`.
    """
    found = {}
    right_fails = failure(right)
    for number, name in enumerate(case.answers):
        if not callable(right[number]):
            continue
        for verb, change in list(CHANGES.items())[: 1 if case.trained else None]:
            for first in (True, False):
                says = {
                    private: failure(
                        _replaced(right, number, _changing(right[number], change, first, private))
                    )
                    for private in ((True, False) if first else (False,))
                }
                expected, got = says.get(True, right_fails), says[False]
                if got is not None and "in place" in got:
                    continue
                if (expected is None) != (got is None):
                    when = "first" if first else "at the end"
                    found[f"`{name}` {verb} its inputs {when}"] = (
                        "passes, though the same on copies of its inputs does not"
                        if got is None
                        else f"is refused, though the same on copies of its inputs is not: {got}"
                    )
    return found


def _replaced(right: Answers, number: int, answer: Answer) -> Answers:
    return (*right[:number], answer, *right[number + 1 :])


def _changing(
    answer: Answer, change: Callable[[Any], Any], first: bool, private: bool
) -> Callable[..., Any]:
    """The answer, with its inputs changed before or after it computes; copies of them if private.

    Example:
        >>> x = np.array([2.0, 1.0])
        >>> _changing(np.sum, _sorted, True, False)(x), x
        (np.float64(3.0), array([1., 2.]))
    """

    def changing(*given: Any, **options: Any) -> Any:
        if private:
            given, options = copied((given, options))
        if first:
            _change(change, (given, options))
            return answer(*given, **options)
        result = copied(answer(*given, **options))  # it may be, or look at, an input
        _change(change, (given, options))
        return result

    return changing


def _change(change: Callable[[Any], Any], value: Any) -> None:
    for array in _arrays(value):
        if isinstance(array, torch.Tensor):
            with torch.no_grad():
                array.copy_(change(array))
        elif array.flags.writeable:
            array[...] = change(torch.as_tensor(array)).numpy()


def _arrays(value: Any) -> Iterator[Any]:
    """Arrays and tensors of numbers in the arguments."""
    if isinstance(value, torch.Tensor) or (
        isinstance(value, np.ndarray) and value.dtype.kind in "fiu"
    ):
        yield value
    elif isinstance(value, dict):
        yield from _arrays(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _arrays(part)
