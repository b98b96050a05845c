"""The parts of a notebook on paper: its texts, its code, what the code gave."""

import re
from html.parser import HTMLParser
from typing import Any

from course_handin.markdown import Text, picture_of, typeset_texts
from course_handin.pictures import Pictures
from course_handin.texts import breakable, literal, shortened
from course_handin.typesetting import Part
from course_notebooks.cleaning import printed

_LINES, _SIGNS = 120, 12_000
_CODE_LINES, _CODE_SIGNS = 2000, 100_000
_OUTPUTS = 60
_LOST = '#lost-picture("output", {})'
_NOTE = "{}: a picture cannot be shown"
_DATA = re.compile(r"<img\b[^>]*?\bsrc=[\"'](data:image/[^\"']+)", re.IGNORECASE)
_DRAWN = re.compile(r"video/|application/(?:pdf|vnd\.(?:plotly|vega|bokeh))")
_DRAWING = re.compile(r"<(?:svg|canvas|iframe|video|div id=)", re.IGNORECASE)
_PAGE = "#pagebreak(weak: true)\n#shown-notebook.update({name})"


def notebook_parts(name: str, notebook: Any, pictures: Pictures) -> list[Part]:
    """All cells of a notebook, on pages of its own."""
    start = _PAGE.format(name=literal(name))
    parts: list[Part | Text] = [Part(start, start, "")]
    for index, cell in enumerate(notebook.cells):
        where = f"{name}, cell {index + 1}"
        if cell.cell_type == "markdown":
            parts.append(Text(cell.source, where, picture_of(cell, pictures)))
        elif cell.cell_type == "code":
            if cell.source.strip():
                parts.append(_code(cell.source, where))
            for output in cell.get("outputs", [])[:_OUTPUTS]:
                parts += _output(output, where, pictures)
            n_more = len(cell.get("outputs", [])) - _OUTPUTS
            if n_more > 0:
                parts.append(_printed(f"… {n_more} more outputs are in the notebook …", where))
        elif cell.source.strip():
            parts.append(_printed(cell.source, where))
    texts = [part for part in parts if isinstance(part, Text)]
    typeset = iter(typeset_texts(texts))
    return [next(typeset) if isinstance(part, Text) else part for part in parts]


def _shown(function: str, text: str, where: str, n_lines: int, n_signs: int) -> Part:
    lines = shortened(printed(text).rstrip("\n"), n_lines, n_signs)
    source = f"#{function}({literal(breakable(lines))})"
    lost = f"#lost-picture({literal(where)}, {literal('')})"
    return Part(source, lost, f"{where}: cannot be shown")


def _code(source: str, where: str) -> Part:
    return _shown("code", source, where, _CODE_LINES, _CODE_SIGNS)


def _printed(text: str, where: str) -> Part:
    return _shown("printed", text, where, _LINES, _SIGNS)


def _output(output: Any, where: str, pictures: Pictures) -> list[Part | Text]:
    """One output: the best of its forms that paper can show."""
    if output.output_type == "stream":
        text = _joined(output.get("text", ""))
        return [_printed(text, where)] if printed(text).strip() else []
    if output.output_type == "error":
        lines = [str(line) for line in output.get("traceback", [])]
        text = "\n".join(lines) or f"{output.get('ename')}: {output.get('evalue')}"
        return [_shown("failed", text, where, _LINES, _SIGNS)]
    data = output.get("data", {})
    if any(kind.startswith("image/") for kind in data):
        path = pictures.from_bundle(data)
        alt = _alt(output)
        if path is not None:
            caption = f"\n#caption[#{literal(alt)}]" if alt else ""
            source = f"#picture({literal(path)}, {literal(alt)}){caption}"
            return [Part(source, _LOST.format(literal(alt)), _NOTE.format(where))]
        return [_lost(where, alt), *_words(data, where)]
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return [Text(_joined(data[kind]), where, pictures.from_address)]
    html = _joined(data.get("text/html", ""))
    stored = [pictures.from_address(one) for one in _DATA.findall(html)]
    if stored:  # Matplotlib leaves such ones of a figure that lived in a browser
        return [
            _lost(where, "") if path is None else
            Part(f'#picture({literal(path)}, "")', _LOST.format('""'), _NOTE.format(where))
            for path in stored
        ]  # fmt: skip
    is_drawn = any(map(_DRAWN.match, data)) or (_DRAWING.search(html) and not _text_of(html))
    if is_drawn or _joined(data.get("text/plain", "")).startswith("Canvas("):
        return [_lost(where, "")]
    return _words(data, where)


def _lost(where: str, alt: str) -> Part:
    """What stands where a picture cannot be shown; the group is told, too."""
    shown = _LOST.format(literal(alt))
    return Part(shown, shown, _NOTE.format(where), notes=[_NOTE.format(where)])


def _words(data: Any, where: str) -> list[Part | Text]:
    if "text/plain" in data:
        text = _joined(data["text/plain"])
    elif "text/html" in data:
        text = _text_of(_joined(data["text/html"]))
    else:
        return []
    return [_printed(text, where)] if text.strip() else []


def _alt(output: Any) -> str:
    """The words that an output's author gave a picture."""
    for values in output.get("metadata", {}).values():
        if isinstance(values, dict) and values.get("alt"):
            return str(values["alt"])
    return ""


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _text_of(html: str) -> str:
    parser = _Words()
    parser.feed(re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL | re.IGNORECASE))
    return re.sub(r"\s*\n\s*", "\n", "".join(parser.words)).strip()
