"""Grading a class, and whether this machine is fit for it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session
from course_grader.naming import word

if TYPE_CHECKING:
    from course_grader.console import Console
    from course_grader.course import Course
    from course_grader.grading.proposals import Proposal
    from course_grader.grading.regrade import Regrading


@app.command()
def grade(
    sheet: SheetArgument,
    group: Annotated[
        list[str] | None, typer.Option("--group", help="Only this group; can be repeated.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also what has not changed.")] = False,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", help="With --force: only this test's points; can be repeated."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --task: enter the points without asking.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Groups at a time; default: one a core, at most 4.")
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler to use instead of workers here.")
    ] = "",
    unsafe: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run students' code with your own rights.")
    ] = False,
    course: CourseOption = Path(),
) -> None:
    """Grade what is new or changed in submitted/<group>/SHEET.

    With --force --task only the points of these tests are entered, after
    a list of whose points change was shown and agreed to. With --force
    alone the list comes last.

    \b
    Example: genlhc grade sheet01 --force --task check-2b-weights
    """
    from course_grader.console import alike
    from course_grader.grading.grade import Grading
    from course_grader.grading.regrade import Regrading
    from course_grader.results.changes import between, table_of
    from course_grader.results.report import rows

    if (task and not force) or (yes and not task):
        raise typer.BadParameter("--task goes with --force, and --yes with --task")
    with session(course, "grade") as (opened, console):
        if unsafe:
            opened.config.TrustedExecute.unsafe = True
            console.problem("students' code runs with your own rights: there is no sandbox")
        if task:
            regrading = Regrading(opened, sheet, task, console)
            proposals = regrading.propose(group or (), workers=workers, scheduler=scheduler)
            _enter(regrading, proposals, console, yes=yes)
            return
        grading = Grading(opened, sheet, console)
        before = rows(opened, sheet) if force and opened.groups(sheet) else []
        results = grading.run(group or (), force=force, workers=workers, scheduler=scheduler)
        ran, bad = sum(len(result.ran) for result in results), 0
        troubles = []
        for result in results:
            for name, one in sorted(result.record.items()):
                for remark in one.remarks:
                    console.say(f"{result.group} {name}: {remark}")
                if one.status != "graded" or one.trouble:
                    troubles.append((f"{result.group} {name}", one.reason or one.trouble))
                bad += one.needs_a_look
        for names, text in alike(troubles):
            console.problem(f"{names}: {text}")
        console.say(
            f"{len(results)} groups: {ran} notebooks graded, "
            f"{sum(len(result.record) for result in results) - ran} unchanged or not gradable"
        )
        changes = between(before, rows(opened, sheet)) if before else []
        if changes:
            console.say("other points than before:")
            console.table(table_of(changes))
        _say_what_to_look_at(opened, sheet, console)
        console.say(f"next: `genlhc export {word(sheet)}` and `genlhc feedback {word(sheet)}`")
        if bad:
            console.problem(f"{bad} notebooks need a look, see above; the rest is graded")
        if bad or opened.misnamed():
            raise typer.Exit(1)


def _enter(
    regrading: "Regrading", proposals: "list[Proposal]", console: "Console", *, yes: bool
) -> None:
    """Shows whose points change, asks, and enters them."""
    from course_grader.results.changes import proposed, table_of

    for text in regrading.left:
        console.problem(text)
    changes = proposed(one for one in proposals if one.named)
    others = proposed(one for one in proposals if not one.named)
    groups = len({one.group for one in proposals})
    if changes:
        console.say(f"{groups} groups graded anew; other points than before:")
        console.table(table_of(changes))
    else:
        console.say(f"{groups} groups graded anew; nobody's points change")
    if others:
        console.problem("other tasks would change, too, but stay, since --task does not name them:")
        console.table(table_of(others))
    if changes and not yes:
        if not can_ask():
            console.problem(
                "nothing was written: nobody can be asked here; --yes enters the points"
            )
            raise typer.Exit(1)
        if not typer.confirm(f"Enter these {len(changes)} points?"):
            console.problem("nothing was written")
            raise typer.Exit(1)
    regrading.write(proposals)
    _say_what_to_look_at(regrading.course, regrading.sheet, console)
    if changes:
        console.say(f"entered; next: `genlhc export {word(regrading.sheet)}` and "
                    f"`genlhc feedback {word(regrading.sheet)}`")  # fmt: skip
    if regrading.left:
        console.problem(f"{len(regrading.left)} could not be graded anew, see above")
        raise typer.Exit(1)


def can_ask() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin.isatty()


def _say_what_to_look_at(course: "Course", sheet: str, console: "Console") -> None:
    """Names the marks of tutors that belong to answers which are others now."""
    from course_grader.marking.kept_marks import marks_to_look_at

    with course.gradebook() as gradebook:
        for group, notebook, name, reason in marks_to_look_at(gradebook, sheet):
            console.problem(f"{group} {notebook}: {name}: {reason}")


@app.command()
def doctor(course: CourseOption = Path()) -> None:
    """Say whether this machine is fit to grade, and how to mend what is missing.

    Example: genlhc doctor
    """
    from course_grader.doctor import examine

    with session(course, "doctor") as (opened, console):
        found = examine(opened)
        for one in found:
            if one.good:
                console.say(f"✓ {one.what}: {one.seen}")
            else:
                console.problem(f"✗ {one.what}: {one.seen}; {one.mend}")
        if not all(one.good for one in found):
            raise typer.Exit(1)
        console.say("fit to grade")
