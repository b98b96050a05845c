"""The lecturer's own: solutions to show, and a demo of the whole loop."""

import shlex
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

    Example: genlhc demo sheet01
    """
    from course_grader.lecturer.demo import run_demo

    with session(course, "demo") as (opened, console):
        if not run_demo(opened, sheet, console):
            raise typer.Exit(1)


@app.command()
def lab(
    sheet: SheetArgument,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser; the address is shown.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the server.")] = (
        8888
    ),
    course: CourseOption = Path(),
) -> None:
    """Open a sheet in JupyterLab as students get it, in build/lab/SHEET.

    Notebooks that were edited there are kept.

    Example: genlhc lab sheet01 --no-browser
    """
    from course_grader.lecturer.lab import run_lab, unpack

    with session(course, "lab") as (opened, console):
        workplace = unpack(opened, sheet)
        for name in workplace.kept:
            console.problem(f"{name} was edited here and is kept; the bundle has another version")
        where = workplace.folder.relative_to(opened.root)
        if workplace.kept:
            console.say(f"to begin anew, move these files away or delete {where}")
        console.say(f"the students' folder: {where} (end JupyterLab with Ctrl-C)")
        status = run_lab(opened, sheet, workplace.folder, browser=not no_browser, port=port)
        if status:
            console.problem(f"JupyterLab ended with status {status}: its messages are above")
            raise typer.Exit(1)


@app.command("new-sheet")
def new_sheet(
    name: Annotated[str, typer.Argument(help="Name of the new sheet, as sheet09.")],
    course: Annotated[
        Path, typer.Option("--course", help="A course, or a new or empty folder for one.")
    ] = Path(),
) -> None:
    """Make a small sheet that runs as it is, and a course around it where there is none.

    Example: genlhc new-sheet sheet09
    """
    from course_grader.console import Console
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
def points(
    sheet: SheetArgument,
    names: Annotated[
        bool,
        typer.Option("--names", help="Say from where each name in the grade cells comes instead."),
    ] = False,
    course: CourseOption = Path(),
) -> None:
    """List the points of every task, and compare them with the tables that students read.

    Example: genlhc points sheet01
    """
    from course_grader.lecturer import origins
    from course_grader.lecturer.points import points_of, show

    with session(course, "points") as (opened, console):
        if names:
            origins.show(origins.origins(opened, sheet), sheet, console)
            return
        found = points_of(opened, sheet)
        show(found, sheet, console)
        problems = [f"{one.name}: {text}" for one in found for text in one.problems]
        for text in problems:
            console.problem(text)
        if problems:
            raise typer.Exit(1)
