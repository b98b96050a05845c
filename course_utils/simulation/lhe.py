"""Les Houches event files: read line by line, each event checked before anything uses it.

Files of POWHEG and MadGraph have headers that are no XML, which is why the blocks are cut out
here; their contents are parsed by pylhe. An event that passes these checks is well-formed: Pythia
never sees another one.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from course_utils.simulation.errors import SimulationError, require
from course_utils.simulation.lhe_checks import check_hadronic
from course_utils.simulation.lhe_outside import Outside, announced
from course_utils.simulation.lhe_parse import parse_event, parse_init

GZIP_MAGIC = b"\x1f\x8b"
PACKED = "\x8b\x08"  # how a packed line begins, stripped
BEGIN_TAG = "<LesHouchesEvents"
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
    """Iterates over the events of a Les Houches file, or of several that were joined to one.

    Args:
        path: file, gzip-packed or not.

    Attributes:
        init: `pylhe.LHEInit`: beams and processes, of the first part.
        n_read: number of good events so far; the one at fault is the next.
        part: which of the joined files is being read, from 1 on.
        notes: what a reader of the result should know: parts, text that was left out, events that
            a header announces and that are not there.

    Raises:
        SimulationError: here if the file is missing, empty or has no valid beginning; on iteration
            if an event is malformed, not all-hadronic tt̄, if a part ends too early, or if parts do
            not go together. The message holds the number of the event, which starts at 1.
    """

    def __init__(self, path: Path) -> None:
        self._pylhe = require("pylhe")
        self.path = path
        self.n_read = 0
        self.part = 1
        self.notes: list[str] = []
        self._outside = Outside()
        self._announced: int | None = None
        self._before = 0
        self._file = _open(path)
        self._lines = self._read_lines()
        try:
            first = next((line for line in self._lines if line), None)
            if first is None:
                raise SimulationError(f"`{path}` is empty: was it copied completely?")
            self.init = self._read_init(first)
        except BaseException:
            self._file.close()
            raise

    def _read_lines(self) -> Iterator[str]:
        try:
            for line in self._file:
                text = line.decode("latin-1").strip()
                while END_TAG in text and text != END_TAG:  # joined where no line end was
                    head, _, text = text.partition(END_TAG)
                    yield from filter(None, (head.rstrip(), END_TAG))
                    text = text.lstrip()
                yield text
        except READ_ERRORS as error:
            raise SimulationError(
                f"`{self.path}` is cut short or damaged in event {self.n_read + 1} "
                f"({error}): {TRUNCATED}"
            ) from error

    def _read_init(self, first: str) -> Any:
        """The beginning of a part, from its first line to the end of its <init> block."""
        if not first.startswith((BEGIN_TAG, "<?xml")):
            raise SimulationError(
                f"`{self.path}` is no Les Houches file: it must begin with <LesHouchesEvents>, "
                f"got {first[:40]!r}"
            )
        block: list[str] | None = None
        for line in self._lines:
            if line.startswith(("<event", END_TAG)):
                break
            if block is None:
                said = announced(line)
                self._announced = self._announced if said is None else said
            if block is not None and line.startswith("</init>"):
                try:
                    return parse_init(self._pylhe, block)
                except (ValueError, IndexError, OverflowError) as error:
                    raise SimulationError(
                        f"`{self.path}`{self._where()}: malformed <init> block ({error}): "
                        "make the file again"
                    ) from error
            if block is not None:
                block.append(line)
            elif line.startswith("<init"):
                block = []
        raise SimulationError(
            f"`{self.path}`{self._where()} has no complete <init> block before its first event: "
            "was it copied completely?"
        )

    def __iter__(self) -> Iterator[Any]:
        """Yields each event as a `pylhe.LHEEvent`."""
        block: list[str] | None = None
        for line in self._lines:
            if self._outside.in_comment and block is None:
                self._look(line)
            elif line.startswith("<event") and line[6:7] in (">", " ", "\t"):
                if block is not None:
                    raise self._malformed("the next event begins before this one ends")
                block = []
            elif line.startswith("</event>"):
                if block is None:
                    raise self._malformed("</event> without <event>")
                yield self._parse_event(block)
                self.n_read += 1
                block = None
            elif line.startswith((END_TAG, BEGIN_TAG)):
                if block is not None:
                    raise self._malformed("the file ends before this event does")
                if line.startswith(BEGIN_TAG):
                    raise self._cut_short("after", self.n_read)
                self._end_part()
                if not self._next_part():
                    break
            elif block is not None:
                block.append(line)
            else:
                self._look(line)
        else:
            place = ("after", self.n_read) if block is None else ("in", self.n_read + 1)
            raise self._cut_short(*place)
        if self.n_read == 0:
            raise SimulationError(f"`{self.path}` has no events: was the generator stopped early?")
        if self.part > 1:
            self.notes.insert(0, f"{self.part} Les Houches files were joined: all were read")

    def _cut_short(self, how: str, event: int) -> SimulationError:
        return SimulationError(
            f"`{self.path}`{self._where()} ends {how} event {event}, without {END_TAG}: {TRUNCATED}"
        )

    def _where(self) -> str:
        return f", part {self.part} of joined files," if self.part > 1 else ""

    def _look(self, line: str) -> None:
        try:
            self._outside.look(line)
        except ValueError as error:
            raise self._malformed(str(error)) from None

    def _end_part(self) -> None:
        """Notes what was left out and what is missing of the part that ends."""
        n_events = self.n_read - self._before
        self._outside.end(f"part {self.part}" if self.part > 1 else "between events")
        if self._announced not in (None, n_events):
            self._outside.notes.append(
                f"the header of part {self.part} announces {self._announced:,} events, "
                f"{n_events:,} are there"
            )
        self.notes = self._outside.notes
        self._before, self._announced = self.n_read, None

    def _next_part(self) -> bool:
        """Goes on to the next of joined files, if there is one."""
        for line in self._lines:
            if line.startswith((BEGIN_TAG, "<?xml")):
                self._outside.end(f"after part {self.part}")
                self.part += 1
                self._check_goes_with(self._read_init(line))
                return True
            if line.startswith(PACKED):
                raise SimulationError(
                    f"`{self.path}`: after event {self.n_read} packed data follow what is not "
                    "packed: unpack both files, then join them; the events before are good"
                )
            if line.startswith("<event"):
                raise self._malformed(f"{line[:40]!r} stands after {END_TAG}")
            self._look(line)
        self._outside.end(f"after the last {END_TAG}")
        return False

    def _check_goes_with(self, init: Any) -> None:
        """Events of all parts are showered with the beams and processes of the first."""
        ours, theirs = (
            (one.initInfo.energyA, one.initInfo.energyB, sorted(p.procId for p in one.procInfo))
            for one in (self.init, init)
        )
        if ours != theirs:
            raise SimulationError(
                f"`{self.path}`{self._where()} has other beams or processes than the first "
                f"(energies and numbers {theirs}, expected {ours}): convert each file for itself; "
                f"the {self.n_read} events before it are good"
            )

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
        try:
            event = parse_event(self._pylhe, block)
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
