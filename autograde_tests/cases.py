"""What the proof of a check consists of: a right answer that passes, wrong answers that fail.

A check marks students, so it is itself tested: on the sheet's own solution (which must pass for
every seed of the hidden inputs) and on *mutants*, the typical mistakes (which must fail, for the
reason that the mistake is about).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

Namespace = Mapping[str, Any]
"""Names that the solution notebook binds; see `autograde_tests.reference.load`."""

Answers = tuple[Any, ...]
"""Positional arguments of a check: the student's functions."""

NOTEBOOK_MODULES = {"sheet01": ("gan", "reweighting", "vae")}


@dataclass(frozen=True)
class Mutant:
    """A wrong answer.

    Attributes:
        answers: makes the check's arguments from the solution's namespace.
        reason: regular expression that the check's message must match, so that the mutant fails
            for the mistake it stands for and not by accident. Ignored in metric checks.
    """

    answers: Callable[[Namespace], Answers]
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """A check whose verdict is right or wrong, with the mutants that prove it.

    Attributes:
        check: called as `check(*answers, seed=seed)`; raises `CheckFailed` or returns.
        notebook: solution notebook that holds the right answer, without suffix.
        answers: names in that notebook, in the order of the check's arguments.
        points: what the grade cell is worth.
        mutants: at least three wrong answers, by name.
        trained: whether the answers need the notebook's training, not only its definitions.
    """

    check: Callable[..., float | None]
    notebook: str
    answers: tuple[str, ...]
    points: float
    mutants: Mapping[str, Mutant] = field(default_factory=dict)
    trained: bool = False

    @property
    def name(self) -> str:
        """The check's own name."""
        return self.check.__name__

    def right_answers(self, namespace: Namespace) -> Answers:
        """The solution's answers, in the order of the check's arguments."""
        return tuple(namespace[name] for name in self.answers)


@dataclass(frozen=True)
class MetricCase:
    """A measured quality that earns partial credit between a weak answer and the reference.

    Attributes:
        measure: called as `measure(*answers, seed=seed)`; returns `{metric name: value}`, the
            names being those of `autograde_tests.scoring.metric`.
        notebook: solution notebook, executed with training for every seed.
        answers: names in that notebook, in the order of the measure's arguments.
        weak: answers that earn nothing, made from the trained namespace.
        weak_name: what the weak answer is, in words: "unit weights".
        floor: truth against truth for a seed, `{metric name: value}`: nobody can do better.
    """

    measure: Callable[..., dict[str, float]]
    notebook: str
    answers: tuple[str, ...]
    weak: Callable[[Namespace], Answers]
    weak_name: str
    floor: Callable[[int], dict[str, float]]

    def right_answers(self, namespace: Namespace) -> Answers:
        """The solution's answers, in the order of the measure's arguments."""
        return tuple(namespace[name] for name in self.answers)


def cases(sheet: str) -> tuple[Case, ...]:
    """All right-or-wrong checks of a sheet.

    >>> {case.notebook for case in cases("sheet01")} >= {"gan_convergence"}
    True
    """
    return tuple(case for module in _modules(sheet) for case in module.CASES)


def metric_cases(sheet: str) -> tuple[MetricCase, ...]:
    """All measured checks of a sheet."""
    return tuple(case for module in _modules(sheet) for case in getattr(module, "METRICS", ()))


def _modules(sheet: str) -> list[Any]:
    if sheet not in NOTEBOOK_MODULES:
        raise ValueError(
            f"no checks for {sheet!r}; there are checks for {sorted(NOTEBOOK_MODULES)}"
        )
    return [import_module(f"autograde_tests.mutants.{name}") for name in NOTEBOOK_MODULES[sheet]]
