"""The commands `genlhc data drell-yan` and `genlhc data ttbarj`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

try:
    import typer
except ImportError as error:
    raise ImportError(
        "`genlhc data` needs `typer`, which is not installed here: "
        "install with  pip install -e '.[grader]'"
    ) from error

from course_utils.simulation.errors import SimulationError

if TYPE_CHECKING:
    from course_utils.simulation.ttbarj import TtbarjRun

Force = Annotated[bool, typer.Option("--force", help="Replace existing files.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the group `genlhc data`."""
    app.command("drell-yan")(drell_yan)
    app.command("ttbarj")(ttbarj)


@contextmanager
def _friendly(interrupted: str) -> Iterator[None]:
    """Expected errors and Ctrl-C end the command with a message and code 1, no traceback."""
    try:
        yield
    except SimulationError as error:
        print(f"Error: {error}", flush=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print(interrupted, flush=True)
        raise typer.Exit(1) from None


def split_sizes(n_events: int) -> dict[str, int]:
    """Sizes of train, validation and test, 4 : 1 : 1.

    Example:
        >>> split_sizes(600_000)
        {'train': 400000, 'validation': 100000, 'test': 100000}
    """
    part = n_events // 6
    return {"train": n_events - 2 * part, "validation": part, "test": part}


def drell_yan(
    n_events: Annotated[int, typer.Option(min=1, help="Number of selected events.")],
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same events.")],
    out: Annotated[Path | None, typer.Option(help="File to write (.npy).")] = None,
    split_into: Annotated[
        Path | None,
        typer.Option(
            help="Instead of --out: folder for drell_yan_{train,validation,test}.npy (4:1:1)."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one for each core.")
    ] = None,
    force: Force = False,
) -> None:
    """Make Drell-Yan events pp -> Z -> mu- mu+ with Pythia 8 at 13 TeV.

    Columns (float32): pT [GeV] and eta of the mu-, eta of the mu+, phi of the mu-. Both muons have
    pT > 10 GeV and |eta| < 2.5. The same seed gives the same file with any number of workers.

    Example: genlhc data drell-yan --n-events 600000 --seed 2027 --out dy.npy
    """
    from course_utils.simulation.drell_yan import generate_drell_yan
    from course_utils.simulation.output import check_writable, save_events

    if (out is None) == (split_into is None):
        raise typer.BadParameter("give one of --out FILE and --split-into DIR")
    if split_into is not None and n_events < 6:
        raise typer.BadParameter(f"--split-into needs at least 6 events, got {n_events}")
    sizes = {out: n_events} if out is not None else {}
    if split_into is not None:
        sizes = {split_into / f"drell_yan_{k}.npy": n for k, n in split_sizes(n_events).items()}
    with _friendly("Stopped: nothing was written."):
        check_writable(list(sizes), force=force)
        run = generate_drell_yan(n_events, seed, workers=workers)
        first = 0
        for path, size in sizes.items():
            save_events(path, run.events[first : first + size])
            print(f"{path}: {size:,} events")
            first += size
    print(
        f"tried {run.n_tried:,}, selected {len(run.events):,}, efficiency {run.efficiency:.4f}; "
        f"{run.tried_per_second:,.0f} tried events/s per core, {run.seconds:.1f} s in all",
        flush=True,
    )


def ttbarj(
    out: Annotated[Path, typer.Option(help="File to write (.npy).")],
    lhe: Annotated[
        Path | None,
        typer.Option(help="Les Houches events (.lhe or .lhe.gz) of POWHEG or MadGraph."),
    ] = None,
    lo: Annotated[
        bool, typer.Option("--lo", help="Instead of --lhe: tree level by Pythia itself.")
    ] = False,
    n_events: Annotated[
        int | None, typer.Option(min=1, help="With --lo: number of selected events.")
    ] = None,
    max_events: Annotated[
        int | None, typer.Option(min=1, help="With --lhe: shower at most so many events.")
    ] = None,
    seed: Annotated[int, typer.Option(min=1, help="Of the shower.")] = 1,
    force: Force = False,
) -> None:
    """Shower all-hadronic tt̄ events with Pythia 8 and keep matched tt̄ + jet events.

    28 columns (float32): (E, px, py, pz) in GeV of b1, q1, qbar'1, bbar2, qbar2, q'2 and the
    hardest other jet. If a file turns out to be damaged, what was converted before is kept.

    Example: genlhc data ttbarj --lhe powheg.lhe.gz --out build/nlo.npy
    """
    from course_utils.simulation.output import check_writable
    from course_utils.simulation.ttbarj import TtbarjRun, convert_lhe, generate_tree_level

    if (lhe is not None) == lo:
        raise typer.BadParameter("give one of --lhe FILE and --lo")
    if lo != (n_events is not None):
        raise typer.BadParameter("--lo and --n-events go together; with --lhe use --max-events")
    if lo and max_events is not None:
        raise typer.BadParameter("--max-events goes with --lhe")
    run = TtbarjRun()
    finished = False
    with _friendly("Stopped."):
        check_writable([out], force=force)
        try:
            if lhe is not None:
                convert_lhe(lhe, seed=seed, max_events=max_events, into=run)
            elif n_events is not None:
                generate_tree_level(n_events, seed=seed, into=run)
            finished = True
        finally:
            _keep(out, run, finished=finished)
    if not run.rows:
        raise typer.Exit(1)


def _keep(out: Path, run: "TtbarjRun", *, finished: bool) -> None:
    """Writes what there is and says what it is."""
    from course_utils.simulation.output import save_events

    if not finished and not run.showered:
        return
    if run.rows:
        save_events(out, run.events)
        kept = "" if finished else ", a part only: what was converted before the run ended"
        print(f"{out}: {len(run.rows):,} events{kept}")
    else:
        print(f"{out} was not written: no event was selected")
    print(
        f"showered {run.showered:,}, selected {len(run.rows) + run.negative_dropped:,}, "
        f"efficiency {run.efficiency:.4f}, {run.seconds:.1f} s"
    )
    if run.negative:
        print(
            f"negative weights: {run.negative:,} events, "
            f"{run.negative_dropped:,} of them selected and dropped"
        )
    if run.failed:
        print(f"Pythia could not shower {run.failed:,} more events: they are left out")
    if run.other_weight:
        print(
            f"{run.other_weight:,} events have another |weight| than the rest: "
            "they were kept with weight 1"
        )
    for note in run.notes:
        print(f"note: {note}")
