"""Chunks of Drell-Yan events: what a worker process does. Imports little, as each one must."""

import signal
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.simulation.errors import SimulationError, require

CHUNK_TRIED = 20_000  # part of the recipe: another value gives other (equally good) events
MAX_SEED = 900_000_000  # the largest that Pythia takes

SETTINGS = (
    "Beams:eCM = 13000.",
    "WeakSingleBoson:ffbar2gmZ = on",
    "WeakZ0:gmZmode = 2",  # Z only, no photon and no interference
    "23:onMode = off",
    "23:onIfAny = 13",  # Z -> mu- mu+
    "PhaseSpace:mHatMin = 40.",
    "PartonLevel:all = off",
    "Check:event = off",  # costs time and changes nothing
    "Print:quiet = on",
    "Random:setSeed = on",
)
MU_MINUS, MU_PLUS = 6, 7  # rows of `pythia.process`: 0-2 beams, 3-4 quarks, 5 Z, 6-7 muons


class Cuts(NamedTuple):
    """Both muons have pT above `pt` [GeV] and |eta| below `eta`."""

    pt: float
    eta: float


@dataclass(frozen=True)
class Chunk:
    """Selected events of one chunk and what they cost.

    Attributes:
        events: float32 `(n, 4)`: pT and eta of the mu-, eta of the mu+, phi of the mu-.
        tried_at: `(n,)`, number of events tried up to and including each selected one.
        cpu_seconds: time spent in the loop.
    """

    events: NDArray[np.float32]
    tried_at: NDArray[np.int64]
    cpu_seconds: float


def ignore_interrupt() -> None:
    """Ctrl-C goes to the main process, which ends the workers in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def chunk_seed(seed: int, index: int) -> int:
    """Pythia's random seed of a chunk.

    Args:
        seed: of the run, not negative.
        index: number of the chunk, not negative.

    Returns:
        A number from 1 to `MAX_SEED`.

    Example:
        >>> chunk_seed(1, 0) == chunk_seed(1, 0), chunk_seed(1, 0) == chunk_seed(1, 1)
        (True, False)
    """
    (state,) = np.random.SeedSequence((seed, index)).generate_state(1, np.uint64)
    return int(state % MAX_SEED) + 1


@lru_cache(maxsize=1)
def _generator(seed: int) -> Any:
    """One initialised generator per process. Chunks only set its random numbers anew: what the
    initialisation found (the maximum of the cross section) is the same in every process."""
    pythia = require("pythia8mc").Pythia("", False)
    for line in (*SETTINGS, f"Random:seed = {seed % MAX_SEED + 1}"):
        if not pythia.readString(line):
            raise SimulationError(f"Pythia does not know the setting `{line}`")
    if not pythia.init() or not pythia.next():
        raise SimulationError("Pythia could not be initialised for Drell-Yan events")
    return pythia


def make_chunk(seed: int, index: int, cuts: Cuts, n_tried: int = CHUNK_TRIED) -> Chunk:
    """Tries `n_tried` events and selects those within the cuts.

    The loop is the hot spot of the package. A call from Python into Pythia costs about as much as
    a twentieth of an event, hence: particles are looked up once (their rows in `process` are
    reused by each event, which is checked), and each event is dropped at the first cut it fails.

    Args:
        seed: of the run.
        index: number of the chunk.
        cuts: of the selection.
        n_tried: number of events to try.

    Returns:
        The selected events in the order in which they were made.

    Raises:
        SimulationError: if Pythia fails or its events have another layout than expected.
    """
    pythia = _generator(seed)
    pythia.rndm.init(chunk_seed(seed, index))
    process = pythia.process
    minus, plus = process[MU_MINUS], process[MU_PLUS]
    make, eta_minus, eta_plus = pythia.next, minus.eta, plus.eta
    pt, phi = minus.pT, minus.phi
    pt_cut, eta_cut = cuts
    values: list[float] = []
    add = values.append
    start = time.process_time()
    for tried in range(1, n_tried + 1):
        if (
            make()
            and -eta_cut < (eta_1 := eta_minus()) < eta_cut
            and -eta_cut < (eta_2 := eta_plus()) < eta_cut
            and (pt_1 := pt()) > pt_cut
        ):
            add(pt_1)
            add(eta_1)
            add(eta_2)
            add(phi())
            add(tried)
    cpu_seconds = time.process_time() - start
    _check_rows(process, minus, plus)
    table = np.array(values).reshape(-1, 5)
    events = table[:, :4].astype(np.float32)
    # rounding to float32 can move an event onto a cut, where log(pT - cut) is infinite
    inside = (events[:, 0] > pt_cut) & (np.abs(events[:, 1:3]) < eta_cut).all(axis=1)
    return Chunk(events[inside], table[inside, 4].astype(np.int64), cpu_seconds)


def _check_rows(process: Any, minus: Any, plus: Any) -> None:
    """Are the two particles still the muons of the last event, back to back?"""
    same = process[MU_MINUS] is minus and process[MU_PLUS] is plus
    muons = process.size() == MU_PLUS + 1 and minus.id() == 13 and plus.id() == -13
    if not (same and muons and abs(minus.px() + plus.px()) < 1e-6 * minus.e()):
        raise SimulationError(
            f"rows {MU_MINUS} and {MU_PLUS} of Pythia's process are not a balanced muon pair: "
            "this needs the pinned version,  pip install -e '.[simulation]'"
        )
