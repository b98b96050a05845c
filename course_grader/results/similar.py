"""Pairs of groups whose answers to the same task are alike: a hint for a person, never a verdict.

Answers are compared by runs of neighbours in their normal form. What was handed out and what the
model solution says does not count, and a run counts the less, the more groups have it: that short
right answers are alike is their nature.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from math import log2
from typing import Any

from course_grader.console import Console, Silent
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import read_notebook
from course_grader.intake.submission import GRADED, grade_id, read_submission
from course_grader.release.masters import source_of
from course_grader.release.release import generated
from course_grader.results.normal_form import code_form, runs, text_form

LEAST_WEIGHT = 25.0
LEAST_SHARE = {True: 0.75, False: 0.5}  # of code, of words


@dataclass(frozen=True)
class Answer:
    """One group's answer to one task.

    Attributes:
        source: as handed in.
        form: its normal form.
        runs: what is compared: neither handed out nor in the model solution.
    """

    source: str
    form: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Match:
    """Two answers that are alike.

    Attributes:
        notebook: where the task is.
        task: grade id of the answer's cell.
        is_code: or written.
        same: whether the normal forms are the same.
        share: of the smaller answer's weight that both have.
        weight: how much they share, rare runs counting more.
        sources: the two answers.
    """

    notebook: str
    task: str
    is_code: bool
    same: bool
    share: float
    weight: float
    sources: tuple[str, str]

    @property
    def reason(self) -> str:
        """Why it is listed, in words."""
        if self.same and self.is_code:
            return "the same code up to names, comments, formatting and literals"
        if self.same:
            return "the same words"
        what = "code" if self.is_code else "word sequences"
        return f"both have {100 * self.share:.0f} % of the smaller answer's {what}, by rarity"


@dataclass
class Pair:
    """Two groups and what is alike in their submissions."""

    groups: tuple[str, str]
    matches: list[Match] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """Of all matches together."""
        return sum(match.weight for match in self.matches)


def find_similar(course: Course, sheet: str, console: Console | None = None) -> list[Pair]:
    """Compares the submissions of a sheet; nothing of them is run.

    Args:
        course: the course.
        sheet: the assignment.
        console: where progress is shown.

    Raises:
        CourseError: the sheet is unknown, or fewer than three groups handed in.
    """
    names, groups = course.notebooks(sheet), course.groups(sheet)
    if len(groups) < 3:
        raise CourseError(
            f"{len(groups)} groups handed in {sheet}; at least three are needed to tell what is "
            "rare in a class from what everybody writes"
        )
    given: dict[tuple[str, str], frozenset[tuple[str, ...]]] = {}
    answers: dict[tuple[str, str], dict[str, Answer]] = defaultdict(dict)
    with (
        generated(course, sheet, register=False) as made,
        (console or Silent()).work(f"reading {sheet}", len(groups)) as work,
    ):
        masters = {name: read_notebook(made / f"{name}.ipynb") for name in names}
        for name in names:
            solution = source_of(course, sheet, name)
            for cell in [*masters[name].cells, *solution.cells]:
                if _is_answer(cell):
                    key = name, grade_id(cell)
                    given[key] = given.get(key, frozenset()) | _answer(cell).runs
        for group in groups:
            for one in read_submission(course.submitted / group / sheet, masters):
                for cell in one.notebook.cells if one.status == GRADED else ():
                    if _is_answer(cell):
                        key = one.name, grade_id(cell)
                        answers[key][group] = _answer(cell, given[key])
            work.advance(1, group)
    pairs: dict[tuple[str, str], Pair] = {}
    kinds = {
        (name, grade_id(cell)): cell.cell_type == "code"
        for name, master in masters.items()
        for cell in master.cells
    }
    for (name, task), by_group in answers.items():
        for both, match in matches(name, task, by_group, is_code=kinds[name, task]):
            pairs.setdefault(both, Pair(both)).matches.append(match)
    return sorted(pairs.values(), key=lambda pair: (-pair.weight, pair.groups))


def matches(
    notebook: str, task: str, answers: dict[str, Answer], *, is_code: bool
) -> list[tuple[tuple[str, str], Match]]:
    """Pairs of answers to one task that are alike.

    Args:
        notebook: where the task is.
        task: its grade id.
        answers: by group.
        is_code: or written.
    """
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for group, answer in sorted(answers.items()):
        for run in answer.runs:
            holders[run].append(group)
    total: dict[str, float] = defaultdict(float)
    shared: dict[tuple[str, str], float] = defaultdict(float)
    for having in holders.values():
        weight = log2((len(answers) + 1) / len(having))
        for group in having:
            total[group] += weight
        if len(having) <= max(2, len(answers) / 2):
            for both in combinations(having, 2):
                shared[both] += weight
    found = []
    for (one, other), weight in shared.items():
        share = weight / min(total[one], total[other])
        if weight >= LEAST_WEIGHT and share >= LEAST_SHARE[is_code]:
            first, second = answers[one], answers[other]
            same = first.form == second.form
            sources = (first.source, second.source)
            match = Match(notebook, task, is_code, same, share, weight, sources)
            found.append(((one, other), match))
    return found


def _is_answer(cell: Any) -> bool:
    return bool(grade_id(cell) and cell.metadata.nbgrader.get("solution"))


def _answer(cell: Any, given: frozenset[tuple[str, ...]] = frozenset()) -> Answer:
    is_code = cell.cell_type == "code"
    form = code_form(cell.source) if is_code else text_form(cell.source)
    return Answer(cell.source, tuple(form), runs(form, is_code=is_code) - given)
