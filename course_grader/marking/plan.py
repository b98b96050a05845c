"""How the submissions of a sheet are run and marked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_grader.marking.budgets import Budgets
from course_grader.marking.given import Given
from course_grader.sandbox.bubblewrap import Limits, View


@dataclass(frozen=True)
class Plan:
    """How submissions are run.

    Attributes:
        root: the course's folder, from which the tests import.
        view: what the sandbox shows.
        modules: what the runner imports before it runs anything.
        test_modules: what the tests' server imports beforehand.
        limits: budgets of every cell.
        budgets: other budgets of some cells, by notebook, see `course_grader.marking.budgets`.
        secrets: by notebook, from which its tests draw random numbers: no answer can foresee them.
        given: by notebook and grade cell, what it needs of the cells that were given.
        answers: by notebook, names that the master's solution cells bind.
        unsafe: without a sandbox.
        candid: the answers are the master's own: reasons may say everything.
    """

    root: Path
    view: View = field(default_factory=View)
    modules: tuple[str, ...] = ()
    test_modules: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    budgets: Mapping[str, Budgets] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, list[Given]]] = field(default_factory=dict)
    answers: Mapping[str, list[str]] = field(default_factory=dict)
    unsafe: bool = False
    candid: bool = False
