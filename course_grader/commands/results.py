"""What comes out: feedback, tables, the class at a glance."""

from pathlib import Path
from typing import Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session


@app.command()
def formgrader(
    demo: Annotated[
        bool, typer.Option("--demo", help="The class that `genlhc demo` made.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the address; 0 takes any that is free.")
    ] = 8888,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    course: CourseOption = Path(),
) -> None:
    """Mark written answers in the browser, each beside its rubric.

    Starts Jupyter with nbgrader's formgrader on this machine; Ctrl-C ends it.

    \b
    Example: genlhc formgrader --demo
    """
    from course_grader.results.formgrader import demo_course, serve

    with session(course, "formgrader") as (opened, console):
        chosen = demo_course(opened) if demo else opened
        serve(chosen, console, port=port, browser=not no_browser)


@app.command()
def feedback(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """Write feedback/<group>/SHEET/*.html.

    Example: genlhc feedback sheet01
    """
    from course_grader.console import alike
    from course_grader.results.feedback import feedback as make

    with session(course, "feedback") as (opened, console):
        pages = make(opened, sheet, console)
        console.say(f"{pages.written} pages in {opened.feedback.name}/<group>/{sheet}/")
        for names, reason in alike(pages.failed.items()):
            console.problem(f"{names}: {reason}")
        if pages.failed:
            raise typer.Exit(1)


@app.command()
def export(
    sheet: Annotated[
        str, typer.Argument(help="A folder of solutions/; without it all sheets together.")
    ] = "",
    course: CourseOption = Path(),
) -> None:
    """Write build/grades/SHEET.csv, a row for each graded cell of each group.

    Without SHEET: build/grades/course.csv, a row for each group with its
    points of all sheets and their sum. With a roster each person has a row
    in SHEET-members.csv and course-members.csv.

    \b
    Example: genlhc export sheet01
    """
    from course_grader.intake.roster import find_roster
    from course_grader.results.course_table import course_marks, export_course
    from course_grader.results.members import export_members
    from course_grader.results.report import export as make

    with session(course, "export") as (opened, console):
        if not sheet:
            marks = course_marks(opened, console)
            paths, problems = export_course(opened, marks, find_roster(opened))
            for text in marks.about():
                console.say(text)
            for path in paths:
                console.say(f"written: {path.relative_to(opened.root)}")
            for text in problems:
                console.problem(text)
            return
        path = make(opened, sheet)
        console.say(f"written: {path.relative_to(opened.root)}")
        people = find_roster(opened)
        if people is not None:
            path, problems = export_members(opened, sheet, people)
            console.say(f"written: {path.relative_to(opened.root)}")
            for text in problems:
                console.problem(f"roster: {text}")


@app.command()
def report(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """Write build/report/SHEET.html, the class at a glance, and a version without groups.

    Example: genlhc report sheet01
    """
    from course_grader.results.class_page import write_class_page

    with session(course, "report") as (opened, console):
        for path in write_class_page(opened, sheet):
            console.say(f"written: {path.relative_to(opened.root)}")


@app.command()
def similar(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """List pairs of groups whose answers are alike: a hint only, never a verdict.

    The page build/report/SHEET-similar.html shows them side by side. Nothing is run or changed.

    \b
    Example: genlhc similar sheet01
    """
    from rich.box import SIMPLE_HEAD

    from course_grader.results.similar import find_similar
    from course_grader.results.similar_page import write_similar_page
    from course_notebooks.terminal import Table

    with session(course, "similar") as (opened, console):
        pairs = find_similar(opened, sheet, console)
        path = write_similar_page(opened, sheet, pairs)
        if pairs:
            table = Table(box=SIMPLE_HEAD, pad_edge=False)
            table.add_column("groups", max_width=30, overflow="fold")
            table.add_column("alike in", max_width=44)
            for pair in pairs[:20]:
                tasks = [f"{match.task}{' (same)' if match.same else ''}" for match in pair.matches]
                table.add_row(" and ".join(pair.groups), ", ".join(tasks))
            console.table(table)
        console.say(f"{len(pairs)} pairs of groups have answers that are alike")
        console.say(f"written: {path.relative_to(opened.root)}; a hint: read it before you judge")
