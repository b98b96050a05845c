"""From a showered tt̄ event to seven matched jets.

Final partons with \\|eta\\| < 5 are clustered to anti-kT jets (arXiv:0802.1189) of R = 0.4 by
Pythia's SlowJet, which reads the event where it is: through the `fastjet` package the same jets
take ten times as long, most of it for copying particles. Each of the six decay quarks must have a
jet of its own; the hardest other jet is j.
"""

import math
from typing import Any

from course_utils.simulation.errors import SimulationError, require

JET_RADIUS = 0.4
PARTICLE_ETA = 5.0  # final partons that are clustered
JET_PT = 20.0  # GeV, every jet
JET_ETA = 4.5  # pseudorapidity, every jet
EXTRA_JET_PT = 30.0  # GeV, j
MATCH_DELTA_R = 0.4  # quark to jet, in (rapidity, azimuth)
N_JETS = 7

ANTI_KT, FINAL_VISIBLE, TRUE_MASSES = -1, 2, 2  # SlowJet's codes


def make_jet_finder() -> Any:
    """A `pythia8mc.SlowJet` for anti-kT jets of R = 0.4 and pT > 20 GeV."""
    # SlowJet's own code (last argument), not its copy of FastJet: the same jets, without a banner
    # on stdout
    return require("pythia8mc").SlowJet(
        ANTI_KT, JET_RADIUS, JET_PT, PARTICLE_ETA, FINAL_VISIBLE, TRUE_MASSES, None, False
    )


def decay_quarks(event: Any) -> list[Any]:
    """The six decay quarks, before their own shower.

    Tops and W bosons are followed to their last copy, after all recoil of the shower.

    Args:
        event: Pythia's event record.

    Returns:
        Particles in the order of a row: b, q, qbar' of the top, then of the antitop; of a W's
        quarks the up-type one comes first.

    Raises:
        SimulationError: if the event is not a top pair with quarks only.
    """
    quarks: list[Any] = []
    for ident in (6, -6):
        top = next((p for p in event if p.id() == ident), None)
        if top is None:
            raise SimulationError("the showered event has no top pair")
        top = event[top.iBotCopyId()]
        children = [event[k] for k in top.daughterList()]
        w = next((p for p in children if p.idAbs() == 24), None)
        if w is None:  # MadGraph leaves out a W that is far off its mass shell
            b = next((p for p in children if p.id() * ident == 30), None)
            pair = [p for p in children if p is not b]
        else:
            w = event[w.iBotCopyId()]
            b = next((p for p in children if p.idAbs() != 24), None)
            pair = [event[k] for k in w.daughterList()]
        if b is None or len(pair) != 2 or max(p.idAbs() for p in (b, *pair)) > 5:
            raise SimulationError("the showered event has a top that does not decay to quarks")
        pair.sort(key=lambda p: p.idAbs() % 2)
        quarks += [b, *pair]
    return quarks


def select_event(event: Any, finder: Any) -> list[float] | None:
    """The seven jets of an event, or None where it fails the selection.

    Args:
        event: Pythia's event record.
        finder: of `make_jet_finder`.

    Returns:
        28 numbers: (E, px, py, pz) in GeV of b1, q1, qbar'1, bbar2, qbar2, q'2, j; or None.

    Raises:
        SimulationError: if the event is not a top pair with quarks only.
    """
    finder.analyze(event)
    jets = [finder.p(k) for k in range(finder.sizeJet())]  # falling in pT
    jets = [jet for jet in jets if abs(jet.eta()) < JET_ETA]
    if len(jets) < N_JETS:
        return None
    places = [(jet.rap(), jet.phi()) for jet in jets]
    matched: list[int] = []
    for quark in decay_quarks(event):
        nearest = _nearest(quark.y(), quark.phi(), places)
        if nearest is None or nearest in matched:
            return None
        matched.append(nearest)
    extra = next(k for k in range(len(jets)) if k not in matched)
    if jets[extra].pT() < EXTRA_JET_PT:
        return None
    return [
        value
        for jet in (jets[k] for k in (*matched, extra))
        for value in (jet.e(), jet.px(), jet.py(), jet.pz())
    ]


def _nearest(y: float, phi: float, places: list[tuple[float, float]]) -> int | None:
    """Number of the place nearest to (y, phi), or None if none is within `MATCH_DELTA_R`.

    >>> _nearest(0.0, 3.1, [(0.0, 2.9), (0.0, -3.1)])
    1
    """
    best, best_distance = None, MATCH_DELTA_R
    for k, (jet_y, jet_phi) in enumerate(places):
        delta_phi = abs(phi - jet_phi)
        distance = math.hypot(y - jet_y, min(delta_phi, 2 * math.pi - delta_phi))
        if distance < best_distance:
            best, best_distance = k, distance
    return best
