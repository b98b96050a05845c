"""Blocks of a Les Houches file as pylhe's objects, checked."""

import math
from typing import Any

from course_utils.simulation.lhe_checks import check_colours, check_numbers

PROTON = 2212


def parse_init(pylhe: Any, block: list[str]) -> Any:
    """The lines between `<init>` and `</init>` as a `pylhe.LHEInit`.

    Args:
        pylhe: the package, which is an extra.
        block: stripped lines.

    Raises:
        ValueError: they are malformed, or the beams are no protons.
        IndexError: a line has too few numbers.
        OverflowError: a number is too large.
    """
    lines = [line for line in block if line and line[0] not in "#<"]
    info = pylhe.LHEInitInfo.fromstring(lines[0])
    n_processes = int(info.numProcesses)
    processes = [pylhe.LHEProcInfo.fromstring(line) for line in lines[1 : n_processes + 1]]
    if len(processes) != n_processes or n_processes < 1:
        raise ValueError(f"{n_processes} processes announced, {len(processes)} given")
    energies = (info.energyA, info.energyB)
    if not all(math.isfinite(energy) and energy > 0 for energy in energies):
        raise ValueError(f"beam energies {energies}")
    if (info.beamA, info.beamB) != (PROTON, PROTON):
        raise ValueError(f"beams {info.beamA} and {info.beamB}, expected protons ({PROTON})")
    return pylhe.LHEInit(initInfo=info, procInfo=processes, generators=[])


def parse_event(pylhe: Any, block: list[str]) -> Any:
    """The lines between `<event>` and `</event>` as a `pylhe.LHEEvent`.

    Raises:
        ValueError: they are malformed, or what they say is impossible.
        IndexError: a line has too few numbers.
        OverflowError: a number is too large.
    """
    lines = [line for line in block if line]
    info = pylhe.LHEEventInfo.fromstring(lines[0])
    count = info.nparticles
    body = lines[1 : count + 1]
    given = next((k for k, line in enumerate(body) if line[0] in "#<"), len(body))
    if given != count:
        raise ValueError(f"{count} particles announced, {given} given")
    if len(lines) > count + 1 and lines[count + 1][0] not in "#<":
        raise ValueError(f"{count} particles announced, more given")
    particles = [pylhe.LHEParticle.fromstring(line) for line in body]
    event = pylhe.LHEEvent(eventinfo=info, particles=particles)
    check_numbers(event)
    check_colours(event)
    return event
