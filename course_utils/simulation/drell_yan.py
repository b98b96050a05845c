r"""Drell-Yan events :math:`pp \to Z \to \mu^+\mu^-` at parton level with Pythia 8.

The muons are taken right after the hard scattering, before any shower. The pair then has no
transverse momentum, so that (pT, eta of the mu-, eta of the mu+, phi of the mu-) describes an
event completely once the muon mass is fixed.

Events come in chunks of 20,000 tried events. Each has a random seed of its own, drawn from the
run's seed and the chunk's number, so that the result is the same, bit by bit, however many
processes share the work.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from course_utils.data import ETA_CUT, PT_CUT
from course_utils.simulation.chunks import CHUNK_TRIED, Chunk, Cuts, ignore_interrupt, make_chunk
from course_utils.simulation.errors import SimulationError, require
from course_utils.simulation.output import Progress

CUTS = Cuts(PT_CUT, ETA_CUT)
CHUNK_SELECTED = 9_000  # about so many of a chunk pass the cuts


@dataclass(frozen=True)
class DrellYanRun:
    """Events and counters of `generate_drell_yan`.

    Attributes:
        events: float32 `(n_events, 4)`: pT of the mu- [GeV], eta of the mu-, eta of the mu+,
            phi of the mu- [rad].
        n_tried: events that Pythia made until the last selected one.
        cpu_seconds: time of all cores together in the event loops, start-up left out.
        n_tried_timed: events made in that time (the last chunk's surplus included).
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


@contextmanager
def _hidden_main() -> Iterator[None]:
    """Keeps new workers from importing the program that starts them.

    They need this package only, and a command line may import for seconds.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _chunks(seed: int, workers: int) -> Generator[Chunk]:
    """Chunks 0, 1, 2, ... in order, made by `workers` processes; endless."""
    if workers == 1:
        for index in count():
            yield make_chunk(seed, index, CUTS)
    with ProcessPoolExecutor(workers, get_context("spawn"), ignore_interrupt) as pool:
        waiting: deque[Future[Chunk]] = deque()
        try:
            for index in count():
                with _hidden_main():
                    waiting.append(pool.submit(make_chunk, seed, index, CUTS))
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
    workers = min(workers, 1 + n_events // CHUNK_SELECTED)
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
