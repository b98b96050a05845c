"""`genlhc handin`: one command, also alone in the students' bundle."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from course_handin.errors import HandInError
from course_notebooks.terminal import Commands, Terminal, complain
from course_notebooks.troubles import in_words, is_of_the_system

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
students = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hand in the notebooks of a sheet.",
)


@students.callback()
def _alone() -> None:
    """Hand in the notebooks of a sheet."""


@app.command()
@students.command()
def handin(
    sheet: Annotated[str, typer.Argument(help="Name of the sheet, such as sheet01.")],
    group_file: Annotated[
        Path | None,
        typer.Option("--group-file", help="Who hands in; default: group.toml, see below."),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run/--no-run", help="Run the notebooks, or take them as saved.")
    ] = True,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.01, help="Time that one notebook may take.")
    ] = 20,
    course: Annotated[
        Path, typer.Option("--course", help="The unpacked bundle; default: this folder.")
    ] = Path(),
) -> None:
    """Run the notebooks of SHEET, say what is missing, and pack handin/<group>.zip.

    The archive holds executed copies of your notebooks, one PDF of all, and
    your own files beside the notebooks. These are not changed. Scanned pages beside the notebooks
    (derivation*.pdf, .png, .jpg) are added at the end of the PDF. Who you
    are stands in group.toml, which is written for you to fill in.

    Example: genlhc handin sheet01
    """
    from course_handin.group import find_group_file, read_group
    from course_handin.handin import hand_in
    from course_handin.own_files import listed
    from course_handin.sheet import find_sheet

    console = Terminal()
    with _mistakes():
        found = find_sheet(course, sheet)
        file = find_group_file(found.folder, found.root, group_file)
        group = read_group(file)
        with console.status() as status:
            made = hand_in(found, group, file, minutes if run else None, console.say, status.show)
    for name, problems in made.problems.items():
        console.say()
        console.say(f"{name or 'the whole'}:")
        for text in problems:
            console.say(f"  - {text}")
    if made.problems:
        console.say()
    for text in made.remarks:
        console.say(f"note: {text}")
    if made.scans:
        console.say(f"added to the PDF: {', '.join(made.scans)}")
    if made.files:
        console.say(f"own files in the archive: {listed(made.files)}")
    pages = f", a PDF of {made.n_pages} pages in it" if made.n_pages else ""
    console.say(f"made: {made.path} ({made.size / 1e6:.1f} MB{pages})")
    if made.problems:
        n_problems = sum(map(len, made.problems.values()))
        console.say(f"You can hand it in as it is; {n_problems} problems are listed above.")
        raise typer.Exit(1)
    console.say("All is answered and runs. Look at the PDF, then hand in the archive.")


@contextmanager
def _mistakes() -> Iterator[None]:
    """What a user can mend becomes a message and exit status 2."""
    try:
        yield
    except HandInError as error:
        complain(str(error))
        raise typer.Exit(2) from error
    except OSError as error:
        if not is_of_the_system(error):
            raise
        complain(in_words(error))
        raise typer.Exit(1) from error


def main() -> None:
    """Entry point of `genlhc` in the students' bundle."""
    students()
