"""Pictures as files that typst can show: from outputs, attachments, or beside the notebook."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_handin.typesetting import compiles_in

_KINDS = {  # by what their bytes begin with
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpg",
    b"GIF8": "gif",
    b"RIFF": "webp",
}
_MIME = ("image/png", "image/jpeg", "image/svg+xml", "image/gif", "image/webp")
_DATA = re.compile(r"data:image/[\w.+-]+;base64,(.*)", re.DOTALL)
_LARGEST = 40_000_000


class Pictures:
    """Stores pictures in a folder under names of its own.

    Args:
        store: the folder.
        folder: where relative paths of the notebook start.
    """

    def __init__(self, store: Path, folder: Path) -> None:
        self.store = store
        self.folder = folder

    def from_bundle(self, data: Mapping[str, Any]) -> str | None:
        """The picture of an output or an attachment, by MIME type.

        Returns:
            The name of its file, or `None` if there is no picture that can be shown.
        """
        for kind in _MIME:
            if kind in data:
                content = data[kind]
                text = "".join(content) if isinstance(content, list) else str(content)
                if kind == "image/svg+xml":
                    return self._put(text.encode(errors="replace"))
                return self._put(_decoded(text))
        return None

    def from_address(self, address: str) -> str | None:
        """The picture that a text refers to; nothing is fetched from a network."""
        match = _DATA.match(address)
        if match:
            return self._put(_decoded(match.group(1)))
        try:
            path = (self.folder / address).resolve()
            if not path.is_file() or path.stat().st_size > _LARGEST:
                return None
            return self._put(path.read_bytes())
        except (OSError, ValueError):
            return None

    def _put(self, content: bytes) -> str | None:
        if not content or len(content) > _LARGEST:
            return None
        suffix = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")
        if not suffix and b"<svg" in content[:2000]:
            suffix = "svg"
        if not suffix:
            return None
        number = len(list(self.store.iterdir()))
        name = f"picture-{number}.{suffix}"
        path = self.store / name
        path.write_bytes(content)
        if not compiles_in(self.store, f'#image("{name}")'):
            path.unlink()
            return None
        return name


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""
