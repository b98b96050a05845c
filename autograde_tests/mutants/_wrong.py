"""Makes one answer of several wrong."""

from collections.abc import Callable
from typing import Any

from autograde_tests.cases import Answers, Mutant, Namespace


def wrong(
    position: int, names: tuple[str, ...], mistake: Callable[..., Any], reason: str
) -> Mutant:
    """The right answers, with the one at `position` made wrong: `mistake(right, *arguments)`."""

    def answers(namespace: Namespace) -> Answers:
        right = [namespace[name] for name in names]
        original = right[position]
        right[position] = lambda *args, **options: mistake(original, *args, **options)
        return tuple(right)

    return Mutant(answers, reason)
