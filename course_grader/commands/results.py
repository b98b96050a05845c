"""What comes out: feedback, tables, the class at a glance."""

from pathlib import Path

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session


@app.command()
def feedback(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """Write feedback/<group>/SHEET/*.html.

    Example: genlhc feedback sheet01
    """
    from course_grader.results.feedback import feedback as make

    with session(course, "feedback") as (opened, console):
        pages = make(opened, sheet, console)
        console.say(f"{pages.written} pages in {opened.feedback.name}/<group>/{sheet}/")
        for name, reason in pages.failed.items():
            console.problem(f"{name}: no pages: {reason}")
        if pages.failed:
            raise typer.Exit(1)


@app.command()
def export(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """Write build/grades/SHEET.csv, a row for each graded cell of each group.

    Example: genlhc export sheet01
    """
    from course_grader.intake.roster import find_roster
    from course_grader.results.members import export_members
    from course_grader.results.report import export as make

    with session(course, "export") as (opened, console):
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
