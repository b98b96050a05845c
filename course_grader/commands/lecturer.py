"""The lecturer's own: solutions to show, and a demo of the whole loop."""

from pathlib import Path
from typing import Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session


@app.command()
def solutions(
    sheet: SheetArgument,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also store figures of cells tagged figure-NAME.")
    ] = False,
    notebook: Annotated[str | None, typer.Option("--notebook", help="Only this notebook.")] = None,
    course: CourseOption = Path(),
) -> None:
    """Run the solution notebooks: notebook, page, slides and PDF in build/solutions/SHEET.

    Its index.html links them and says how long each took. Nothing there needs a network.

    Example: genlhc solutions sheet01
    """
    from course_grader.lecturer.solutions import run_solutions
    from course_grader.lecturer.solved import times_table

    with session(course, "solutions") as (opened, console):
        done = run_solutions(opened, sheet, console, only=notebook, figures=figures)
        for one in done:
            for path in one.files:
                console.say(f"written: {path.relative_to(opened.root)}")
            for text in one.problems:
                console.problem(f"{one.name}: {text}")
        console.table(times_table(sheet, done))
        index = opened.build / "solutions" / sheet / "index.html"
        console.say(f"look at: {index.relative_to(opened.root)}")
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

    Example: genlhc demo
    """
    from course_grader.lecturer.demo import run_demo

    with session(course, "demo") as (opened, console):
        if not run_demo(opened, sheet, console):
            raise typer.Exit(1)
