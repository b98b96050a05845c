r"""Drell-Yan events :math:`pp \to Z \to \mu^+\mu^-` at parton level with Pythia 8.

The muons are taken right after the hard scattering, before any shower. The pair then has no
transverse momentum, so that (pT, eta of the mu-, eta of the mu+, phi of the mu-) describes an
event completely once the muon mass is fixed.

Events come in chunks of `CHUNK_TRIED` tried events. Each has a random seed of its own, drawn from
the run's seed and the chunk's number, so that the result is the same, bit by bit, however many
processes share the work.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_utils.data import ETA_CUT, PT_CUT
from course_utils.simulation.errors import SimulationError, require
from course_utils.simulation.output import Progress

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


@dataclass(frozen=True)
class Chunk:
    """Selected events of one chunk, `(n, 4)` float32, and what they cost."""

    events: NDArray[np.float32]
    tried_at: NDArray[np.int64]  # number of events tried up to and including each selected one
    cpu_seconds: float


@dataclass(frozen=True)
class DrellYanRun:
    """Events and counters of `generate_drell_yan`.

    Attributes:
        events: float32 `(n_events, 4)`: pT of the mu- [GeV], eta of the mu-, eta of the mu+,
            phi of the mu- [rad].
        n_tried: events that Pythia made until the last selected one.
        cpu_seconds: time of all cores together in the event loops, start-up left out.
        n_tried_timed: events made in that time (the last chunks' surplus included).
        seconds: wall time of the whole run.
    """

    events: NDArray[np.float32]
    n_tried: int
    cpu_seconds: float
    n_tried_timed: int
    seconds: float

    @property
    def efficiency(self) -> float:
        """Selected over tried events."""
        return len(self.events) / self.n_tried

    @property
    def tried_per_second(self) -> float:
        """Tried events per second and core, without start-up."""
        return self.n_tried_timed / self.cpu_seconds


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


def make_chunk(seed: int, index: int, n_tried: int = CHUNK_TRIED) -> Chunk:
    """Tries `n_tried` events and selects those within the cuts.

    The loop is the hot spot of the package. A call from Python into Pythia costs about as much as
    a thirtieth of an event, hence: particles are looked up once (their rows in `process` are
    reused by each event, which is checked), and each event is dropped at the first cut it fails.

    Args:
        seed: of the run.
        index: number of the chunk.
        n_tried: number of events to try.

    Returns:
        The selected events in the order in which they were made.
    """
    pythia = _generator(seed)
    pythia.rndm.init(chunk_seed(seed, index))
    process = pythia.process
    minus, plus = process[MU_MINUS], process[MU_PLUS]
    make, eta_minus, eta_plus = pythia.next, minus.eta, plus.eta
    pt, phi = minus.pT, minus.phi
    values: list[float] = []
    add = values.append
    start = time.process_time()
    for tried in range(1, n_tried + 1):
        if (
            make()
            and -ETA_CUT < (eta_1 := eta_minus()) < ETA_CUT
            and -ETA_CUT < (eta_2 := eta_plus()) < ETA_CUT
            and (pt_1 := pt()) > PT_CUT
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
    inside = (events[:, 0] > PT_CUT) & (np.abs(events[:, 1:3]) < ETA_CUT).all(axis=1)
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


def _ignore_interrupt() -> None:
    """Ctrl-C goes to the main process, which ends the workers in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _chunks(seed: int, workers: int) -> Generator[Chunk]:
    """Chunks 0, 1, 2, ... in order, made by `workers` processes; endless."""
    if workers == 1:
        for index in count():
            yield make_chunk(seed, index)
    with ProcessPoolExecutor(workers, get_context("spawn"), _ignore_interrupt) as pool:
        waiting: deque[Future[Chunk]] = deque()
        try:
            for index in count():
                waiting.append(pool.submit(make_chunk, seed, index))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def generate_drell_yan(
    n_events: int, seed: int, *, workers: int | None = None, progress: bool = True
) -> DrellYanRun:
    """Makes exactly `n_events` selected Drell-Yan events.

    Args:
        n_events: number of events with both muons at pT > 10 GeV and |eta| < 2.5.
        seed: of the random numbers, not negative. Equal seeds give equal events, and fewer events
            are the first ones of more.
        workers: number of processes; default: all cores. The events do not depend on it.
        progress: whether progress is shown on stdout.

    Returns:
        Events and counters.

    Raises:
        SimulationError: if an argument is out of range or Pythia fails.
        MissingExtraError: if Pythia is not installed.
    """
    workers = available_cores() if workers is None else workers
    limits = (("n_events", n_events, 1), ("seed", seed, 0), ("workers", workers, 1))
    for name, value, least in limits:
        if value < least:
            raise SimulationError(f"`{name}` must be at least {least}, got {value}")
    require("pythia8mc")  # says what is missing here, rather than in a worker
    start = time.monotonic()
    parts: list[NDArray[np.float32]] = []
    n_done = n_tried = n_tried_timed = 0
    cpu_seconds = 0.0
    chunks = _chunks(seed, workers)
    try:
        with Progress(n_events, "Drell-Yan", show=progress) as bar:
            for chunk in chunks:
                part = chunk.events[: n_events - n_done]
                parts.append(part)
                n_done += len(part)
                cpu_seconds += chunk.cpu_seconds
                n_tried_timed += CHUNK_TRIED
                bar.to(n_done)
                if n_done == n_events:
                    n_tried += int(chunk.tried_at[len(part) - 1])
                    break
                n_tried += CHUNK_TRIED
    except BrokenProcessPool as error:
        raise SimulationError(
            "a worker process died (out of memory?): try again with --workers 1"
        ) from error
    finally:
        chunks.close()
    events = np.concatenate(parts)
    return DrellYanRun(events, n_tried, cpu_seconds, n_tried_timed, time.monotonic() - start)
