"""Grading a class, and whether this machine is fit for it."""

from pathlib import Path
from typing import Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session


@app.command()
def grade(
    sheet: SheetArgument,
    group: Annotated[
        list[str] | None, typer.Option("--group", help="Only this group; can be repeated.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also what has not changed.")] = False,
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

    Example: genlhc grade sheet01 --workers 2
    """
    from course_grader.grading.grade import Grading

    with session(course, "grade") as (opened, console):
        if unsafe:
            opened.config.TrustedExecute.unsafe = True
            console.problem("students' code runs with your own rights: there is no sandbox")
        results = Grading(opened, sheet, console).run(
            group or (), force=force, workers=workers, scheduler=scheduler
        )
        ran, bad = sum(len(result.ran) for result in results), 0
        for result in results:
            for name, one in sorted(result.record.items()):
                for remark in one.remarks:
                    console.say(f"{result.group} {name}: {remark}")
                if one.status != "graded" or one.trouble:
                    console.problem(f"{result.group} {name}: {one.reason or one.trouble}")
                bad += one.needs_a_look
        console.say(
            f"{len(results)} groups: {ran} notebooks graded, "
            f"{sum(len(result.record) for result in results) - ran} unchanged or not gradable"
        )
        console.say(f"next: `genlhc export {sheet}` and `genlhc feedback {sheet}`")
        if bad:
            console.problem(f"{bad} notebooks need a look, see above; the rest is graded")
            raise typer.Exit(1)


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
