"""`genlhc calibrate`: tries the checks of a sheet, measures, and writes what was found."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from autograde_tests import sheets
from autograde_tests.errors import ChecksError

if TYPE_CHECKING:
    from autograde_tests.judging import Verdict

SEEDS_TRAINED = 3  # hidden inputs for trained answers; their spread is in the metric table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def calibrate(
    sheet: Annotated[str, typer.Argument(help="Sheet, as sheet01.")],
    course: Annotated[Path, typer.Option(help="Folder of the course.")] = Path(),
    seeds: Annotated[int, typer.Option(min=2, help="Trainings of each reference.")] = 20,
    workers: Annotated[int, typer.Option(min=1, help="Processes, each of one thread.")] = 2,
    checks_only: Annotated[
        bool, typer.Option("--checks-only", help="Train nothing; keep what was measured before.")
    ] = False,
) -> None:
    """Measures the graded checks against seeds and mutants.

    Tries every check on the solution and on mutants, says what the visible part of its cell tells
    students of each mutant, and trains the reference for every seed.

    Writes autograde_tests/SHEET/calibration.json and the page docs/calibration/SHEET.md
    with its figure, if every check is sound. A copy of the course is tried with its own checks.

    Example: genlhc calibrate sheet01 --checks-only
    """
    room = _room(course, sheet)
    if room != sheets.ROOM.resolve():  # a copy of the course has checks of its own
        raise typer.Exit(_with_checks_of(course, sheet, seeds, workers, checks_only))
    # what imports torch and its kin takes seconds: not for `genlhc --help`
    from autograde_tests import judging, visible
    from autograde_tests.scoring import Calibration

    calibration = Calibration(room / sheet)
    with _mistakes():
        judging.prepare(sheet, measured=not checks_only)
        verdicts = judging.judge_all(sheet, seeds, report=typer.echo)
        _stop_if_unsound(verdicts)
        shown = visible.survey(sheet, typer.echo)
        seen = judging.judge_controls(sheet, typer.echo)
        kept = calibration.read()
        if checks_only:
            metrics, trained = kept["metrics"], judging.kept_rows(sheet, kept["checks"])
            if sheets.metric_cases(sheet) and not metrics:
                typer.echo("Sound. Nothing is written: the measured tasks were never trained.")
                return
        else:
            from autograde_tests import measuring

            cache = course / "build" / "calibration" / sheet
            metrics = measuring.measure(sheet, seeds, workers, cache, typer.echo)
            calibration.use(metrics)  # for the checks of trained answers
            judged = judging.judge_all(sheet, SEEDS_TRAINED, trained=True, report=typer.echo)
            _stop_if_unsound(judged)
            trained = [verdict.row() for verdict in judged]
    from autograde_tests import calibration_report

    rows = [*(verdict.row() for verdict in verdicts), *trained]
    data = {"checks": rows, "visible": shown, "controls": seen, "metrics": metrics}
    calibration.write(data)
    pages = calibration_report.write(sheet, data, course / "docs" / "calibration")
    typer.echo(f"Wrote {', '.join(map(str, [calibration.file, *pages]))}.")


def _room(course: Path, sheet: str) -> Path:
    """The course's folder of checks, once it is clear that the sheet can be looked for there."""
    room = course.resolve() / "autograde_tests"
    if not (room / "__init__.py").is_file():
        _refuse(
            f"{course.resolve()} has no package autograde_tests/: run the command in the course's "
            "folder or give it with --course; a course that keeps its checks elsewhere writes its "
            "thresholds by hand (docs/new-sheet.md)"
        )
    solutions = course / "solutions"
    have = sorted({path.parent.name for path in solutions.glob("*/*.ipynb")})
    if sheet not in have:
        names = ", ".join(have) or "none yet"
        _refuse(f"solutions/{sheet}/ holds no notebook; sheets of this course: {names}")
    return room


def _with_checks_of(course: Path, sheet: str, seeds: int, workers: int, checks_only: bool) -> int:
    """The same command with the packages of another course; returns its status."""
    options = [f"--seeds={seeds}", f"--workers={workers}", f"--course={course.resolve()}"]
    if checks_only:
        options.append("--checks-only")
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(course.resolve()), *([before] if before else [])])
    run = [sys.executable, "-P", "-c", "from autograde_tests.cli import app; app()"]
    return subprocess.run(
        [*run, *options, "--", sheet], env={**os.environ, "PYTHONPATH": path}, check=False
    ).returncode


def _stop_if_unsound(verdicts: "list[Verdict]") -> None:
    unsound = [verdict.check for verdict in verdicts if verdict.complaints]
    if unsound:
        typer.echo(f"These checks are unsound: {', '.join(unsound)}. Mend them first.", err=True)
        raise typer.Exit(1)


@contextmanager
def _mistakes() -> Iterator[None]:
    """What a lecturer can mend becomes a message and exit status 2."""
    try:
        yield
    except ChecksError as error:
        _refuse(str(error))


def _refuse(message: str) -> NoReturn:
    typer.echo(f"genlhc calibrate: {message}", err=True)
    raise typer.Exit(2)
