"""Equations from TeX to typst; one that cannot be converted is shown as it was written."""

import re
from dataclasses import dataclass
from typing import Any

from course_handin import pandoc
from course_handin.texts import breakable, literal
from course_handin.typesetting import compiles
from course_notebooks.cleaning import clean

_BRACES = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_TAG = re.compile(r"\\tag(\*?)\s*" + _BRACES)
_NOT_SHOWN = re.compile(r"\\(?:nonumber|notag)\b|\\label\s*" + _BRACES)
_ENVIRONMENT = re.compile(
    r"\\begin\{(align|alignat|eqnarray|equation|flalign|gather|multline)(\*?)\}.*\\end\{\1\2\}",
    re.DOTALL,
)
_PROTECTED = re.compile(
    r"^ {0,3}(?P<fence>```+|~~~+).*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|(?<!`)(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)"
    r"|(?<!\\)\$\$(?P<display>.+?)\$\$"
    r"|(?<![\\$])\$(?!\$)(?P<inline>[^$\n]+?)(?<!\\)\$(?![\d$])",
    re.DOTALL | re.MULTILINE,
)
# Names that MathJax knows and pandoc does not.
_OTHER_NAMES = {
    r"\\bm\b": r"\\boldsymbol",
    r"\\mathds\b": r"\\mathbb",
    r"\\(?:mbox|hbox)\b": r"\\text",
    r"\\slashed\b": r"\\cancel",
    r"\\textcolor\s*\{\w*\}": "",
    r"\\middle\b": "",
    r"\\lt\b": "<",
    r"\\gt\b": ">",
    r"\\(?:displaystyle|textstyle|limits|nolimits)\b": "",
}
_SCALED = re.compile(r"#scale\(x: (\d+)%, y: \d+%\)\[((?:\\.|[^\]\\])+)\]")
# Pandoc rounds some blanks to a whole em: those of TeX's semicolon and exclamation mark.
_BLANKS = {"#h(0em)": "thick", "#h(-1em)": "#h(-0.17em)"}
_OPENING = (r"\(", r"\[", "{", "chevron.l", "floor.l", "ceil.l")
_CLOSING = (r"\)", r"\]", "}", "chevron.r", "floor.r", "ceil.r")


@dataclass(frozen=True)
class Equation:
    """TeX, in a line of its own or within a text."""

    tex: str
    display: bool


def as_pandoc_reads(source: str) -> str:
    r"""Markdown whose equations pandoc finds where Jupyter does.

    Jupyter lets blanks stand beside the dollar signs, and empty lines between two of them.

    Example:
        >>> as_pandoc_reads("$ x $, `$ y $` and $$a\n\nb$$")
        '$x$, `$ y $` and $$a\nb$$'
    """

    def mended(match: re.Match[str]) -> str:
        if match["display"] is not None:
            lines = match["display"].split("\n")
            inner = [line for line in lines[1:-1] if line.strip()]
            return "$$" + "\n".join([lines[0], *inner, *lines[1:][-1:]]) + "$$"
        inline = match["inline"]
        return match[0] if inline is None or not inline.strip() else f"${inline.strip()}$"

    return _PROTECTED.sub(mended, source)


def of_node(node: pandoc.Node) -> Equation | None:
    """The equation that a node of pandoc's tree is; also TeX's own environments."""
    if node["t"] == "Math":
        kind, tex = node["c"]
        return Equation(tex, kind["t"] == "DisplayMath")
    if node["t"] in ("RawInline", "RawBlock") and node["c"][0] in ("tex", "latex"):
        tex = node["c"][1]
        if _ENVIRONMENT.search(tex):
            return Equation(tex, True)
    return None


def convert(equations: set[Equation], version: list[int]) -> dict[Equation, str | None]:
    """Typst for each equation; `None` where pandoc or typst cannot make one of it.

    Args:
        equations: in TeX.
        version: of pandoc's tree.
    """
    ordered = sorted(equations, key=lambda one: (one.tex, one.display))
    trees = [[{"t": "Para", "c": [_math(one)]}] for one in ordered]
    written = pandoc.write(trees, version) if trees else []
    found = {
        one: _numbered(_polished(text), one)
        if text.startswith("$") and text.endswith("$")
        else None
        for one, text in zip(ordered, written, strict=True)
    }
    good = [text for text in found.values() if text is not None]
    if not compiles("\n\n".join(good)):
        found = {one: text if text and compiles(text) else None for one, text in found.items()}
    return found


def as_written(equation: Equation) -> str:
    """An equation's source in typst, for one that cannot be converted."""
    block = "true" if equation.display else "false"
    text = clean(equation.tex).strip()
    return f"#source-of-equation({literal(breakable(text))}, block: {block})"


def _math(equation: Equation) -> Any:
    kind = "DisplayMath" if equation.display else "InlineMath"
    return {"t": "Math", "c": [{"t": kind}, _prepared(equation.tex)]}


def _prepared(tex: str) -> str:
    r"""TeX without what only numbers or places it.

    Example:
        >>> _prepared(r"\bm{p} = 1 \tag{3} \label{eq:p}").strip()
        '\\boldsymbol{p} = 1'
    """
    tex = _NOT_SHOWN.sub("", _TAG.sub("", tex))
    for name, known in _OTHER_NAMES.items():
        tex = re.sub(name, known, tex)
    return "\n".join(line for line in tex.split("\n") if line.strip())


def _polished(text: str) -> str:
    """Pandoc's typst with the sizes and spaces that TeX gives.

    Example:
        >>> print(_polished('$ "softplus" \\\\( x \\\\) $'))
        $ op("softplus") \\( x \\) $
    """
    text = re.sub(r'upright\(("(?:[^"\\]|\\.)*")\)', r'class("normal", upright(\1))', text)
    text = re.sub(r'(?<!\()"(arg[a-z]+)"', r'op("\1", limits: #true)', text)
    text = re.sub(r'(?<!\()"([A-Za-z]{2,})"', r'op("\1")', text)
    text = re.sub(r'(\\[/(]) (?=class\("normal", upright)', r"\1", text)  # no blank before a text
    for rounded, blank in _BLANKS.items():
        text = text.replace(rounded, blank)
    text = _SCALED.sub(_delimiter, text)
    return re.sub(r"(?<![\w.])(\\\||parallel)(?!\w)", r'class("normal", \1)', text)


def _delimiter(match: re.Match[str]) -> str:
    r"""A bracket of the size that `\big` and its like ask for; `\big.` is none."""
    size, sign = match.groups()
    kind = "opening" if sign in _OPENING else "closing" if sign in _CLOSING else "normal"
    if sign in "{}":
        sign = "\\" + sign
    return "" if sign == "." else f'class("{kind}", lr(size: #{int(size) / 100}em, {sign}))'


def _numbered(text: str, equation: Equation) -> str:
    """Typst of an equation with the number that its author gave it."""
    tags = [words if star else f"({words})" for star, words in _TAG.findall(equation.tex)]
    if not tags:
        return text
    shown = re.sub(r"\\(?:text|mathrm|rm)\b|[${}]", "", ", ".join(tags))
    return f"#numbered({literal(shown)})[{text}]"
