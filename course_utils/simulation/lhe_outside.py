"""What stands in a Les Houches file outside of its events, so that nothing is lost in silence."""

import re

_ANNOUNCED = re.compile(
    r"(?:#\s*)?(?:numevts|nevents|number of events)\s*[:=]?\s*([\d.]+(?:[ed]\+?\d+)?)\b"
    r"|([\d.]+(?:[ed]\+?\d+)?)\s*=\s*nevents\b",
    re.IGNORECASE,
)
_EVENT_TAG = re.compile(r"</?event(?![a-z])", re.IGNORECASE)
_NUMBERS = re.compile(r"(?:[-+]?[\d.]+(?:[ed][-+]?\d+)?\s*){6,}", re.IGNORECASE)


def announced(line: str) -> int | None:
    """Number of events that a line of a header announces, as POWHEG and MadGraph write it.

    Example:
        >>> announced("numevts 400000  ! of this run"), announced("10000 = nevents")
        (400000, 10000)
        >>> announced("#  Number of Events        :       2000"), announced("iseed 3")
        (2000, None)
    """
    match = _ANNOUNCED.match(line)
    if match is None:
        return None
    try:
        return int(float((match[1] or match[2]).lower().replace("d", "e")))
    except (ValueError, OverflowError):
        return None


class Outside:
    """Looks at the lines between events, one after the other.

    Attributes:
        notes: what was left out, as sentences.
        in_comment: whether the next line is within a comment.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.in_comment = False
        self._hidden = 0
        self._texts = 0
        self._first = ""

    def look(self, line: str) -> None:
        """Takes a line that belongs to no event.

        Raises:
            ValueError: it is a part of an event; says which.
        """
        if self.in_comment or line.startswith("<!--"):
            self._hidden += bool(_EVENT_TAG.match(line) and not line.startswith("</"))
            self.in_comment = "-->" not in line
        elif _EVENT_TAG.match(line):
            raise ValueError(f"{line[:40]!r} is no tag of an event: expected <event> or </event>")
        elif _NUMBERS.fullmatch(line):
            raise ValueError("numbers stand outside of <event> and </event>: is a tag lost?")
        elif line and line[0] not in "#<\0":
            self._texts += 1
            self._first = self._first or line[:40]

    def end(self, where: str) -> None:
        """Sums up what was seen since the last time.

        Args:
            where: names the place, to begin a sentence.
        """
        if self._hidden:
            self.notes.append(
                f"{where}: {self._hidden} events stand in comments: they are left out"
            )
        if self._texts:
            self.notes.append(
                f"{where}: {self._texts} lines of text that is no event are left out, the first: "
                f"{self._first!r}"
            )
        self._hidden, self._texts, self._first, self.in_comment = 0, 0, "", False
