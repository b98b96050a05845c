"""Notebooks on paper: equations, pictures, tables, long lines, and whatever else one may write."""

import base64
import io
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from pypdf import PdfReader, PdfWriter

from course_grader.course import Course
from course_handin import by_browser, equations, pandoc
from course_handin.answers import review
from course_handin.group import Group, Member
from course_handin.paper import Paper, make_paper
from course_handin.sheet import Sheet

COURSE = Course.open(Path(__file__).parents[1])
GROUP = Group("group-07", (Member("Zoë Müßter", "3"),))
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle r="9"/></svg>'
A4 = (595.3, 841.9)


def ran(source: str, *outputs: Any) -> Any:
    return new_code_cell(source, outputs=list(outputs), execution_count=1)


def shown(**data: Any) -> Any:
    return new_output(
        "display_data", {name.replace("_", "/", 1): one for name, one in data.items()}
    )


def print_cells(folder: Path, *cells: Any) -> Paper:
    notebook = tiny.notebook(*cells)
    sheet = Sheet("week1", folder, folder, "Sums & means", "", (folder / "one.ipynb",))
    reviews = [review("one", notebook)]
    return make_paper(sheet, GROUP, {"one": notebook}, reviews, date(2030, 4, 1))


def text_of(paper: Paper) -> str:
    pages = PdfReader(io.BytesIO(paper.content)).pages
    assert len(pages) == paper.n_pages
    return "\n".join(page.extract_text().replace("\u200b", "") for page in pages)


def boxes(paper: Paper, folder: Path) -> list[tuple[float, float, float, float]]:
    """Where the words stand on their pages."""
    path = folder / "boxes.pdf"
    path.write_bytes(paper.content)
    listed = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], check=True, capture_output=True, text=True
    ).stdout
    pattern = r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"'
    found = [tuple(map(float, match)) for match in re.findall(pattern, listed)]
    assert found
    return found  # type: ignore[return-value]


def test_a_notebook_on_paper(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "spectrum.png").write_bytes(tiny.png())
    dot = base64.b64encode(tiny.png()).decode()
    drawn = new_markdown_cell("![image.png](attachment:image.png)")
    drawn["attachments"] = {"image.png": {"image/png": dot}}
    alt = new_output("display_data", {"image/png": dot}, metadata={"image/png": {"alt": "A dot."}})
    paper = print_cells(
        tmp_path,
        new_markdown_cell(
            "# Title #1 @x\n\nCosts \\$5, $ E = m c^2 $ and\n\n"
            "$$\n\\begin{aligned} \\chi^2 &= 7 \\\\\n\n"
            "&= 8 \\end{aligned}\n\\tag{12}\n$$\n\n| a | b |\n|:-|-:|\n| one | $|x|$ |\n\n"
            "![The spectrum.](figures/spectrum.png)\n\n[up](#nowhere)<br>"
            '<img src="figures/spectrum.png"> <b>bold</b>'
        ),
        drawn,
        new_markdown_cell("\\begin{align} y &= z \\tag{3} \\end{align}"),
        ran(
            "print('ready')",
            new_output("stream", text=" 10%\r\x1b[32mready\x1b[0m\n"),
            shown(text_html="<table><tr><td>4</td></tr></table>", text_plain="   frame\n0  4"),
            shown(text_html="<p>only <b>html</b></p><script>no()</script>"),
            shown(text_latex="$\\displaystyle \\gamma = 3$"),
            shown(**{"image_svg+xml": SVG}),
            alt,
        ),
        ran(
            "1 / 0",
            new_output("error", ename="E", evalue="v", traceback=["\x1b[31mTrace\x1b[0m", "E: v"]),
        ),
    )
    assert paper.problems == paper.remarks == []
    text = text_of(paper)
    for words in ("Title #1 @x", "Costs $5", "(12)", "(3)", "The spectrum.", "ready", "A dot."):
        assert words in text
    for words in ("0  4", "only html", "Trace", "E: v", "one", "bold", "𝜒", "𝛾", "up"):
        assert words in text
    for words in ("10%", "[32m", "image.png", "no()", "<b>", "\\chi", "tag"):
        assert words not in text
    contents = [page.get_contents() for page in PdfReader(io.BytesIO(paper.content)).pages]
    assert (
        sum(len(re.findall(rb" Do\b", one.get_data())) for one in contents if one is not None) == 4
    )


@pytest.mark.parametrize(
    "output",
    [
        shown(text_html="<div id='a1'></div>", text_plain="<HTML object>"),
        shown(**{"application_vnd.plotly.v1+json": "{}", "text_plain": "Figure()"}),
        shown(**{"application_vnd.jupyter.widget-view+json": "{}", "text_plain": "Canvas(t=1)"}),
        shown(application_pdf="JVBERi0=", text_plain="<Figure>"),
        shown(text_html='<img src="data:image/png;base64,AAAA">'),
    ],
)
def test_a_figure_that_paper_cannot_show_is_named(tmp_path, output):
    paper = print_cells(tmp_path, new_markdown_cell("# Title"), ran("draw()", output))
    (problem,) = paper.problems
    assert problem.endswith("cell 2: a picture cannot be shown")


def test_a_figure_that_was_drawn_in_a_browser_is_on_paper(tmp_path):
    dot = base64.b64encode(tiny.png()).decode()
    html = f'<img src="data:image/png;base64,{dot}" width="640">'
    paper = print_cells(tmp_path, ran("draw()", shown(text_html=html, text_plain="<HTML object>")))
    assert paper.problems == []
    (page,) = PdfReader(io.BytesIO(paper.content)).pages[1:]
    assert re.search(rb" Do\b", page.get_contents().get_data())


@pytest.mark.parametrize("name", COURSE.sheets())
def test_every_equation_of_a_sheet_comes_out(name):
    found = set()

    def gather(node: pandoc.Node) -> None:
        equation = equations.of_node(node)
        if equation is not None:
            found.add(equation)

    sources = [
        equations.as_pandoc_reads(cell.source)
        for path in sorted((COURSE.source / name).glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    ]
    pandoc.mapped(pandoc.read(sources), gather)
    assert found
    converted = equations.convert(found, pandoc.api_version())
    assert [one.tex for one, typst in converted.items() if typst is None] == []
    numbered = [text for text in converted.values() if text and text.startswith("#numbered")]
    assert len(numbered) == len([one for one in found if "\\tag" in one.tex])
    assert not [text for text in converted.values() if text and "#scale" in text]
    assert not [text for text in converted.values() if text and "#h(0em)" in text]


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\Big\langle x \Big\rangle", "⟨𝑥⟩"),
        (r"\big\| x \big\|", "‖𝑥‖"),
        (r"a \text{ if } b", "𝑎 if 𝑏"),
        (r"\operatorname{softplus}(x)", "softplus(𝑥)"),
        (r"m/\text{GeV}", "𝑚/GeV"),
        (r"\bm{p} \label{eq:p} \nonumber", "𝒑"),
    ],
)
def test_equations_read_as_in_tex(tmp_path, tex, expected):
    text = text_of(print_cells(tmp_path, new_markdown_cell(f"$${tex}$$")))
    plain = re.sub(r"\s+", " ", text.replace("∥", "‖"))
    assert expected in plain or expected.replace(" ", "") in plain.replace(" ", "")
    assert not re.search(r"chevron|parallel|\\", text)


def test_an_equation_that_cannot_be_converted_is_shown_as_its_source(tmp_path):
    paper = print_cells(
        tmp_path, new_markdown_cell("Good $x$ and $\\foo{y}$, $$\\left(\\frac12\\right|$$")
    )
    text = text_of(paper)
    assert "\\foo{y}" in text
    assert "\\left(\\frac12\\right|" in text
    assert "𝑥" in text
    assert len(paper.problems) == 2
    assert paper.problems[0].startswith("one, cell 1: an equation is shown as its source: ")


def test_nothing_runs_off_the_page(tmp_path):
    word = "x" * 400
    row = " | ".join(f"column{number}_with_a_long_name" for number in range(14))
    rule = "|".join(["-"] * 14)
    sum_of = " + ".join(f"a_{{{number}}}" for number in range(90))
    paper = print_cells(
        tmp_path,
        new_markdown_cell(
            f"{word} `{word}` https://example.org/{word}\n\n| {row} |\n|{rule}|\n| {row} |"
        ),
        new_markdown_cell(f"$$\\frac{{{sum_of}}}{{2}} \\tag{{1}}$$\n\n# {word}"),
        ran(f"text = '{word}'\n{' ' * 60}f({', '.join(['argument'] * 40)})"),
        ran("1", new_output("stream", text=word + "\n" + "word " * 200)),
        ran("2", new_output("error", ename=word, evalue=word, traceback=[f"{word}: {word}"])),
    )
    assert paper.problems == []
    for left, top, right, bottom in boxes(paper, tmp_path):
        assert 40 < left <= right < A4[0] - 40
        assert 30 < top <= bottom < A4[1] - 20


def test_footer_names_the_notebook_and_the_page(tmp_path):
    paper = print_cells(tmp_path, new_markdown_cell("a"))
    last = PdfReader(io.BytesIO(paper.content)).pages[-1]
    assert re.search(r"one\s+2 / 2", last.extract_text())
    assert [float(one) for one in last.mediabox[2:]] == pytest.approx(A4, abs=1)


def test_what_cannot_be_shown_is_told(tmp_path):
    broken = base64.b64encode(tiny.png()[:40]).decode()
    (tmp_path / "derivation.jpg").write_bytes(b"no picture")
    (tmp_path / "derivation.pdf").write_bytes(b"%PDF-1.4 no more")
    locked = PdfWriter()
    locked.add_blank_page(width=100, height=100)
    locked.encrypt("secret", algorithm="RC4-128")
    locked.write(tmp_path / "derivation-2.pdf")
    paper = print_cells(
        tmp_path,
        new_markdown_cell("![gone](gone.png) ![far](https://example.org/far.png)"),
        new_markdown_cell("![evil](../../../../etc/hostname)"),
        ran("1", new_output("display_data", {"image/png": broken, "text/plain": "<Figure 1>"})),
    )
    text = text_of(paper)
    assert "gone.png" in text
    assert "<Figure 1>" in text
    problems = "\n".join(paper.problems)
    for words in ("gone.png", "far.png", "hostname", "cell 3"):
        assert words in problems
    for name in ("derivation.jpg", "derivation.pdf", "derivation-2.pdf"):
        assert name in problems


def test_long_outputs_are_cut_with_a_note(tmp_path):
    text = text_of(
        print_cells(
            tmp_path,
            ran("1", new_output("stream", text="\n".join(f"line{n}" for n in range(3000)))),
            ran("2", *[new_output("stream", text=f"piece{n}\n") for n in range(100)]),
        )
    )
    assert "2880 of 3000 lines are left out" in text
    assert "line0" in text
    assert "line2999" in text
    assert "line1500" not in text
    assert "40 more outputs are in the notebook" in text


def test_a_text_that_typst_refuses_is_shown_as_it_was_written(tmp_path, monkeypatch):
    write = pandoc.write
    monkeypatch.setattr(
        pandoc, "write", lambda *of: [one.replace("BREAK", "#(") for one in write(*of)]
    )
    paper = print_cells(tmp_path, new_markdown_cell("BREAK *this*"), new_markdown_cell("fine"))
    assert paper.problems == ["one, cell 1: shown as it was written"]
    assert "BREAK *this*" in text_of(paper)
    assert "fine" in text_of(paper)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(
    "#{ } $ _ * ` @x <y> \\ [ ] // /* */ ~ \" ' = + - 1. <!-- <img <br $$ \\begin{align} \x00\x1b["
)
@example("```\n<div>\n$$\\frac{$$ [x](#y) ![z](w) | a |\n|-|\n\ud800\u202e\ufffe #let")
@given(st.text(alphabet=st.characters(), min_size=1, max_size=60))
def test_no_text_breaks_the_document(tmp_path, text):
    paper = print_cells(
        tmp_path,
        new_markdown_cell(text.encode(errors="replace").decode()),
        ran(text, new_output("stream", text=text), shown(text_plain=text, text_markdown=text)),
        ran("1", new_output("error", ename=text, evalue=text, traceback=[text])),
    )
    assert paper.remarks == []
    assert paper.n_pages >= 2


def test_without_typst_a_browser_prints(tmp_path, monkeypatch):
    def fails(*arguments: Any) -> str:
        raise pandoc.PandocError("no pandoc here")

    monkeypatch.setattr(pandoc, "_convert", fails)
    paper = print_cells(tmp_path, new_markdown_cell("# On paper\n\n$\\alpha$"), ran("6 * 7"))
    text = text_of(paper)
    assert "printed by a browser" in paper.remarks[0]
    assert "no pandoc here" in paper.remarks[0]
    for words in ("Zoë Müßter", "On paper", "6 * 7"):
        assert words in text
    monkeypatch.setattr(by_browser, "find_browser", lambda: None)
    nothing = print_cells(tmp_path, new_markdown_cell("x"))
    assert nothing.content == b""
    assert "no Chromium, Chrome or Edge" in nothing.problems[0]


def test_blanks_in_equations_have_the_width_of_tex():
    narrow, wide = equations.Equation(r"a\!b", True), equations.Equation(r"a\;b", True)
    converted = equations.convert({narrow, wide}, pandoc.api_version())
    assert converted == {narrow: "$ a #h(-0.17em) b $", wide: "$ a thick b $"}
