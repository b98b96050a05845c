"""How the marks of sheets become one mark of the course: `[tool.genlhc.marks]`."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from course_grader.course import Course
from course_grader.errors import CourseError

_KNOWN = ("weights", "bonus", "drop")


@dataclass(frozen=True)
class Total:
    """What somebody has of the whole course so far.

    Attributes:
        points: weighted, those of bonus sheets included.
        most: weighted points that are needed for a share of 1.
        dropped: sheets that do not count, in the order of the course.
    """

    points: float
    most: float
    dropped: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Of the points that are needed; `None` where none are."""
        return self.points / self.most if self.most > 0 else None


@dataclass(frozen=True)
class MarksRules:
    """How sheets count.

    Attributes:
        weights: how often a sheet counts, its points as well as what is needed; 1 by default.
        bonus: sheets whose points are added, but which nobody needs.
        drop: how many of each one's worst sheets do not count.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    bonus: frozenset[str] = frozenset()
    drop: int = 0

    @classmethod
    def from_table(cls, table: Any, sheets: Collection[str]) -> "MarksRules":
        """Reads the table, naming what is unknown or of the wrong type.

        Args:
            table: as it stands in `pyproject.toml`.
            sheets: those of the course.

        Raises:
            CourseError: the table cannot be used; the text says what was expected.
        """
        if not isinstance(table, dict):
            raise _mistake(f"must be a table with {', '.join(_KNOWN)}, got {table!r}")
        for key in table:
            if key not in _KNOWN:
                raise _mistake(f"has no entry {key!r}; it knows {', '.join(_KNOWN)}")
        weights, bonus, drop = (
            table.get("weights", {}),
            table.get("bonus", []),
            table.get("drop", 0),
        )
        if not isinstance(weights, dict) or not all(map(_is_weight, weights.values())):
            raise _mistake(
                "weights must be a table of numbers above 0, such as { sheet05 = 2 }, "
                f"got {weights!r}"
            )
        if not isinstance(bonus, list) or not all(isinstance(name, str) for name in bonus):
            raise _mistake(f"bonus must be a list of sheets, got {bonus!r}")
        if not isinstance(drop, int) or isinstance(drop, bool) or drop < 0:
            raise _mistake(f"drop must be a number of sheets, 0 or more, got {drop!r}")
        for key, names in (("weights", weights), ("bonus", bonus)):
            for name in names:
                if name not in sheets:
                    have = ", ".join(sheets) or "none yet"
                    raise _mistake(f"{key} names {name!r}, expected sheets of this course: {have}")
        return cls(dict(weights), frozenset(bonus), drop)

    def weight(self, sheet: str) -> float:
        """How often a sheet counts."""
        return self.weights.get(sheet, 1)

    def total(self, points: Mapping[str, float], most: Mapping[str, float]) -> Total:
        """The sum over sheets, without the worst.

        The worst are those without which the share is largest. They need not be those with the
        lowest share, if sheets differ in points. One sheet always counts.

        Args:
            points: by sheet; a sheet that was not handed in has 0.
            most: points that can be had, of all sheets that count.

        Example:
            >>> most = {"one": 10, "two": 20, "extra": 5}
            >>> rules = MarksRules(bonus=frozenset({"extra"}), drop=1)
            >>> rules.total({"one": 4, "two": 16, "extra": 2}, most)
            Total(points=18, most=20, dropped=('one',))
        """
        got = {sheet: self.weight(sheet) * points.get(sheet, 0) for sheet in most}
        need = {
            sheet: self.weight(sheet) * whole
            for sheet, whole in most.items()
            if sheet not in self.bonus and whole > 0
        }
        extra = sum(got[sheet] for sheet in most if sheet not in need)
        kept = _best(got, need, extra, max(1, len(need) - self.drop))
        return Total(
            extra + sum(got[sheet] for sheet in kept),
            sum(need[sheet] for sheet in kept),
            tuple(sheet for sheet in need if sheet not in kept),
        )


def marks_rules(course: Course) -> MarksRules:
    """The rules of a course; without any all sheets count once.

    Raises:
        CourseError: see `MarksRules.from_table`.
    """
    return MarksRules.from_table(course.marks, course.sheets())


def _best(
    got: Mapping[str, float], need: Mapping[str, float], extra: float, n_kept: int
) -> frozenset[str]:
    """The sheets with the largest share of all choices of so many.

    A share can be reached if `got - share * need`, summed over the sheets where it is largest, is
    not negative with the extra points. So each share found shows a better choice, until none is.
    """
    share, kept = -1.0, frozenset(need)
    while need:
        worth = {sheet: got[sheet] - max(share, 0.0) * need[sheet] for sheet in need}
        choice = frozenset(sorted(need, key=worth.__getitem__, reverse=True)[:n_kept])
        found = (extra + sum(got[one] for one in choice)) / sum(need[one] for one in choice)
        if found <= share:
            break
        share, kept = found, choice
    return kept


def _is_weight(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value > 0


def _mistake(text: str) -> CourseError:
    return CourseError(f"pyproject.toml: [tool.genlhc.marks] {text}")
