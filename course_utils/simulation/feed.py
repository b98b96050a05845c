"""Hands events to Pythia one by one, from memory."""

from typing import Any

from course_utils.simulation.errors import require

UNIT_WEIGHTS = 3  # Les Houches strategy: each event is showered once, as it is
WEIGHT = 1.0  # the sign is the caller's business


def make_source(init: Any) -> Any:
    """A `pythia8mc.LHAup` that takes single events.

    Args:
        init: `pylhe.LHEInit` with beams and processes.

    Returns:
        An object with `shower(pythia, event) -> bool`: showers a `pylhe.LHEEvent` with the
        initialised `pythia`, whose source it must be; False where Pythia fails.
    """

    class Source(require("pythia8mc").LHAup):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(UNIT_WEIGHTS)
            self._event: Any = None

        def shower(self, pythia: Any, event: Any) -> bool:
            self._event = event
            return bool(pythia.next())

        def setInit(self) -> bool:  # noqa: N802 (Pythia's name)
            info = init.initInfo
            self.setBeamA(info.beamA, info.energyA)
            self.setBeamB(info.beamB, info.energyB)
            self.setStrategy(UNIT_WEIGHTS)
            for process in init.procInfo:
                self.addProcess(process.procId, process.xSection, process.error, WEIGHT)
            return True

        def setEvent(self, _process: int = 0) -> bool:  # noqa: N802 (Pythia's name)
            event, self._event = self._event, None
            if event is None:  # Pythia gave the event up and asks for another: there is none
                return False
            info = event.eventinfo
            self.setProcess(info.pid, WEIGHT, info.scale, info.aqed, info.aqcd)
            for p in event.particles:
                self.addParticle(
                    p.id, p.status, p.mother1, p.mother2, p.color1, p.color2,
                    p.px, p.py, p.pz, p.e, p.m, p.lifetime, p.spin, -1.0,
                )  # fmt: skip
            a, b = (p for p in event.particles if p.status == -1)
            beams = init.initInfo
            self.setIdX(a.id, b.id, a.e / beams.energyA, b.e / beams.energyB)
            return True

    return Source()
