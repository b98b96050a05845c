"""Lines of solution notebooks that were meant as a marker and are none.

`### BEGIN HIDDEN TEST` without its S is an ordinary comment: what follows would be handed out. A
line is taken for a slip if it says, but for case, spaces, signs and a few letters, what a marker
says. How many letters may differ depends on how much else speaks for a marker: capitals, several
`#`, an HTML comment. Longer sentences and names in code are left alone.
"""

import re
import unicodedata
from collections.abc import Iterator

from rapidfuzz.distance import OSA

from course_grader.markers import MARKERS

_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#+|//+|--+|%+|;+|/\*)")
_HTML = re.compile(r"<!--(.*?)(?:-->|$)")
_WORD = re.compile(r"[^\W_]+")
_ALIKE = {
    "START": "BEGIN",
    "BEGINNING": "BEGIN",
    "STOP": "END",
    "FINISH": "END",
    "ENDING": "END",
    "MARKING": "MARK",
}
# Words of their own that are a letter or two away from one of a marker, and those that a typist
# gets by exchanging letters, which count where nothing else speaks for a marker.
_WORDS = {
    "SOLUTION": {"RESOLUTION", "EVOLUTION", "ABSOLUTION", "POLLUTION", "DILUTION", "ELUTION"},
    "END": {"AND", "SEND", "BEND", "LEND", "TEND", "MEND", "FEND", "ENV", "ENDS", "ED", "TREND"},
}
_SLIPS = {"BEING", "BEGINS", "BEGUN", "BEGAN"}


def look_alikes(
    source: str, kind: str, markers: tuple[str, ...] = MARKERS
) -> Iterator[tuple[int, str, str]]:
    """Lines of a cell that look like a marker.

    Args:
        source: text of the cell.
        kind: `code`, `markdown` or `raw`.
        markers: what nbgrader takes for one.

    Yields:
        The line's number from 1 on, the line, and the marker that was probably meant.

    Example:
        >>> list(look_alikes("assert f(1)\\n### BEGIN HIDDEN TEST\\nassert f(2)", "code"))
        [(2, '### BEGIN HIDDEN TEST', 'BEGIN HIDDEN TESTS')]
        >>> list(look_alikes("# we begin with a solution of the equation", "code"))
        []
    """
    for number, line in enumerate(source.split("\n"), 1):
        if any(marker in line for marker in markers):
            continue
        meant = [_meant(text, loud, markers) for text, loud in _candidates(line, kind)]
        if any(meant):
            yield number, line.strip(), next(filter(None, meant))


def _candidates(line: str, kind: str) -> Iterator[tuple[str, bool]]:
    """Parts of a line that may be a marker, and whether signs speak for one."""
    line = "".join(" " if sign.isspace() else sign for sign in unicodedata.normalize("NFKC", line))
    line = "".join(sign for sign in line if unicodedata.category(sign) != "Cf")
    inner = [match[1] for match in _HTML.finditer(line)]
    yield from ((text, True) for text in inner)
    if kind == "code":
        for comment in _COMMENT.finditer(line):
            yield line[comment.end() :], len(comment[0]) > 1
    elif not inner:
        yield line, False


def _meant(text: str, loud: bool, markers: tuple[str, ...]) -> str:
    """The marker that a text was meant to be, or nothing."""
    words = _WORD.findall(text)
    if not words or len(text) > 200:
        return ""
    for marker in markers:
        wanted = tuple(_WORD.findall(marker.upper()))
        if _is_alike(words, wanted, loud or _shouted(words)):
            return marker
        for n_words in range(1, min(len(words), len(wanted) + 2)):  # and something behind it
            if _shouted(words[:n_words]) and _is_alike(words[:n_words], wanted, True):
                return marker
    return ""


def _shouted(words: list[str]) -> bool:
    return "".join(words).isupper()


def _is_alike(words: list[str], wanted: tuple[str, ...], loud: bool) -> bool:
    """Whether words are those of a marker with a few slips."""
    said = [word.upper() for word in words]
    said = [_ALIKE.get(word, word) for word in said] if loud else said
    if _own_words(said, wanted, loud):
        return False
    letters, most = "".join(said), 3 if loud else 1
    verb, rest = wanted[0], "".join(wanted[1:])
    if not rest:
        return OSA.distance(letters, verb) <= min(most, len(verb) // 4)
    orders = [(verb, rest), (rest, verb)] if loud else [(verb, rest)]
    if abs(len(letters) - len(verb + rest)) <= most and any(
        OSA.distance(letters[:cut], first) <= _slips(first, loud)
        and OSA.distance(letters[cut:], second) <= _slips(second, loud)
        and OSA.distance(letters, first + second) <= most
        for first, second in orders
        for cut in range(1, len(letters))
    ):
        return True
    return loud and _is_part(said, wanted)


def _slips(part: str, loud: bool) -> int:
    """Letters that may differ in a part of a marker."""
    if len(part) < 4:
        return int(loud)
    return 2 if loud else 1


def _own_words(said: list[str], wanted: tuple[str, ...], loud: bool) -> bool:
    """Whether one of the words is a word of its own and no slip."""
    others = {word for one in wanted for word in _WORDS.get(one, ())} | (set() if loud else _SLIPS)
    return any(word in others for word in said)


def _is_part(said: list[str], wanted: tuple[str, ...]) -> bool:
    """Whether words begin like a marker and leave one of its words out."""
    return (
        2 <= len(said) == len(wanted) - 1
        and OSA.distance(said[0], wanted[0]) <= _slips(wanted[0], True)
        and any(OSA.distance(said[1], one) <= 1 for one in wanted[1:])
    )
