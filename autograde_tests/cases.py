"""What the proof of a check consists of: a right answer that passes, wrong answers that fail.

A check marks students, so it is itself tested: on the sheet's own solution (which must pass for
every seed of the hidden inputs) and on *mutants*, the typical mistakes (which must fail, for the
reason that the mistake is about). `autograde_tests.sheets` finds those of a sheet.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograde_tests.errors import ChecksError

Namespace = Mapping[str, Any]
"""Names that the solution notebook binds; see `autograde_tests.reference.load`."""

Answers = tuple[Any, ...]
"""Positional arguments of a check: the student's functions."""


@dataclass(frozen=True)
class Mutant:
    """A wrong answer.

    Attributes:
        answers: makes the check's arguments from the solution's namespace.
        reason: regular expression that the check's message must match, so that the mutant fails
            for the mistake it stands for and not by accident.
        is_slip: whether somebody who means well may write it. The visible checks must refuse most
            of the slips; attacks are for the hidden ones.
    """

    answers: Callable[[Namespace], Answers]
    reason: str = ""
    is_slip: bool = True


def wrong(
    position: int,
    names: tuple[str, ...],
    mistake: Callable[..., Any],
    reason: str,
    *,
    is_slip: bool = True,
) -> Mutant:
    """The right answers, with the one at `position` made wrong: `mistake(right, *arguments)`.

    Example:
        >>> mutant = wrong(0, ("half",), lambda right, x: -right(x), "sign")
        >>> (answer,) = mutant.answers({"half": lambda x: x / 2})
        >>> answer(3.0)
        -1.5
    """

    def answers(namespace: Namespace) -> Answers:
        right = [namespace[name] for name in names]
        original = right[position]
        right[position] = lambda *args, **options: mistake(original, *args, **options)
        return tuple(right)

    return Mutant(answers, reason, is_slip)


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
        stand_ins: for trained answers others that need no training and pass the visible check, by
            name; with them the tests look at what students are told.
    """

    check: Callable[..., float | None]
    notebook: str
    answers: tuple[str, ...]
    points: float
    mutants: Mapping[str, Mutant] = field(default_factory=dict)
    trained: bool = False
    stand_ins: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The check's own name."""
        return self.check.__name__

    def right_answers(self, namespace: Namespace) -> Answers:
        """The solution's answers, in the order of the check's arguments.

        Raises:
            ChecksError: if the solution does not bind one of them.
        """
        return _right_answers(self.name, self.notebook, self.answers, namespace)


@dataclass(frozen=True)
class MetricCase:
    """A measured quality that earns partial credit between a weak answer and the reference.

    Attributes:
        measure: called as `measure(*answers, seed=seed)`; returns `{metric name: value}`, the
            names being those of the sheet's `Calibration`.
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
        """The solution's answers, in the order of the measure's arguments.

        Raises:
            ChecksError: if the solution does not bind one of them.
        """
        return _right_answers(self.measure.__name__, self.notebook, self.answers, namespace)


@dataclass(frozen=True)
class Variant:
    """Another way to solve a measured task that the text of its notebook invites.

    Attributes:
        notebook: solution notebook, without suffix.
        name: in words: "half as wide".
        changes: pairs of a text that stands once in the notebook's code and what stands there
            instead.
    """

    notebook: str
    name: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Control:
    """A deformation that a metric must detect although it is near its floor.

    Attributes:
        metric: what measures.
        deformation: of true data, in words.
        deformed: value for it, by seed.
        truth: value of truth against truth, by seed.
        limit: above it the metric has seen something; `truth` must stay below.
    """

    metric: str
    deformation: str
    deformed: Callable[[int], float]
    truth: Callable[[int], float]
    limit: float


def _right_answers(
    check: str, notebook: str, names: tuple[str, ...], namespace: Namespace
) -> Answers:
    missing = [name for name in names if name not in namespace]
    if missing:
        raise ChecksError(
            f"{check} asks for {', '.join(missing)}, but the solution cells of {notebook}.ipynb "
            "define no such name: correct `answers` in the case, or define it in the notebook"
        )
    return tuple(namespace[name] for name in names)
