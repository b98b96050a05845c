"""What a sheet begins with: its release, and what groups hand in."""

from pathlib import Path
from typing import Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session
from course_grader.naming import word


@app.command()
def release(
    sheet: SheetArgument,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the exercises are in step.")
    ] = False,
    untried: Annotated[
        bool, typer.Option("--untried", help="Do not try the solution in the tests first.")
    ] = False,
    course: CourseOption = Path(),
) -> None:
    """Make the students' notebooks and their bundle from the solutions.

    The solution has to get all points first, where that needs no training.

    Example: genlhc release sheet01 --check
    """
    from course_grader.lecturer.trial import try_solution
    from course_grader.release.bundle import write_bundle
    from course_grader.release.release import (
        check_release,
        said_of_nose,
        said_of_rubrics,
        still_told,
    )
    from course_grader.release.release import release as make

    with session(course, "release") as (opened, console):
        place = f"{opened.release.name}/{sheet}"
        if check:
            differing = check_release(opened, sheet)
            for name in differing:
                console.problem(f"{place}/{name} is not what the solutions give")
            for left in still_told(opened, sheet, differing):
                console.problem(f"{place}/{left}")
            if differing:
                console.say(f"run `genlhc release {word(sheet)}` to bring it in step")
                raise typer.Exit(1)
            console.say(f"{place} is in step with the solutions")
            return
        tried: list[str] = []
        if untried:
            tried.append("the solution was not tried in the tests: --untried")
            released = make(opened, sheet)
        else:
            released = make(opened, sheet, lambda: tried.extend(try_solution(opened, sheet)))
        for sentence in (*tried, *said_of_nose(opened, sheet), *said_of_rubrics(opened, sheet)):
            console.say(sentence)
        bundle = write_bundle(opened, sheet)
        for name in released.changed:
            console.say(f"written: {name}")
        if not released.changed:
            console.say(f"{place} was in step already")
        if released.kept is not None:
            console.problem(f"files that no release had made were kept in {released.kept}")
        console.say(f"for students: {bundle.relative_to(opened.root)}")


@app.command()
def collect(
    sheet: SheetArgument,
    path: Annotated[Path, typer.Argument(help="Folder, .zip or .tar.gz with submissions.")],
    roster: Annotated[
        Path | None, typer.Option("--roster", help="Who is in which group; default: roster.csv.")
    ] = None,
    course: CourseOption = Path(),
) -> None:
    """Put submissions from a folder or an archive into submitted/<group>/SHEET.

    Example: genlhc collect sheet01 moodle.zip
    """
    from course_grader.intake.collect import collect as put
    from course_grader.intake.collect_report import report
    from course_grader.intake.roster import find_roster

    with session(course, "collect") as (opened, console):
        people = find_roster(opened, roster)
        collection = put(opened, sheet, path, people)
        report(collection, people, sheet, console)
        if not collection.is_clean:
            raise typer.Exit(1)
