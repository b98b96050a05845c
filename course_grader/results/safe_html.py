"""Marked notebooks without active content: what a tutor opens runs nothing of a student's.

Formgrader shows a student's notebook on the address of the tutor's own Jupyter server, where a
script could do all that the tutor can. `SafeHtml`, the last step of autograding, leaves pictures,
text, tables and equations. Markdown that holds no HTML of its own stays as it was written, if
its pictures are the notebook's own. All texts pass `course_notebooks.cleaning`.
"""

import re
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from bleach import ALLOWED_TAGS
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors.sanitize import SanitizeHTML
from traitlets import Bool

from course_grader.cells import MARKS, tags_of
from course_grader.results.pictures import (
    KINDS,
    SayWhatIsMissing,
    addresses,
    is_picture,
    may_be_shown,
    n_marks,
    pictures_only,
    sizes,
)
from course_notebooks.cleaning import clean, coloured, one_line

_TAGS = {
    *ALLOWED_TAGS,
    *("p", "br", "hr", "div", "span", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "img"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("del", "s", "u", "sub", "sup", "small", "dl", "dt", "dd", "figure", "figcaption"),
}
_DROPPED = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title"}
_DRAWN = {"iframe", "object", "svg"}
_PLAIN = {"title", "align", "colspan", "rowspan", "border", "width", "height", "alt", "scope"}
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_STYLES = ALLOWED_CSS_PROPERTIES - {"cursor", "direction", "unicode-bidi"}
_LOADS = re.compile(r"\\|/\*|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(", re.IGNORECASE)
_CLASS = re.compile(r"(?:dataframe|highlight|[a-z]{1,2}\d?)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[lr]lm);?", re.IGNORECASE)
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_ID = re.compile(r"[\w.-]{1,200}")
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class _Drop(Filter):  # type: ignore[misc]
    """Leaves out elements whose content is no text for readers; says where one was a picture."""

    def __iter__(self) -> Any:
        depth = 0
        for token in super().__iter__():
            inner = token.get("name") in _DROPPED
            if inner and token["type"] == "StartTag":
                if not depth and token["name"] in _DRAWN:
                    yield {"type": "Characters", "data": "[a picture of this kind is not shown]"}
                depth += 1
            elif inner and token["type"] == "EndTag":
                depth = max(0, depth - 1)
            elif not depth and not inner:
                yield token


class _Styles(CSSSanitizer):  # type: ignore[misc]
    """Leaves out styles that could fetch something, such as the picture of a cursor."""

    def sanitize_css(self, style: str) -> str:
        """Harmless declarations, or nothing."""
        return "" if _LOADS.search(style) else str(super().sanitize_css(style))


class _Careful(IPythonRenderer):
    """nbconvert's Markdown with all that could be active written out as text."""

    def __init__(self, attachments: dict[str, Any]) -> None:
        super().__init__(True, False, attachments=attachments)

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre><code>{self.escape_html(code)}</code></pre>"


class SafeHtml(SanitizeHTML):
    """Removes active content from all parts of a notebook that end on a page."""

    enabled = Bool(True).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.safe_output_keys = {"text/plain", "text/latex", *KINDS}
        self._folder: Path | None = None
        self._cleaner = Cleaner(
            tags=_TAGS | _DROPPED,
            attributes=self._allowed,
            protocols={"http", "https", "mailto", "data"},
            css_sanitizer=_Styles(_STYLES, ()),
            filters=[_Drop, SayWhatIsMissing],
        )

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Cleans the notebook in place."""
        path = (resources.get("metadata") or {}).get("path")
        self._folder = Path(path) if path else None
        for index, cell in enumerate(nb.cells):
            if not isinstance(cell.get("source"), str):
                cell["source"] = ""
            if not _CELL_ID.fullmatch(str(cell.get("id", ""))):
                cell["id"] = f"cell-{index}"
            cell["metadata"] = type(nb)(_marks(cell.metadata))
            self.preprocess_cell(cell, resources, index)
        nb.metadata = type(nb)({"kernelspec": _KERNEL, "language_info": {"name": "python"}})
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Cleans text, attachments and outputs of a cell."""
        attachments = pictures_only(cell.pop("attachments", None))
        attachments = {clean(name): kinds for name, kinds in attachments.items()}
        cell.source = clean(cell.source)
        if cell.cell_type == "markdown":
            cell.source = self.markdown(cell.source, attachments)
            if attachments:
                cell["attachments"] = attachments
        elif cell.cell_type == "code":
            count = cell.get("execution_count")
            cell["execution_count"] = count if type(count) is int else None
            cell["outputs"] = self.sanitize_code_outputs(cell.get("outputs", []))
        else:
            cell.source = self.sanitize_html_tags(cell.source)
        return cell, resources

    def sanitize_code_outputs(self, outputs: list[Any]) -> list[Any]:
        """Text, pictures and tables; the base class removes what is none of these."""
        for output in outputs:
            if output.output_type == "stream":
                output["text"] = coloured(_joined(output.get("text", "")))
                output["name"] = "stderr" if output.get("name") == "stderr" else "stdout"
            elif output.output_type == "error":
                for key in ("ename", "evalue"):
                    output[key] = coloured(_joined(output.get(key, "")))
                lines = output.get("traceback", [])
                output["traceback"] = [coloured(str(line)) for line in lines]
            else:
                self._data(output)
        return outputs

    def _data(self, output: Any) -> None:
        """One display or value."""
        data = output.data
        removed = []
        for key in list(data):
            if key in self.safe_output_keys:
                data[key] = coloured(_joined(data[key]))
            elif key == "text/html":
                data[key] = self.sanitize_html_tags(clean(_joined(data[key])))
            elif key == "text/markdown":
                data[key] = self.markdown(clean(_joined(data[key])), {})
            is_safe = key in self.safe_output_keys or key in self.sanitized_output_types
            if not is_safe or (key in KINDS and not is_picture(data[key], key)):
                del data[key]
                removed.append(clean(str(key))[:60])
        if not data:
            data["text/plain"] = f"(not shown: {', '.join(removed) or 'nothing'})"
        output["metadata"] = type(output)(sizes(output.get("metadata")))
        if "execution_count" in output and type(output["execution_count"]) is not int:
            output["execution_count"] = None

    def sanitize_html_tags(self, html_str: str) -> str:
        """HTML with harmless elements, attributes and styles only."""
        return str(self._cleaner.clean(_ENTITY.sub(_harmless_sign, html_str)))

    def markdown(self, text: str, attachments: dict[str, Any]) -> str:
        """Markdown as it is, if nothing in it is active or from elsewhere; else one line of HTML.

        Equations survive: in the line their signs are written as numbers, so that Markdown does
        not see them, while a browser shows them to MathJax.
        """
        text = _ENTITY.sub(_harmless_sign, text)
        short = not attachments and len(text) < 20_000
        try:
            html, is_passive, shown = _remembered(text) if short else _look(text, attachments)
            own = all(may_be_shown(address, self._folder) for address in shown)
            if is_passive and own and len(shown) == n_marks(text):
                return text
            safe = self.sanitize_html_tags(html)
        except Exception:  # such as an attachment that is not there
            safe = f"<pre>{self.sanitize_html_tags(text.replace('<', '&lt;'))}</pre>"
        return f"<div>{one_line(safe)}</div>"

    def _allowed(self, tag: str, name: str, value: str) -> bool:
        if name == "href":
            return tag == "a" and _LINK.match(value) is not None
        if name == "src":
            return tag == "img" and may_be_shown(value, self._folder)
        if name == "class":
            return all(_CLASS.fullmatch(word) for word in value.split())
        return name in _PLAIN or name == "style"


def _harmless_sign(entity: re.Match[str]) -> str:
    """A sign that is written as a number, if it steers nothing."""
    sign = unescape(entity[0])
    return entity[0] if sign and clean(sign) == sign else "?"


def _look(text: str, attachments: dict[str, Any]) -> tuple[str, bool, tuple[str, ...]]:
    """The page that Markdown makes, whether nothing in it could be active, and its pictures."""
    plain = IPythonRenderer(escape=False, attachments=attachments)
    html = str(MarkdownWithMath(renderer=plain).render(text))
    careful = str(MarkdownWithMath(renderer=_Careful(attachments)).render(text))
    return html, html == careful, addresses(html)


@lru_cache(maxsize=1000)
def _remembered(text: str) -> tuple[str, bool, tuple[str, ...]]:
    """The same for a text without attachments: the lecturer's texts come back with every group."""
    return _look(text, {})


def _marks(metadata: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader's pages need to know of a cell, with values of the right kind."""
    mark = metadata.get("nbgrader")
    words = tags_of(metadata)
    tagged = {"tags": words} if words else {}
    if not isinstance(mark, dict) or not _ID.fullmatch(str(mark.get("grade_id", ""))):
        return tagged
    kept = {
        key: mark[key]
        for key, kind in MARKS.items()
        if isinstance(mark.get(key), kind)
        and (not isinstance(mark[key], str) or _ID.fullmatch(mark[key]))
    }
    return {"nbgrader": kept, **tagged}


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
