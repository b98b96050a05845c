r"""One way for texts of others to leave: each kind of exit has a function here.

Names, reasons, remarks, fields of a roster, names of files and kernels, texts and outputs of
notebooks may hold signs that steer whatever shows them. `clean` is what all functions begin with.

| exit | function | takes care of |
| --- | --- | --- |
| terminal, log | `block`, `line` | also of lines that pass for lines of ours |
| table (CSV) | `csv_text` | also of formulas |
| page (HTML) | `html` | also of tags |
| gradebook | `name` | also of tags, where pages of nbgrader's write it |
| notebook, what a program printed | `coloured`, `printed` | keeps or drops colours |
| state (JSON) | `json_text` | everything but ASCII is written as a number |
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Any

from course_notebooks.overwritten import as_left

# Whole sequences: text for the terminal itself (titles, links, clipboard), then moves and colours.
_SEQUENCE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_END_OF_LINE = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_UNSEEN = re.compile(r"[\xad\ufeff\u2060]")
# Controls, what turns the direction of writing, annotations, tags, halves and signs that are none.
_STEERS = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
    r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff]"
)
_LOOK_ALIKE = str.maketrans("<>&", "‹›＆")
_FORMULA = ("=", "+", "-", "@", "−")
INSTEAD = "?"


def clean(text: str) -> str:
    r"""Text of several lines in which nothing steers what shows it; a `?` stands for such a sign.

    Example:
        >>> clean("\x1b]0;title\x07\x1b[31mred\x1b[0m\r\ngroup\u202e-01\tx")
        'red\ngroup?-01\tx'
    """
    return _without_steering(_SEQUENCE.sub("", text))


def _without_steering(text: str) -> str:
    text = _END_OF_LINE.sub("\n", text)
    return _STEERS.sub(INSTEAD, _UNSEEN.sub("", text))


def line(text: str) -> str:
    r"""The same in one line.

    Example:
        >>> line("two\nlines \udce4\x07")
        'two lines ??'
    """
    return " ".join(clean(text).replace("\u200b", "").split())


def block(text: str) -> str:
    r"""For terminals and logs: further lines are set back, so that none passes for ours.

    Example:
        >>> block("group-01: an error\ngroup-02: all points")
        'group-01: an error\n  group-02: all points'
    """
    first, *more = clean(text).rstrip("\n").split("\n")
    return "\n".join([first, *(one if one[:2] in ("  ", "") else f"  {one}" for one in more)])


def printed(text: str) -> str:
    r"""What is left to see of what a program printed, without colours.

    Example:
        >>> printed("\x1b[31m10 %\r100 %\x1b[0m\n")
        '100 %\n'
    """
    return clean(as_left(_SEQUENCE.sub("", text).replace("\b", "")))


def coloured(text: str) -> str:
    r"""The same with its colours, for outputs of notebooks: pages show them.

    Example:
        >>> coloured("\x1b[31mred\x1b[0m \x1b[2J\x1b]8;;file:///etc\x07link")
        '\x1b[31mred\x1b[0m link'
    """
    parts = _COLOUR.split(as_left(text.replace("\b", "")))
    return "".join(part if number % 2 else clean(part) for number, part in enumerate(parts))


def html(text: str) -> str:
    """Text for a page, also between quotes.

    Example:
        >>> html("<b>\\x1b[1m'bold'")
        '&lt;b&gt;&#x27;bold&#x27;'
    """
    return escape(clean(text))


def name(text: str) -> str:
    """A name for the gradebook, whose pages and programs may write it as it is: without tags.

    Example:
        >>> name("Zoë <b>\\x1b[1mO'Hara</b> & Co")
        "Zoë ‹b›O'Hara‹/b› ＆ Co"
    """
    return line(text).translate(_LOOK_ALIKE)


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    r"""A table that a spreadsheet shows and does not run.

    Args:
        rows: texts, numbers and `None`.

    Example:
        >>> csv_text([["group", "why"], ["a", "=1+1"], ["b", None], ["c", 0.1 + 0.2]])
        "group,why\na,'=1+1\nb,\nc,0.3\n"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A value in one line; what any spreadsheet could take for a formula begins with a quote.

    Spreadsheets differ in what separates cells: what follows a semicolon is one as well.

    Example:
        >>> _cell("a; =1+1"), _cell("\\t＝1"), _cell("2 < 3; -1 > -2"), _cell("a = b")
        ("a; '=1+1", "'＝1", "2 < 3; '-1 > -2", 'a = b')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{round(value, 4):g}"
    return ";".join(map(_defused, line(str(value)).split(";")))


def _defused(part: str) -> str:
    bare = part.lstrip()
    sign = unicodedata.normalize("NFKC", bare.lstrip("\"' \u200c\u200d")[:1])
    if not sign.startswith(_FORMULA):
        return part
    return f"{part[: len(part) - len(bare)]}'{bare}"


def json_text(value: Any, *, sort_keys: bool = False) -> str:
    r"""JSON in ASCII with a final newline: any sign that could steer is written as a number.

    Example:
        >>> json_text({"name": "\x1b\u202e"})
        '{\n "name": "\\u001b\\u202e"\n}\n'
    """
    return json.dumps(value, indent=1, ensure_ascii=True, sort_keys=sort_keys) + "\n"


def one_line(html: str) -> str:
    """HTML as one line that Markdown leaves alone, signs of equations included."""
    signs = {"$": "&#36;", "\\": "&#92;", "\n": "&#10;", "\r": ""}
    return "".join(signs.get(sign, sign) for sign in html)
