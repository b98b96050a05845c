"""What `genlhc collect` says."""

from course_grader.console import Console, duration
from course_grader.intake.collect import Collection
from course_grader.intake.roster import Roster
from course_grader.intake.storing import Collected
from course_grader.naming import word
from course_notebooks.terminal import Table


def report(collection: Collection, roster: Roster | None, sheet: str, console: Console) -> None:
    """Prints a table of the groups, what was mended, and last what needs a person."""
    table = Table(title=f"Submissions for {sheet}")
    for heading in ("group", "handed in", "notebooks", "needs a look"):
        table.add_column(heading)
    for one in collection.groups:
        cells = (one.group, _when(one), _notebooks(one), str(len(one.problems) or ""))
        table.add_row(*cells)
    if collection.groups:
        console.table(table)
    for one in collection.groups:
        for text in one.remarks:
            console.say(f"{one.group}: {text}")
    for text in roster.problems if roster is not None else ():
        console.problem(f"roster: {text}")
    for one in collection.groups:
        for text in one.problems:
            console.problem(f"{one.group}: {text}")
    for text in collection.stray:
        console.problem(f"belongs to no group, not taken: {text}")
    if collection.absent:
        console.say(f"nothing from {', '.join(collection.absent)}")
    console.say(f"{len(collection.groups)} groups; next: `genlhc grade {word(sheet)}`")


def _when(one: Collected) -> str:
    if one.arrived is None:
        return "nothing to grade"
    late = f" ({duration(one.late)} late)" if one.late else ""
    return f"{one.arrived:%Y-%m-%d %H:%M}{late}"


def _notebooks(one: Collected) -> str:
    parts = [", ".join(one.new)] if one.new else []
    if one.same:
        parts.append(f"{', '.join(one.same)} as before")
    return "; ".join(parts) or "none"
