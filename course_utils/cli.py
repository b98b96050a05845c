"""`genlhc data`: makes, splits and verifies event files.

What reads events is imported when a command runs: its help page needs none of it.
"""

from pathlib import Path
from typing import Annotated, NoReturn

try:
    import typer
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
except ModuleNotFoundError as error:
    raise ImportError(
        f"`genlhc data` needs the package {error.name}, which is not installed: "
        'install the grader extra with `python -m pip install -e ".[grader]"`'
    ) from error

from course_utils.simulation.commands import register

app = typer.Typer(
    help="Makes or verifies event files.\n\nExample: genlhc data check",
    no_args_is_help=True,
    add_completion=False,
)

Course = Annotated[Path, typer.Option(help="Folder of the course.")]
Folders = Annotated[
    list[Path] | None,
    typer.Option("--path", help="A folder of event files instead of the course's; repeatable."),
]


@app.command()
def check(course: Course = Path(), path: Folders = None) -> None:
    """Verifies checksums and physics of all event files; exits 1 if anything is wrong.

    Example: genlhc data check
    """
    from course_utils import verification
    from course_utils.data import DataError

    table = Table("file", "events", "content", "verdict", title="Event files")
    reports, problems = [], []
    for folder in _folders(course, path):
        try:
            reports += list(verification.check_folder(folder))
        except DataError as error:
            _refuse(str(error))
    for report in reports:
        verdict = "\n".join(f"[red]✗[/] {escape(problem)}" for problem in report.problems)
        n_events = f"{report.n_events:,}" if report.n_events else ""
        table.add_row(escape(str(report.path)), n_events, report.content, verdict or "[green]✓[/]")
        problems += report.problems
    console = Console()
    console.print(table)
    for kind in ("tt̄j", "Drell-Yan"):
        shared = verification.repeated_events(r.path for r in reports if r.content == kind)
        problems += shared
        for sentence in shared:
            console.print(f"[red]✗[/] {escape(sentence)}")
    if not reports:
        console.print("[red]✗[/] no event files in these folders")
    if problems or not reports:
        raise typer.Exit(1)
    console.print("[green]✓[/] All files are intact, and no event is in two files.")


@app.command()
def sums(course: Course = Path(), path: Folders = None) -> None:
    """Writes SHA256SUMS anew, after event files were made or replaced.

    Example: genlhc data sums
    """
    from course_utils import verification
    from course_utils.data import DataError

    for folder in _folders(course, path):
        try:
            typer.echo(f"Wrote {verification.write_sums(folder)}.")
        except DataError as error:
            _refuse(str(error))


@app.command()
def split(
    file: Annotated[Path, typer.Argument(help="Event file (.npy) to split.")],
    students: Annotated[Path, typer.Option(help="Written: the students' part.")],
    hold_out: Annotated[Path, typer.Option(help="Written: the part kept for grading.")],
    fraction: Annotated[float, typer.Option(help="Share of the students.")] = 0.75,
    seed: Annotated[int, typer.Option(min=0, help="Of the random order.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Splits events at random into a part for students and a part that they never see.

    Example: genlhc data split nlo.npy --students data/nlo.npy --hold-out hidden.npy
    """
    import numpy as np

    from course_utils import verification
    from course_utils.data import DataError, read_npy

    existing = [str(target) for target in (students, hold_out) if target.exists()]
    if existing and not force:
        _refuse(f"already there: {', '.join(existing)}; give --force to replace")
    if students.resolve() == hold_out.resolve():
        _refuse(f"--students and --hold-out are both {students}: give two files")
    try:
        events = read_npy(file)
    except DataError as error:
        _refuse(str(error))
    n_students = round(fraction * len(events))
    if not 0 < n_students < len(events):
        _refuse(f"--fraction {fraction} of {len(events)} events leaves one part empty")
    order = np.random.default_rng(seed).permutation(len(events))
    parts = {students: order[:n_students], hold_out: order[n_students:]}
    for target, rows in parts.items():
        with verification.replacing(target) as temporary, temporary.open("wb") as out:
            np.save(out, events[rows], allow_pickle=False)
        typer.echo(f"Wrote {target}: {len(rows):,} events.")


def _folders(course: Path, chosen: list[Path] | None) -> list[Path]:
    """The chosen folders, else `data/` and, on the grader's side, all with hidden events."""
    from course_utils import verification

    return chosen or [course / "data", *verification.event_folders(course / "autograde_tests")]


def _refuse(message: str) -> NoReturn:
    typer.echo(f"genlhc data: {message}", err=True)
    raise typer.Exit(2)


register(app)
