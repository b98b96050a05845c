"""What a cell showed, taken from the untrusted side with care."""

import re
from typing import Any

from nbformat.v4 import new_output

PICTURES = ("image/png", "image/jpeg", "image/gif")
KINDS = ("text/plain", "text/html", "text/markdown", "text/latex", "application/json", *PICTURES)
_FIGURES = re.compile(r"(?:image|video)/|application/(?:pdf|vnd\.(?:plotly|vega|bokeh))")
MISSING = "[a figure is missing here: pages show PNG, JPEG and GIF, and it has no such form]\n"
MAX_ERROR = 20_000
LEAST = 100  # bytes that an output counts at least


class Outputs:
    """Collects the outputs of one cell.

    Args:
        cell: where they go.
        most: bytes that are kept.
    """

    def __init__(self, cell: Any, most: int) -> None:
        self.cell, self.most = cell, most
        self.size = 0
        self._shown: dict[str, Any] = {}
        self._clears = False

    def add(self, message: dict[str, Any]) -> None:
        """Takes a message of the notebook's process; what is no output is dropped."""
        kind = message.get("kind")
        if kind == "stream":
            name = "stderr" if message.get("name") == "stderr" else "stdout"
            self.stream(name, message.get("text"))
        elif kind == "error":
            ename, evalue = (_text(message.get(name))[:MAX_ERROR] for name in ("ename", "evalue"))
            lines = message.get("traceback")
            frames = [_text(one)[:MAX_ERROR] for one in (lines if isinstance(lines, list) else [])]
            size = len(ename) + len(evalue) + sum(map(len, frames[:50]))
            if self._has_room(size) or not self.size:
                self.error(ename, evalue, frames[:50])
            self.size += size + LEAST
        elif kind == "clear":
            self._clears = True
            if not message.get("wait"):
                self._clear()
        elif kind in ("display_data", "execute_result"):
            self._display(str(kind), message)

    def stream(self, name: str, text: Any) -> None:
        """Text of standard output or standard error."""
        text = self._kept(_text(text))
        if not text:
            return
        last = self.cell.outputs[-1] if self.cell.outputs else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        else:
            self.size += LEAST
            self.cell.outputs.append(new_output("stream", name=name, text=text))

    def error(self, ename: str, evalue: str, frames: list[str] | None = None) -> None:
        """An exception; it is always kept, since it decides about points."""
        self._clear()
        frames = frames or [f"{ename}: {evalue}" if evalue else ename]
        self.cell.outputs.append(new_output("error", ename=ename, evalue=evalue, traceback=frames))

    def _display(self, kind: str, message: dict[str, Any]) -> None:
        bundle, metadata = message.get("data"), message.get("metadata")
        if not isinstance(bundle, dict):
            return
        data = {name: bundle[name] for name in KINDS if isinstance(bundle.get(name), str)}
        size = sum(len(part) for part in data.values()) + LEAST
        if not self._has_room(size):
            self.stream("stdout", f"[{size:,} bytes of output left out]\n")
            return
        self.size += size
        self._clear()
        marks = metadata if isinstance(metadata, dict) else {}
        sizes = {
            name: {key: marks[name][key] for key in ("width", "height")
                   if type(marks[name].get(key)) is int and 0 < marks[name][key] < 10_000}
            for name in data if isinstance(marks.get(name), dict)
        }  # fmt: skip
        name = _text(message.get("display_id"))
        if message.get("update") and name in self._shown:
            self._shown[name].data, self._shown[name].metadata = data, sizes
            return
        number = {"execution_count": self.cell.execution_count} if kind == "execute_result" else {}
        output = new_output(kind, data=data, metadata=sizes, **number)
        if name:
            self._shown[name] = output
        self.cell.outputs.append(output)
        is_drawn = any(_FIGURES.match(str(one)) for one in bundle)
        if is_drawn and not any(kind in data for kind in PICTURES):
            self.stream("stdout", MISSING)

    def _kept(self, text: str) -> str:
        """As much of the text as there is room for, with a note where it was cut."""
        room = self.most - self.size
        if room < 0:
            return ""
        self._clear()
        self.size += len(text.encode(errors="replace"))
        if self.size <= self.most:
            return text
        self.size = self.most + 1
        return f"{text[:room]}\n[the output was cut here: it was more than {self.most:,} bytes]\n"

    def _has_room(self, size: int) -> bool:
        return size <= self.most - self.size

    def _clear(self) -> None:
        if self._clears:
            self.cell.outputs.clear()
            self._clears = False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
