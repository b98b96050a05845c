"""tt̄ + jet events: showered Les Houches events, or tree level by Pythia 8 alone.

No underlying event and no hadrons; both W bosons decay to quarks. The quark masses are those that
POWHEG gives to the decay quarks, in every sample: with different masses a jet of one lone quark
would sit at a different mass in each, which tells two samples apart and cannot be reweighted.
"""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_utils.simulation.errors import SimulationError, require
from course_utils.simulation.jets import make_jet_finder, select_event
from course_utils.simulation.lhe import LheReader, count_events
from course_utils.simulation.output import Progress

MAX_SEED = 900_000_000  # the largest that Pythia takes
SETTINGS = (
    "PartonLevel:MPI = off",
    "HadronLevel:all = off",
    "6:m0 = 172.5",
    "1:m0 = 0.1",
    "2:m0 = 0.1",
    "3:m0 = 0.2",
    "4:m0 = 1.5",
    "5:m0 = 5.0",
    # decays that the file leaves to Pythia
    "6:onMode = off",
    "6:onIfMatch = 24 5",
    "24:onMode = off",
    "24:onIfAny = 1 2 3 4 5",
    # the shower starts at the scale of the event: SCALUP, or the factorisation scale
    "SpaceShower:pTmaxMatch = 1",
    "TimeShower:pTmaxMatch = 1",
    "Print:quiet = on",
    "Random:setSeed = on",
)
LHE_SETTINGS = ("Beams:frameType = 5",)
TREE_LEVEL_SETTINGS = (  # "wimpy_scale4"
    "Beams:eCM = 13000.",
    "Top:gg2ttbar = on",
    "Top:qqbar2ttbar = on",
    "SigmaProcess:renormScale2 = 4",  # muR = muF = sqrt(sHat)
    "SigmaProcess:factorScale2 = 4",
)
UNWEIGHTED_SHARE = 0.99  # of the events must have the same |weight|
JOINED_WEIGHTS = 1.05  # cross sections of joined runs agree within this factor
PATIENCE = 100  # failed showers before giving up, where most fail


@dataclass
class TtbarjRun:
    """Selected events and counters; filled as the run goes, so that an error leaves what was done.

    Attributes:
        rows: 28 numbers each.
        showered: events that went through shower and selection.
        failed: events that Pythia could not shower.
        negative: events of negative weight, showered as the others.
        negative_dropped: selected events of negative weight; they are not in `rows`.
        other_weight: events whose |weight| is not the usual one of the file.
        seconds: wall time.
        notes: what else should be known of the file, as sentences.
    """

    rows: list[list[float]] = field(default_factory=list)
    showered: int = 0
    failed: int = 0
    negative: int = 0
    negative_dropped: int = 0
    other_weight: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def events(self) -> NDArray[np.float32]:
        """Float32 `(n, 28)`: (E, px, py, pz) in GeV of b1, q1, qbar'1, bbar2, qbar2, q'2, j."""
        return np.array(self.rows, dtype=np.float32).reshape(-1, 28)

    @property
    def efficiency(self) -> float:
        """Share of showered events that are selected, whatever the sign of their weight."""
        return (len(self.rows) + self.negative_dropped) / max(self.showered, 1)


def _pythia(settings: tuple[str, ...], seed: int, source: Any = None) -> Any:
    """An initialised generator, silent."""
    if not 0 < seed <= MAX_SEED:
        raise SimulationError(f"`seed` must be from 1 to {MAX_SEED:,}, got {seed}")
    pythia = require("pythia8mc").Pythia("", False)
    for line in (*SETTINGS, *settings, f"Random:seed = {seed}"):
        if not pythia.readString(line):
            raise SimulationError(f"Pythia does not know the setting `{line}`")
    if source is not None:
        pythia.setLHAupPtr(source)
    if not pythia.init():
        raise SimulationError("Pythia could not be initialised: are the beams those of the LHC?")
    return pythia


def convert_lhe(
    path: Path,
    *,
    seed: int = 1,
    max_events: int | None = None,
    progress: bool = True,
    into: TtbarjRun | None = None,
) -> TtbarjRun:
    """Showers the events of a Les Houches file and selects tt̄ + jet.

    The shower starts at SCALUP. That is right for POWHEG's events and for one multiplicity of
    MadGraph's; samples that need merging or an MC@NLO shower do not belong here.

    Args:
        path: Les Houches file, gzip-packed or not.
        seed: of the shower, from 1 to 900 million.
        max_events: stop after this many events of the file.
        progress: whether progress is shown on stdout.
        into: is filled and returned; after an error it holds what was converted before it.

    Returns:
        Selected events and counters.

    Raises:
        SimulationError: if the file is missing, empty, cut short or malformed, or has an event
            that is not all-hadronic tt̄. The message says which event, counted from 1.
        MissingExtraError: if Pythia or pylhe is not installed.
    """
    from course_utils.simulation.feed import make_source

    run = TtbarjRun() if into is None else into
    if max_events is not None and max_events < 1:
        raise SimulationError(f"`max_events` must be at least 1, got {max_events}")
    start = time.monotonic()
    reader = LheReader(path)
    try:
        source = make_source(reader.init)
        pythia = _pythia(LHE_SETTINGS, seed, source)
        finder = make_jet_finder()
        weights: dict[int, Counter[float]] = defaultdict(Counter)
        total = min(max_events or 2**63, count_events(path))
        with Progress(total, "tt̄ + jet", show=progress) as bar:
            for event in reader:
                weight = event.eventinfo.weight
                weights[reader.part][abs(weight)] += 1
                _check_weights(run, weights, reader)
                if source.shower(pythia, event):
                    run.showered += 1
                    run.negative += weight < 0
                    row = select_event(pythia.event, finder)
                    if row is not None and weight < 0:
                        run.negative_dropped += 1
                    elif row is not None:
                        run.rows.append(row)
                else:
                    run.failed += 1
                    _check_failures(run)
                done = run.showered + run.failed
                bar.to(done, f"{len(run.rows):,} selected")
                if done == max_events:
                    break
        _check_joined(weights, path)
    finally:
        reader.close()
        run.notes = reader.notes
        run.seconds = time.monotonic() - start
    return run


def _check_weights(run: TtbarjRun, weights: dict[int, Counter[float]], reader: LheReader) -> None:
    """Weighted events cannot become events of weight 1; a few exceptions are only counted."""
    n_events = sum(one.total() for one in weights.values())
    run.other_weight = n_events - sum(max(one.values()) for one in weights.values())
    if run.other_weight > PATIENCE + (1 - UNWEIGHTED_SHARE) * n_events:
        raise SimulationError(
            f"`{reader.path}`, event {reader.n_read + 1}: {run.other_weight} of {n_events} events "
            "have a |weight| of their own, expected unweighted events: unweight the file first"
        )


def _check_joined(weights: dict[int, Counter[float]], path: Path) -> None:
    """Joined files may differ a little: the weight is the cross section that each run has found."""
    usual = [one.most_common(1)[0][0] for one in weights.values()]
    if max(usual, default=1.0) > JOINED_WEIGHTS * min(usual, default=1.0):
        raise SimulationError(
            f"`{path}`: the files that were joined have |weights| of "
            f"{', '.join(f'{value:g}' for value in usual)}, and here all events count the same: "
            "convert each file for itself"
        )


def _check_failures(run: TtbarjRun) -> None:
    if run.failed > PATIENCE and run.failed > run.showered:
        raise SimulationError(
            f"Pythia could not shower {run.failed} of {run.failed + run.showered} events: "
            "are energies, colours and masses of the file right?"
        )


def generate_tree_level(
    n_events: int, *, seed: int = 1, progress: bool = True, into: TtbarjRun | None = None
) -> TtbarjRun:
    """Makes tt̄ at tree level with Pythia; the extra jet comes from the shower.

    Renormalisation and factorisation scale, and thus the start of the shower, are sqrt(sHat).

    Args:
        n_events: number of selected events.
        seed: of the random numbers, from 1 to 900 million.
        progress: whether progress is shown on stdout.
        into: is filled and returned; after an interruption it holds what was made before it.

    Returns:
        Selected events and counters.

    Raises:
        SimulationError: if an argument is out of range or Pythia fails.
        MissingExtraError: if Pythia is not installed.
    """
    if n_events < 1:
        raise SimulationError(f"`n_events` must be at least 1, got {n_events}")
    run = TtbarjRun() if into is None else into
    start = time.monotonic()
    pythia = _pythia(TREE_LEVEL_SETTINGS, seed)
    finder = make_jet_finder()
    try:
        with Progress(n_events, "tt̄ at tree level", show=progress) as bar:
            while len(run.rows) < n_events:
                if not pythia.next():
                    run.failed += 1
                    _check_failures(run)
                    continue
                run.showered += 1
                row = select_event(pythia.event, finder)
                if row is not None:
                    run.rows.append(row)
                    bar.to(len(run.rows))
    finally:
        run.seconds = time.monotonic() - start
    return run
