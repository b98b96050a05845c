"""Les Houches event files: read line by line, each event checked before anything uses it.

Files of POWHEG and MadGraph have headers that are no XML, which is why the blocks are cut out
here; their contents are parsed by pylhe. An event that passes these checks is well-formed: Pythia
never sees another one.
"""

import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from course_utils.simulation.errors import SimulationError, require
from course_utils.simulation.lhe_checks import check_colours, check_hadronic, check_numbers

PROTON = 2212
GZIP_MAGIC = b"\x1f\x8b"
END_TAG = "</LesHouchesEvents>"
READ_ERRORS = (EOFError, OSError, zlib.error)
TRUNCATED = "copy or unpack the file again; the events before it are good"


def _open(path: Path) -> BinaryIO:
    """The file's bytes, unpacked if it is packed (whatever its name says)."""
    if not path.is_file():
        raise SimulationError(
            f"no file `{path}`: give the name of a Les Houches file, packed or not"
        )
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP_MAGIC
        return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")
    except OSError as error:
        raise SimulationError(f"`{path}` cannot be read: {error.strerror or error}") from error


def count_events(path: Path) -> int:
    """Number of events that begin in a file, for the time left; damage is left to the reader.

    Args:
        path: Les Houches file, gzip-packed or not.

    Returns:
        The number of lines that open an event, up to where the file can be read.
    """
    n_events = 0
    with _open(path) as file:
        try:
            for line in file:
                n_events += line.lstrip().startswith(b"<event")
        except READ_ERRORS:
            pass
    return n_events


class LheReader:
    """Iterates over the events of a Les Houches file.

    Args:
        path: file, gzip-packed or not.

    Attributes:
        init: `pylhe.LHEInit`: beams and processes.
        n_read: number of good events so far; the one at fault is the next.

    Raises:
        SimulationError: here if the file is missing, empty or has no valid beginning; on iteration
            if an event is malformed, not all-hadronic tt̄, or if the file ends too early. The
            message holds the number of the event, which starts at 1.
    """

    def __init__(self, path: Path) -> None:
        self._pylhe = require("pylhe")
        self.path = path
        self.n_read = 0
        self._file = _open(path)
        self._closed = False
        self._lines = self._read_lines()
        try:
            self.init = self._read_init()
        except BaseException:
            self._file.close()
            raise

    def _read_lines(self) -> Iterator[str]:
        try:
            for line in self._file:
                yield line.decode("latin-1").strip()
        except READ_ERRORS as error:
            raise SimulationError(
                f"`{self.path}` is cut short or damaged in event {self.n_read + 1} "
                f"({error}): {TRUNCATED}"
            ) from error

    def _read_init(self) -> Any:
        first = next((line for line in self._lines if line), None)
        if first is None:
            raise SimulationError(f"`{self.path}` is empty: was it copied completely?")
        if not first.startswith(("<LesHouchesEvents", "<?xml")):
            raise SimulationError(
                f"`{self.path}` is no Les Houches file: it must begin with <LesHouchesEvents>, "
                f"got {first[:40]!r}"
            )
        block: list[str] | None = None
        for line in self._lines:
            if line.startswith(("<event", END_TAG)):
                break
            if block is not None and line.startswith("</init>"):
                return self._parse_init(block)
            if block is not None:
                block.append(line)
            elif line.startswith("<init"):
                block = []
        raise SimulationError(
            f"`{self.path}` has no complete <init> block before its first event: "
            "was it copied completely?"
        )

    def _parse_init(self, block: list[str]) -> Any:
        lines = [line for line in block if line and line[0] not in "#<"]
        try:
            info = self._pylhe.LHEInitInfo.fromstring(lines[0])
            n_processes = int(info.numProcesses)
            lines = lines[1 : n_processes + 1]
            processes = [self._pylhe.LHEProcInfo.fromstring(line) for line in lines]
            if len(processes) != n_processes or n_processes < 1:
                raise ValueError(f"{n_processes} processes announced, {len(processes)} given")
            energies = (info.energyA, info.energyB)
            if not all(math.isfinite(energy) and energy > 0 for energy in energies):
                raise ValueError(f"beam energies {energies}")
            if (info.beamA, info.beamB) != (PROTON, PROTON):
                raise ValueError(
                    f"beams {info.beamA} and {info.beamB}, expected protons ({PROTON})"
                )
        except (ValueError, IndexError, OverflowError) as error:
            raise SimulationError(
                f"`{self.path}`: malformed <init> block ({error}): make the file again"
            ) from error
        return self._pylhe.LHEInit(initInfo=info, procInfo=processes, generators=[])

    def __iter__(self) -> Iterator[Any]:
        """Yields each event as a `pylhe.LHEEvent`."""
        block: list[str] | None = None
        for line in self._lines:
            if line.startswith("<event") and line[6:7] in (">", " "):
                if block is not None:
                    raise self._malformed("the next event begins before this one ends")
                block = []
            elif line.startswith(("</event>", END_TAG)):
                if line.startswith(END_TAG):
                    if block is not None:
                        raise self._malformed("the file ends before this event does")
                    self._closed = True
                    break
                if block is None:
                    raise self._malformed("</event> without <event>")
                yield self._parse_event(block)
                self.n_read += 1
                block = None
            elif block is not None:
                block.append(line)
        if not self._closed:
            where = f"after event {self.n_read}" if block is None else f"in event {self.n_read + 1}"
            raise SimulationError(f"`{self.path}` ends {where}, without {END_TAG}: {TRUNCATED}")
        if self.n_read == 0:
            raise SimulationError(f"`{self.path}` has no events: was the generator stopped early?")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _malformed(self, what: str) -> SimulationError:
        return SimulationError(
            f"`{self.path}`, event {self.n_read + 1} is malformed: {what}. "
            "Make the file again, or cut it off before this event (end it with "
            f"{END_TAG}); the events before it are good"
        )

    def _parse_event(self, block: list[str]) -> Any:
        lines = [line for line in block if line]
        try:
            info = self._pylhe.LHEEventInfo.fromstring(lines[0])
            count = info.nparticles
            body = lines[1 : count + 1]
            given = next((k for k, line in enumerate(body) if line[0] in "#<"), len(body))
            if given != count:
                raise ValueError(f"{count} particles announced, {given} given")
            if len(lines) > count + 1 and lines[count + 1][0] not in "#<":
                raise ValueError(f"{count} particles announced, more given")
            particles = [self._pylhe.LHEParticle.fromstring(line) for line in body]
            event = self._pylhe.LHEEvent(eventinfo=info, particles=particles)
            check_numbers(event)
            check_colours(event)
        except IndexError:
            raise self._malformed("a line has too few numbers") from None
        except (ValueError, OverflowError) as error:
            raise self._malformed(str(error)) from None
        try:
            check_hadronic(event)
        except ValueError as error:
            raise SimulationError(
                f"`{self.path}`, event {self.n_read + 1}: {error}; this selection "
                "is for tt̄ (+ jets) with both W bosons decaying to quarks: generate only those"
            ) from None
        return event
