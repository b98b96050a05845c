"""The commands `genlhc data drell-yan` and `genlhc data ttbarj`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from course_utils.simulation.drell_yan import generate_drell_yan
from course_utils.simulation.errors import SimulationError
from course_utils.simulation.output import check_writable, save_events

SPLITS = ("train", "validation", "test")  # 4 : 1 : 1


def register(app: typer.Typer) -> None:
    """Adds the commands to the group `genlhc data`."""
    app.command("drell-yan")(drell_yan)


@contextmanager
def _friendly() -> Iterator[None]:
    """Expected errors end the command with a message and code 1, without a traceback."""
    try:
        yield
    except SimulationError as error:
        print(f"Error: {error}", flush=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print("Stopped: nothing was written.", flush=True)
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
        typer.Option(help="Instead of --out: folder for drell_yan_{train,validation,test}.npy."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: all cores.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Make Drell-Yan events pp -> Z -> mu- mu+ with Pythia 8.

    Columns (float32): pT and eta of the mu-, eta of the mu+, phi of the mu-. Both muons have
    pT > 10 GeV and |eta| < 2.5.
    """
    if (out is None) == (split_into is None):
        raise typer.BadParameter("give one of --out FILE and --split-into DIR")
    with _friendly():
        sizes = {out: n_events} if out is not None else {}
        if split_into is not None:
            if n_events < 6:
                raise SimulationError(f"--split-into needs at least 6 events, got {n_events}")
            sizes = {split_into / f"drell_yan_{k}.npy": n for k, n in split_sizes(n_events).items()}
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
