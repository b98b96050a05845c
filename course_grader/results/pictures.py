r"""Which pictures a page may show: those in the notebook itself, and files that lie beside it.

Anything else would be fetched from elsewhere when a tutor opens the page: from another server, in
whatever spelling (`//host`, `/\host`, `\\host`, `http:host`), or from the tutor's own.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bleach.html5lib_shim import Filter

KINDS = {"image/png": (b"\x89PNG",), "image/jpeg": (b"\xff\xd8",), "image/gif": (b"GIF8",)}
_STARTS = tuple(start for starts in KINDS.values() for start in starts)
_SIZE = ("width", "height")
_DATA = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_BESIDE = re.compile(r"(?!\.)[\w.+()-]+(?: [\w.+()-]+)*(?:/(?!\.)[\w.+()-]+(?: [\w.+()-]+)*)*")
_MARK = re.compile(r"!\[|<\s*img", re.IGNORECASE)


def may_be_shown(address: str, folder: Path | None) -> bool:
    """Whether an address leads to no other place than the notebook and its folder.

    Args:
        address: of a picture.
        folder: of the notebook; `None` if nothing lies beside it.

    Example:
        >>> [may_be_shown(one, None) for one in ("data:image/png;base64,AA==", "//host/x.png")]
        [True, False]
    """
    if _DATA.fullmatch(address):
        return True
    name = unquote(address)
    if folder is None or not _BESIDE.fullmatch(name):
        return False
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8).startswith(_STARTS)
    except (OSError, ValueError):
        return False


def n_marks(text: str) -> int:
    """How many pictures a text may hold, whoever reads it as Markdown.

    Example:
        >>> n_marks("![a](b) <IMG src=c> ![d][e]")
        3
    """
    return len(_MARK.findall(text))


def addresses(html: str) -> tuple[str, ...]:
    """Where the pictures of a page are.

    Example:
        >>> addresses('<p><img src="a.png" alt="x"><img></p>')
        ('a.png', '')
    """
    found = _Sources()
    found.feed(html)
    found.close()
    return tuple(found.addresses)


class _Sources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.addresses.append(dict(attrs).get("src") or "")


class SayWhatIsMissing(Filter):  # type: ignore[misc]
    """Puts words where a picture lost its address."""

    def __iter__(self) -> Iterator[Any]:
        for token in super().__iter__():
            if token.get("name") == "img" and (None, "src") not in token["data"]:
                alt = token["data"].get((None, "alt"), "")
                words = f"[a picture from elsewhere is not shown{': ' if alt else ''}{alt}]"
                yield {"type": "Characters", "data": words}
            else:
                yield token


def pictures_only(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures among a cell's attachments."""
    kept: dict[str, dict[str, str]] = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if kind in KINDS and is_picture(data, kind):
                kept.setdefault(str(name), {})[kind] = data
    return kept


def is_picture(data: Any, kind: str) -> bool:
    """Whether Base64 holds a picture of this kind."""
    try:
        return base64.b64decode("".join(data.split()), validate=True).startswith(KINDS[kind])
    except (AttributeError, binascii.Error, ValueError):
        return False


def sizes(metadata: Any) -> dict[str, Any]:
    """Width and height of pictures, if they are numbers: the page writes them without quotes."""
    kept: dict[str, Any] = {}
    for kind in KINDS:
        about = metadata.get(kind) if isinstance(metadata, dict) else None
        size = {
            key: about[key]
            for key in _SIZE
            if isinstance(about, dict) and type(about.get(key)) in (int, float)
        }
        if size:
            kept[kind] = size
    return kept
