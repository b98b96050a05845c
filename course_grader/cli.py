"""The command `genlhc`: what can be typed, and what is printed."""

from pathlib import Path
from typing import Annotated

import typer

from course_grader.command_line import CourseOption, SheetArgument, app, session
from course_grader.console import duration


@app.command()
def release(
    sheet: SheetArgument,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the exercises are in step.")
    ] = False,
    course: CourseOption = Path(),
) -> None:
    """Make the students' notebooks and their bundle from the solutions."""
    from course_grader.release.bundle import write_bundle
    from course_grader.release.release import check_release
    from course_grader.release.release import release as make

    with session(course, "release") as (opened, console):
        place = f"{opened.release.name}/{sheet}"
        if check:
            differing = check_release(opened, sheet)
            for name in differing:
                console.problem(f"{place}/{name} is not what the solutions give")
            if differing:
                console.say(f"run `genlhc release {sheet}` to bring it in step")
                raise typer.Exit(1)
            console.say(f"{place} is in step with the solutions")
            return
        released = make(opened, sheet)
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
    """Put submissions from a folder or an archive into submitted/<group>/SHEET."""
    from course_grader.intake.collect import collect as put
    from course_grader.intake.collect_report import report
    from course_grader.intake.roster import find_roster

    with session(course, "collect") as (opened, console):
        people = find_roster(opened, roster)
        collection = put(opened, sheet, path, people)
        report(collection, people, sheet, console)
        if not collection.is_clean:
            raise typer.Exit(1)


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
    """Grade what is new or changed in submitted/<group>/SHEET."""
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
def feedback(sheet: SheetArgument, course: CourseOption = Path()) -> None:
    """Write feedback/<group>/SHEET/*.html."""
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
    """Write build/grades/SHEET.csv, a row for each graded cell of each group."""
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
    """Write build/report/SHEET.html, the class at a glance, and a version without groups."""
    from course_grader.results.class_page import write_class_page

    with session(course, "report") as (opened, console):
        for path in write_class_page(opened, sheet):
            console.say(f"written: {path.relative_to(opened.root)}")


@app.command()
def solutions(
    sheet: SheetArgument,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also store figures of cells tagged figure-NAME.")
    ] = False,
    notebook: Annotated[str | None, typer.Option("--notebook", help="Only this notebook.")] = None,
    course: CourseOption = Path(),
) -> None:
    """Run the solution notebooks; notebook, HTML and PDF go to build/solutions/SHEET."""
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
def doctor(course: CourseOption = Path()) -> None:
    """Say whether this machine is fit to grade, and how to mend what is missing."""
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


@app.command()
def demo(
    sheet: Annotated[
        str | None, typer.Argument(help="Name of the sheet; default: the first one.")
    ] = None,
    course: CourseOption = Path(),
) -> None:
    """Show the whole loop on a demo class of seven groups, in build/demo."""
    from course_grader.lecturer.demo import run_demo

    with session(course, "demo") as (opened, console):
        if not run_demo(opened, sheet, console):
            raise typer.Exit(1)


def main() -> None:
    """Entry point of the command `genlhc`."""
    app()
