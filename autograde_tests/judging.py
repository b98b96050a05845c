"""Every check tried on the solution and on its mutants."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from autograde_tests import reference, tampering
from autograde_tests.cases import Answers, Case
from autograde_tests.errors import ChecksError
from autograde_tests.sheets import cases, controls, metric_cases, variants
from course_utils.checks import CheckFailed

OK = "refused"
LEAST_MUTANTS = 3
CONTROL_SEEDS = range(1, 4)
HIDDEN = ("in_place", "refusal")  # of a kept calibration: there is nothing in a sound one


@dataclass(frozen=True)
class Verdict:
    """How a check fared.

    Attributes:
        check: its name.
        points: what it is worth.
        n_seeds: hidden inputs tried with the right answer.
        n_passed: how many of them passed.
        mutants: for each wrong answer `"refused"` or what went wrong.
        in_place: for answers that change their inputs what went wrong; see `tampering`.
        refusal: what the check says of the right answer, where it does not pass.
    """

    check: str
    points: float
    n_seeds: int
    n_passed: int
    mutants: dict[str, str]
    in_place: dict[str, str] = field(default_factory=dict)
    refusal: str = ""

    @property
    def complaints(self) -> list[str]:
        """What has to be mended: nothing if right answers pass and wrong ones are refused."""
        found = [f"the mutant {name!r} {word}" for name, word in self.mutants.items() if word != OK]
        found += [f"{name} and {word}" for name, word in self.in_place.items()]
        if self.in_place:
            found.append("decorate it with `answers.given_copies`")
        if self.refusal:
            found.insert(0, f"refuses the solution: {self.refusal}")
        if len(self.mutants) < LEAST_MUTANTS:
            found.append(f"has {len(self.mutants)} mutants; write at least {LEAST_MUTANTS}")
        return found

    def row(self) -> dict[str, Any]:
        """What is kept of it in the calibration."""
        return {name: value for name, value in asdict(self).items() if name not in HIDDEN}


def judge(case: Case, namespace: dict[str, Any], seeds: range) -> Verdict:
    """Tries a check on the right answer for every seed and on every mutant.

    Raises:
        ChecksError: if the solution does not bind the answers that the check asks for.
    """
    right = case.right_answers(namespace)
    failures = [failure for seed in seeds if (failure := _failure(case, right, seed))]
    mutants = {name: _tried(case, name, namespace, seeds[0]) for name in case.mutants}
    n_passed = len(seeds) - len(failures)
    refusal = failures[0] if failures else ""
    in_place = tampering.complaints(case, right, lambda some: _failure(case, some, seeds[0]))
    return Verdict(case.name, case.points, len(seeds), n_passed, mutants, in_place, refusal)


def _tried(case: Case, name: str, namespace: dict[str, Any], seed: int) -> str:
    mutant = case.mutants[name]
    try:
        answers = mutant.answers(namespace)
    except Exception as error:
        return f"cannot be made: {type(error).__name__}: {error}"
    message = _failure(case, answers, seed)
    if message is None:
        return "passes, but it is wrong"
    if re.search(mutant.reason, message):
        return OK
    return f"is refused for another reason than {mutant.reason!r}: {message}"


def _failure(case: Case, answers: Answers, seed: int) -> str | None:
    """Why the check did not give all the points, or None."""
    try:
        points = case.check(*answers, seed=seed)
    except CheckFailed as failed:
        return str(failed)
    except Exception as error:
        return f"it ended with {type(error).__name__} instead of a CheckFailed: {error}"
    if points is not None and points < case.points:
        return f"{points:.3g} of {case.points:.3g} points"
    return None


def prepare(sheet: str, *, measured: bool) -> None:
    """Looks before anything is started whether the checks of a sheet can be tried.

    Args:
        sheet: name of the sheet.
        measured: whether its measured tasks are to be trained.

    Raises:
        ChecksError: if there is nothing to try, a notebook is missing, or the one that is to be
            trained with several seeds has no place for them.
    """
    tried, trained = cases(sheet), metric_cases(sheet) if measured else ()
    if not tried and not trained:
        raise ChecksError(
            f"autograde_tests/{sheet}/mutants/ holds no case: there is nothing to try; "
            "docs/add-a-task.md shows how to write one"
        )
    for case in tried:
        reference.source(sheet, case.notebook)
    for metric in trained:
        reference.source(sheet, metric.notebook, seed=1, trained=True)
        for variant in variants(sheet, metric.notebook):
            reference.source(sheet, metric.notebook, trained=True, changes=variant.changes)


def judge_all(
    sheet: str, n_seeds: int, *, trained: bool = False, report: Callable[[str], None] = print
) -> list[Verdict]:
    """Verdicts on all checks of a sheet that need training, or on all that need none.

    Args:
        sheet: name of the sheet.
        n_seeds: hidden inputs for each right answer.
        trained: which of the two kinds; checks of trained answers need the metric table.
        report: told of each verdict.
    """
    verdicts = []
    namespaces: dict[str, dict[str, Any]] = {}
    for case in cases(sheet):
        if case.trained is not trained:
            continue
        if case.notebook not in namespaces:
            namespaces[case.notebook] = reference.load(sheet, case.notebook, trained=trained)
        verdict = judge(case, namespaces[case.notebook], range(1, n_seeds + 1))
        report(
            "\n  ".join(
                [
                    f"{case.name}: {'unsound' if verdict.complaints else 'sound'}",
                    *verdict.complaints,
                ]
            )
        )
        verdicts.append(verdict)
    return verdicts


def kept_rows(sheet: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a kept calibration the rows of checks that need training, if they still exist."""
    names = {case.name for case in cases(sheet) if case.trained}
    return [row for row in rows if row["check"] in names]


def judge_controls(sheet: str, report: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """What the metrics of a sheet say of deformed and of true data, over `CONTROL_SEEDS`.

    Args:
        sheet: name of the sheet.
        report: told of each control.

    Raises:
        ChecksError: if a metric misses a deformation, or sees one where there is none.
    """
    rows = []
    for control in controls(sheet):
        deformed = [control.deformed(seed) for seed in CONTROL_SEEDS]
        truth = [control.truth(seed) for seed in CONTROL_SEEDS]
        if min(deformed) <= control.limit or max(truth) > control.limit:
            raise ChecksError(
                f"the control of {control.metric} fails ({control.deformation}): "
                f"{min(deformed):.4g} at least must be above {control.limit:g}, and truth against "
                f"truth, {max(truth):.4g} at most, below it"
            )
        report(f"{control.metric} sees: {control.deformation}")
        rows.append(
            {
                "metric": control.metric,
                "deformation": control.deformation,
                "limit": control.limit,
                "deformed": deformed,
                "truth": truth,
            }
        )
    return rows
