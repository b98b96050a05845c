"""The lecturer's own: solutions to show, and a demo of the whole loop."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session
from course_grader.console import Console, duration


@app.command()
def solutions(
    sheet: SheetArgument,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also store figures of cells tagged figure-NAME.")
    ] = False,
    notebook: Annotated[str | None, typer.Option("--notebook", help="Only this notebook.")] = None,
    course: CourseOption = Path(),
) -> None:
    """Run the solution notebooks; notebook, HTML and PDF go to build/solutions/SHEET.

    Example: genlhc solutions sheet01 --notebook gan_convergence
    """
    from course_grader.lecturer.solutions import run_solutions

    with session(course, "solutions") as (opened, console):
        done = run_solutions(opened, sheet, console, only=notebook, figures=figures)
        for one in done:
            for path in one.files:
                console.say(f"written: {path.relative_to(opened.root)}")
            console.say(f"{one.name}: {duration(one.seconds)}")
            for text in one.problems:
                console.problem(f"{one.name}: {text}")
        if any(one.failed for one in done):
            raise typer.Exit(1)


@app.command()
def demo(
    sheet: Annotated[
        str | None, typer.Argument(help="Name of the sheet; default: the first one.")
    ] = None,
    course: CourseOption = Path(),
) -> None:
    """Show the whole loop on a demo class of seven groups, in build/demo.

    Example: genlhc demo sheet01
    """
    from course_grader.lecturer.demo import run_demo

    with session(course, "demo") as (opened, console):
        if not run_demo(opened, sheet, console):
            raise typer.Exit(1)


@app.command("new-sheet")
def new_sheet(
    name: Annotated[str, typer.Argument(help="Name of the new sheet, as sheet02.")],
    course: Annotated[
        Path, typer.Option("--course", help="A course, or a new or empty folder for one.")
    ] = Path(),
) -> None:
    """Make a small sheet that runs as it is, and a course around it where there is none.

    Example: genlhc new-sheet sheet02
    """
    from course_grader.lecturer.new_sheet import new_sheet as make

    console = Console()
    made = make(course, name)
    for file in made.files:
        console.say(f"written: {file}")
    if made.is_course:
        console.say(f"a new course in {made.root}; its README.md says what is where")
    where = "" if made.root == Path.cwd() else f" --course {shlex.quote(str(made.root))}"
    console.say(f"next: `genlhc release {name}{where}`")


@app.command()
def points(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """List the points of every task, and compare them with the tables that students read.

    Example: genlhc points sheet01
    """
    from course_grader.lecturer.points import points_of, show

    with session(course, "points") as (opened, console):
        found = points_of(opened, sheet)
        show(found, sheet, console)
        problems = [f"{one.name}: {text}" for one in found for text in one.problems]
        for text in problems:
            console.problem(text)
        if problems:
            raise typer.Exit(1)
