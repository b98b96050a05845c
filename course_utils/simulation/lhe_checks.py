"""What must be true of an event of a Les Houches file before it is showered."""

import math
from collections import Counter
from typing import Any

INCOMING, FINAL = -1, 1
STATUSES = (-9, -2, INCOMING, FINAL, 2, 3)
LEPTONS = {11: "e", 12: "nu_e", 13: "mu", 14: "nu_mu", 15: "tau", 16: "nu_tau"}
MOMENTUM_TOLERANCE = 1e-4  # of the total energy: files have seven digits or more


def check_numbers(event: Any) -> None:
    """Are all numbers finite, statuses and mothers possible, and is momentum conserved?

    Args:
        event: `pylhe.LHEEvent`.

    Raises:
        ValueError: says what is wrong.
    """
    info, particles = event.eventinfo, event.particles
    if not all(map(math.isfinite, (info.weight, info.scale, info.aqed, info.aqcd))):
        raise ValueError("weight, scale or couplings are not finite")
    count = len(particles)
    for k, p in enumerate(particles, start=1):
        if not all(map(math.isfinite, (p.px, p.py, p.pz, p.e, p.m, p.lifetime, p.spin))):
            raise ValueError(f"particle {k} has a number that is not finite")
        if p.status not in STATUSES:
            raise ValueError(f"particle {k} has status {p.status}, expected one of {STATUSES}")
        if not (0 <= p.mother1 <= count and 0 <= p.mother2 <= count) or k in (p.mother1, p.mother2):
            raise ValueError(f"particle {k} has mothers {p.mother1}, {p.mother2} of {count}")
    incoming = [p for p in particles if p.status == INCOMING]
    final = [p for p in particles if p.status == FINAL]
    if len(incoming) != 2 or not final:
        raise ValueError(f"{len(incoming)} incoming, {len(final)} final particles, expected 2, > 0")
    energy = sum(p.e for p in incoming)
    for name in ("e", "px", "py", "pz"):
        missing = sum(getattr(p, name) for p in incoming) - sum(getattr(p, name) for p in final)
        if energy <= 0 or abs(missing) > MOMENTUM_TOLERANCE * energy:
            raise ValueError(f"{missing:.4g} GeV of {name} are lost between incoming and final")


def check_colours(event: Any) -> None:
    """Does each colour line have two ends?

    Args:
        event: `pylhe.LHEEvent`.

    Raises:
        ValueError: names a colour line that does not.
    """
    starts: Counter[int] = Counter()
    ends: Counter[int] = Counter()
    for p in event.particles:
        if p.status in (INCOMING, FINAL):
            colour, anticolour = p.color1, p.color2
            if p.status == INCOMING:
                colour, anticolour = anticolour, colour
            starts[colour] += 1
            ends[anticolour] += 1
    del starts[0], ends[0]
    for tag in sorted(starts | ends):
        if starts[tag] != 1 or ends[tag] != 1:
            raise ValueError(f"colour line {tag} is not closed")


def check_hadronic(event: Any) -> None:
    """Is this one top and one antitop, and no lepton?

    Args:
        event: `pylhe.LHEEvent`.

    Raises:
        ValueError: says what there is instead.
    """
    ids = [p.id for p in event.particles]
    for name, ident in (("top quark", 6), ("top antiquark", -6)):
        if ids.count(ident) != 1:
            raise ValueError(f"{ids.count(ident)} {name}s, expected 1")
    leptons = sorted({LEPTONS[abs(i)] for i in ids if abs(i) in LEPTONS})
    if leptons:
        raise ValueError(f"not all-hadronic, it has leptons ({', '.join(leptons)})")
