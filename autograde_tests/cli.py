"""`genlhc calibrate`: measures the checks of a sheet and writes what was found."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autograde_tests.calibration import Verdict

SEEDS_TRAINED = 3  # hidden inputs for trained answers; their spread is in the metric table

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def calibrate(
    sheet: Annotated[str, typer.Argument(help="Sheet, as sheet01.")],
    course: Annotated[Path, typer.Option(help="Folder of the course.")] = Path(),
    seeds: Annotated[int, typer.Option(min=2, help="Trainings of each reference.")] = 20,
    workers: Annotated[int, typer.Option(min=1, help="Processes, each of one thread.")] = 2,
    checks_only: Annotated[
        bool, typer.Option(help="Try checks and mutants only; write nothing.")
    ] = False,
) -> None:
    """Measures the graded checks against seeds and mutants.

    Tries every check on the solution and on mutants, and trains the reference for every seed.

    Writes `autograde_tests/calibration/SHEET.json`, `docs/calibration/SHEET.md` and its figure.

    Example: genlhc calibrate sheet01 --checks-only
    """
    # torch and its kin take seconds to import: not for `genlhc --help`
    from autograde_tests import calibration, calibration_report, scoring

    try:
        verdicts = calibration.judge_all(sheet, seeds, report=typer.echo)
    except ValueError as error:
        typer.echo(f"genlhc calibrate: {error}", err=True)
        raise typer.Exit(2) from None
    _stop_if_unsound(verdicts)
    if checks_only:
        return
    cache = course / "build" / "calibration" / sheet
    metrics = calibration.measure(sheet, seeds, workers, cache, typer.echo)
    scoring.use(sheet, metrics)  # for the checks of trained answers
    verdicts += calibration.judge_all(sheet, SEEDS_TRAINED, trained=True, report=typer.echo)
    _stop_if_unsound(verdicts)
    data = {"checks": [asdict(verdict) for verdict in verdicts], "metrics": metrics}
    path = scoring.save(sheet, data)
    docs = course / "docs" / "calibration"
    docs.mkdir(parents=True, exist_ok=True)
    (docs / f"{sheet}.md").write_text(calibration_report.page(sheet, data), encoding="utf-8")
    calibration_report.figure(data, docs / f"{sheet}.png")
    typer.echo(f"Wrote {path}, {docs / sheet}.md and its figure.")


def _stop_if_unsound(verdicts: "list[Verdict]") -> None:
    unsound = [verdict.check for verdict in verdicts if not verdict.sound]
    if unsound:
        typer.echo(f"These checks are unsound: {', '.join(unsound)}. Mend them first.", err=True)
        raise typer.Exit(1)
