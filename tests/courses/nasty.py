"""Texts that try to steer what shows them, and what tells whether one got through."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

HOST = "evil.example"
SIGNS = {  # for names and reasons: each in a line of its own
    "title": "\x1b]0;owned\x07t",
    "link": f"\x1b]8;;http://{HOST}\x1b\\l\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZXZpbA==\x9c",
    "cleared": "\x1b[2J\x1b[1;1Hc",
    "hidden": "\x1b[8mh\x1b[0m",
    "open": "\x1b]0;never closed",
    "eight-bit": "\x9b2J\x9d0;x\x9c\x90q\x9c",
    "bell": "b\a\0\x08\x7f",
    "bidi": "\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "tags": "\U000e0041\ufff9x",
    "half": "h\udce9",
    "lines": "l\x0bm\x0cn\x85o\u2028group-99: all points\u2029p",
    "carriage": "secret\rshown",
}
MARKUP = {
    "script": f"<script src=//{HOST}/x.js>alert(1)</script>",
    "event": '"><img src=x: onerror=alert(1)>',
    "entity": "&#x202e;&rlm;&#27;[2J",
    "rich": f"[bold][link=http://{HOST}]x[/nope] :warning:",
    "typst": '"#panic("no") ${x}$ @y <z> \\u{202e}',
}
FORMULAS = (
    "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "＝1+1", "＋1", "－1", "＠x", "﹦1", "−1",
    " =1", "\t=1", "\r=1", "\n=1", '"=1', "'=1", "a;=1+1", "a; +1", 'a;"=1"', "a\t@x", "a;＝1",
    "a;\u200b=1", "\ufeff=1", "\x1b[0m=1", "\x00=1",
)  # fmt: skip
PICTURES = (
    f"<img src='http://{HOST}/a.png'>", f"<img src=//{HOST}/a.png>", f"<img src='/\\{HOST}/a.png'>",
    f"<img src='\\\\{HOST}/a.png'>", f"<img src='\\/{HOST}/a.png'>", f"<img src='http:{HOST}/a'>",
    f"<img src='/\t/{HOST}/a.png'>", f"<img src=' //{HOST}/a.png'>", f"<IMG SRC=HTTP://{HOST}/a>",
    f"<img src=x srcset='//{HOST}/a.png 1x'>", f"<table background='//{HOST}/a'><tr><td>t</table>",
    f"<p style='background:url(//{HOST}/a)'>p</p>", f"<p style='cursor:url(//{HOST}/a),auto'>p</p>",
    f"<p style='cursor:u\\72l(//{HOST}/a)'>p</p>", f"<input type=image src=//{HOST}/a>",
    f"<video poster=//{HOST}/a></video>", f"<link rel=stylesheet href=//{HOST}/a.css>",
    f"<style>@import '//{HOST}/a.css';</style>", f"<svg><image href='//{HOST}/a'/></svg>",
    f"<picture><source srcset=//{HOST}/a></picture>",
    f"<meta http-equiv=refresh content='0;//{HOST}'>",
    f"<img src='&#47;&#47;{HOST}/a.png'>", f"<img src='//\u202e{HOST}/a.png'>",
    f"<img src='../../{HOST}.png'>", f"<img src='/api/{HOST}'>", f"<img src='%2f%2f{HOST}/a.png'>",
    f"![m](http://{HOST}/a.png)", f"![m](//{HOST}/a.png)", f"![m](/\\{HOST}/a.png)",
    f"![m](\\\\\\\\{HOST}/a.png)", f"![m](<//{HOST}/a b.png>)", f"![m](http:{HOST}/a.png 'title')",
    f"![m][r]\n\n[r]: //{HOST}/a.png", f"![r]\n\n[r]: //{HOST}/a.png", f"[![m](//{HOST}/a)](x)",
    f"![m](&#47;&#47;{HOST}/a.png)", f"| a |\n|---|\n| ![m](//{HOST}/a.png) |",
    f"> - ![m](//{HOST}/a.png)", f"![m](HTTPS://{HOST}/a)", f"![](data:image/svg+xml,{HOST})",
)  # fmt: skip

_STEERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LOOKS_LIKE_ONE = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "−")


def steers(text: str) -> list[str]:
    """Signs of a text that steer what shows it."""
    return sorted({f"U+{ord(sign):04X}" for sign in _STEERS.findall(text)})


def runs_as_formula(table: str) -> list[str]:
    """Cells that some spreadsheet would run, whatever it takes for the end of a cell."""
    found = []
    for delimiter in ",;\t|":
        for row in csv.reader(io.StringIO(table, newline=""), delimiter=delimiter):
            found += [cell for cell in row if is_formula(cell)]
    return found


def is_formula(cell: str) -> bool:
    """Whether a cell begins as a formula does and is no number of ours."""
    bare = cell.strip(' \t\r\n"\u200b\ufeff')
    return bare.startswith(_LOOKS_LIKE_ONE) and not re.fullmatch(r"-?\d+(\.\d+)?", bare)


class Page(HTMLParser):
    """What a page would fetch from elsewhere or run.

    Attributes:
        found: tags with the attribute.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Looks at a tag."""
        self._inside = tag if tag in ("style", "script") else ""
        for name, value in attrs:
            words = name in ("alt", "id", "title") or (tag, name) == ("a", "href")
            if HOST in (value or "") and not words:
                self.found.append(f"{tag} {name}={value}")
            if name.startswith("on") and "toggle_name" not in (value or ""):
                self.found.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        """Looks at styles and scripts."""
        if self._inside and HOST in data:
            self.found.append(f"{self._inside}: {data[:80]}")
        self._inside = ""


def strings(value: Any) -> Iterator[str]:
    """All texts of JSON, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def wrong_with(path: Path) -> list[str]:
    """What a file that the grader wrote would do where it is opened."""
    if path.suffix not in (".csv", ".html", ".log", ".json", ".ipynb", ".txt", ".toml"):
        return []
    text = path.read_bytes().decode("utf-8")  # fails if it is none
    if path.suffix == ".ipynb":
        inside = list(strings(json.loads(text)))
        return [sign for one in inside for sign in steers(_COLOUR.sub("", one))]
    wrong = steers(text)
    if path.suffix == ".json":
        wrong += [] if text.isascii() else ["not ASCII"]
    if path.suffix == ".csv":
        wrong += runs_as_formula(text)
    if path.suffix == ".html":
        wrong += Page(text).found
    return wrong
