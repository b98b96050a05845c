"""Texts of a notebook as parts of the document, with their equations and pictures."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from course_handin import equations, pandoc
from course_handin.pandoc import Node, plain, raw_block, raw_inline
from course_handin.pictures import Pictures
from course_handin.texts import breakable, literal
from course_handin.typesetting import Part
from course_notebooks.cleaning import clean

_FILE_NAME = re.compile(r"[\w\-. ()]+\.(?:png|jpe?g|gif|svg|webp|heic)|image", re.IGNORECASE)


class Text:
    """A markdown text and where its pictures are.

    Attributes:
        source: markdown.
        where: the text's place in words, for messages.
        picture: makes a picture's file from what the text calls it; `None` if there is none.
    """

    def __init__(self, source: str, where: str, picture: Callable[[str], str | None]) -> None:
        self.source = clean(source)
        self.where = where
        self.picture = picture

    def as_written(self) -> str:
        """Typst that shows the source."""
        return f"#as-written({literal(breakable(self.source))})"


def picture_of(cell: Any, pictures: Pictures) -> Callable[[str], str | None]:
    """How the pictures of a cell are found: attachments, files beside the notebook, data."""
    attachments = cell.get("attachments", {})

    def find(name: str) -> str | None:
        name = unquote(name)
        if name in attachments:
            return pictures.from_bundle(attachments[name])
        return pictures.from_address(name)

    return find


def typeset_texts(texts: list[Text]) -> list[Part]:
    """Each text as a part; what pandoc cannot read is shown as it was written.

    Raises:
        PandocError: there is no pandoc that works.
    """
    return _typeset_apart(texts, pandoc.api_version()) if texts else []


def _typeset_apart(texts: list[Text], version: list[int]) -> list[Part]:
    """All texts at once, or one by one if that fails."""
    try:
        return _typeset(texts, version)
    except pandoc.PandocError as error:
        if len(texts) != 1:
            return [part for text in texts for part in _typeset_apart([text], version)]
        shown = texts[0].as_written()
        note = f"{texts[0].where}: shown as it was written: {error}"
        return [Part(shown, shown, note, notes=[note])]


def _typeset(texts: list[Text], version: list[int]) -> list[Part]:
    trees = pandoc.read([equations.as_pandoc_reads(text.source) for text in texts])
    found: set[equations.Equation] = set()

    def gather(node: Node) -> None:
        equation = equations.of_node(node)
        if equation is not None:
            found.add(equation)

    pandoc.mapped(trees, gather)
    typst = equations.convert(found, version)
    parts = [
        Part("", text.as_written(), f"{text.where}: shown as it was written") for text in texts
    ]
    shown = []
    for number, (text, tree, part) in enumerate(zip(texts, trees, parts, strict=True)):
        change = _Change(text, f"text-{number}-", typst, part.notes)
        shown.append(pandoc.mapped(tree, change))
    for part, source in zip(parts, pandoc.write(shown, version), strict=True):
        part.source = source
    return parts


class _Change:
    """What stands in the place of a node: equations in typst, pictures that exist, no HTML."""

    def __init__(
        self,
        text: Text,
        prefix: str,
        typst: dict[equations.Equation, str | None],
        notes: list[str],
    ) -> None:
        self.text, self.prefix, self.typst, self.notes = text, prefix, typst, notes

    def __call__(self, node: Node) -> list[Node] | None:
        kind: str = node["t"]
        content: Any = node.get("c")
        equation = equations.of_node(node)
        if equation is not None:
            made = raw_block if kind == "RawBlock" else raw_inline
            return [made(self._equation(equation))]
        if kind == "Image":
            _, alt, (address, _) = content
            return [raw_inline(self._picture(address, plain(alt)))]
        if kind == "Figure":
            return self._figure(content)
        if kind in ("RawInline", "RawBlock"):
            return self._raw(kind, *content)
        if kind == "Header":
            level, _, words = content
            return [{"t": kind, "c": [level, _NOTHING, pandoc.mapped(words, self)]}]
        if kind == "Link" and not re.match(r"(?:https?|mailto):", content[2][0]):
            return list(pandoc.mapped(content[1], self))  # a place that paper does not have
        if kind == "Table":
            attributes, caption, columns, *rows = content
            columns = [[align, {"t": "ColWidthDefault"}] for align, _ in columns]
            inside = pandoc.mapped([caption, columns, *rows], self)
            return [{"t": kind, "c": [attributes, *inside]}]
        return None

    def _equation(self, equation: equations.Equation) -> str:
        typst = self.typst[equation]
        if typst is not None:
            return typst
        words = " ".join(clean(equation.tex).split())
        short = words if len(words) < 60 else words[:59] + "…"
        self.notes.append(f"{self.text.where}: an equation is shown as its source: {short}")
        return equations.as_written(equation)

    def _picture(self, address: str, alt: str) -> str:
        address = unquote(address)
        name = address.removeprefix(self.prefix).removeprefix("attachment:")
        path = self.text.picture(name)
        if path is None:
            short = name if len(name) < 60 else name[:59] + "…"
            self.notes.append(f"{self.text.where}: a picture cannot be shown: {short}")
            return f"#lost-picture({literal(short)}, {literal(alt)})"
        return f"#picture({literal(path)}, {literal(alt)})"

    def _figure(self, content: Any) -> list[Node]:
        _, caption, blocks = content
        words = pandoc.mapped(caption[1], self)
        if _FILE_NAME.fullmatch(plain(caption[1]).strip()):
            words = []  # the name that Jupyter gives a picture that was dropped into a cell
        return [*pandoc.mapped(blocks, self), raw_block("#caption["), *words, raw_block("]")]

    def _raw(self, kind: str, form: str, source: str) -> list[Node]:
        if form != "html":
            shown = f"#source-of-equation({literal(breakable(source))}, block: false)"
            return [raw_block(shown) if kind == "RawBlock" else raw_inline(shown)]
        tags = _Tags()
        tags.feed(source)
        made = raw_block if kind == "RawBlock" else raw_inline
        pictures = [made(self._picture(address, alt)) for address, alt in tags.pictures]
        return pictures + [made("#linebreak()") for _ in range(tags.n_breaks)]


_NOTHING = ["", [], []]


class _Tags(HTMLParser):
    """What matters on paper of a piece of HTML: pictures and line breaks."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[tuple[str, str]] = []
        self.n_breaks = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a tag."""
        values = dict(attrs)
        if tag == "img":
            self.pictures.append((values.get("src") or "", values.get("alt") or ""))
        self.n_breaks += tag == "br"
