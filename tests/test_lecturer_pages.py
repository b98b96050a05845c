"""What lecturers show: pages and slides without a network, alt texts of figures, run times."""

import base64
import shutil
from pathlib import Path

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from playwright.sync_api import Browser, Page

from course_grader.console import Console
from course_grader.course import Course
from course_grader.lecturer import pages, solutions
from course_grader.lecturer.slides import as_slides
from course_grader.lecturer.solved import Solved, recall, times_table
from course_grader.results.alt_texts import AltTexts, describe_figures

WORDS = 'A line that rises with "x" < 3 [GeV].'


def picture() -> object:
    return new_output("display_data", {"image/png": tiny.DOT})


def drawing(name: str, n: int = 1, **metadata: object) -> object:
    tags = [f"figure-{name}"] if name else []
    cell = new_code_cell("draw()", metadata={"tags": tags, **metadata})
    cell.outputs = [picture() for _ in range(n)]
    return cell


def alt_texts(notebook: object) -> list[str]:
    describe_figures(notebook)
    return [
        output.metadata["image/png"]["alt"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]


# ---------------------------------------------------------------------------------- alt texts


def test_a_figure_has_the_words_of_the_expected_one():
    shown = new_markdown_cell(f"You should get ![{WORDS}](figures/line.png)")
    assert alt_texts(tiny.notebook(shown, drawing("line"))) == [WORDS]
    assert alt_texts(tiny.notebook(shown, drawing("other"))) == ["Figure 1 of the notebook"]


def test_other_figures_are_numbered_below_their_heading():
    cells = [
        new_markdown_cell("# Sheet\n\n## The **loss**"),
        drawing("", 2),
        new_markdown_cell("no heading: #1"),
        drawing(""),
        new_markdown_cell("### Next"),
        drawing(""),
    ]
    assert alt_texts(tiny.notebook(*cells)) == [
        *(f"Figure {n} of The loss" for n in (1, 2, 3)),
        "Figure 1 of Next",
    ]


def test_a_cell_may_bring_its_own_words_and_second_figures_have_theirs():
    shown = new_markdown_cell("![one](figures/a.png) ![two](figures/a-2.png)")
    assert alt_texts(tiny.notebook(shown, drawing("a", 2))) == ["one", "two"]
    assert alt_texts(tiny.notebook(shown, drawing("a", 2, alt=["mine"]))) == ["mine", "two"]
    assert alt_texts(tiny.notebook(shown, drawing("a", alt=7))) == ["one"]


def test_feedback_gives_figures_their_words(course):
    assert f"{AltTexts.__module__}.AltTexts" in course.config.GenerateFeedback.preprocessors
    shown = new_markdown_cell("![a line](figures/line.png)")
    notebook = tiny.notebook(shown, drawing("line"))
    notebook.cells[1].outputs[0].metadata["image/png"] = "not what nbformat says"
    AltTexts().preprocess(notebook, {})
    assert notebook.cells[1].outputs[0].metadata["image/png"] == {"alt": "a line"}


# ------------------------------------------------------------------------------------- slides


def test_slides_follow_headings_answers_and_figures():
    cells = [
        new_markdown_cell("# Title\n\nwords\n\n## Section"),
        new_code_cell("short()"),
        new_code_cell("\n".join(f"line({n})" for n in range(30))),
        new_markdown_cell("![the expected figure](figures/line.png)"),
        drawing("line"),
        new_markdown_cell("*Read the figure.*"),
        new_markdown_cell("### Part"),
        new_markdown_cell("```\n# no heading\n```"),
    ]
    made = as_slides(tiny.notebook(*cells))
    assert [(cell.source[:10], cell.metadata.slideshow["slide_type"]) for cell in made.cells] == [
        ("# Title\n\nw", "slide"),
        ("## Section", "slide"),
        ("short()", "-"),
        ("line(0)\nli", "subslide"),
        ("draw()", "subslide"),
        ("*Read the ", "-"),
        ("### Part", "subslide"),
        ("```\n# no h", "-"),
    ]


@pytest.mark.parametrize("kind", ["slide", "subslide", "fragment", "skip", "notes"])
def test_the_author_has_the_last_word_on_slides(kind):
    cell = new_markdown_cell("# A\n\n# B", metadata={"slideshow": {"slide_type": kind}})
    made = as_slides(tiny.notebook(cell)).cells
    assert [(one.source, one.metadata.slideshow["slide_type"]) for one in made] == [
        ("# A\n\n# B", kind)
    ]


def test_a_picture_of_nothing_that_follows_stays_on_the_slides():
    cells = [new_markdown_cell("![sketch](figures/sketch.png)"), drawing("line")]
    assert "sketch.png" in as_slides(tiny.notebook(*cells)).cells[0].source


# ------------------------------------------------------------------- the pages in a browser


@pytest.fixture(scope="module")
def solved_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Solutions of a course in a folder with a space and an umlaut, without the print."""
    root = tiny.make_course(tmp_path_factory.mktemp("solved") / "Übungen 1")
    notebook = tiny.means()
    notebook.cells.insert(3, new_markdown_cell(f"![{WORDS}](figures/line.png)", id="expected"))
    tiny.write(root, "means", notebook)
    figure = root / "solutions" / tiny.SHEET / "figures" / "line.png"
    figure.parent.mkdir()
    figure.write_bytes(base64.b64decode(tiny.DOT))
    opened = Course.open(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solutions, "find_browser", lambda: None)
        solutions.run_solutions(opened, tiny.SHEET, only="means")
    return opened


@pytest.fixture
def folder(solved_course, tmp_path) -> Path:
    """The pages, put elsewhere: nothing of them may point back."""
    made = solved_course.build / "solutions" / tiny.SHEET
    return Path(shutil.copytree(made, tmp_path / "on a stick ß"))


def opened(chromium: Browser, path: Path) -> tuple[Page, list[str]]:
    """A page with equations set, and the addresses that it loaded outside its own folder."""
    page = chromium.new_page()
    outside: list[str] = []
    home = path.parent.as_uri() + "/"

    def heard(route):
        address = route.request.url
        if address.startswith((home, "data:")):
            route.continue_()
        else:
            outside.append(address)
            route.abort()

    page.route("**/*", heard)
    page.goto(path.as_uri())
    return page, outside


@pytest.mark.parametrize("name", ["means.html", "means.slides.html"])
def test_pages_load_nothing_from_elsewhere_and_set_equations(chromium, folder, name):
    page, outside = opened(chromium, folder / name)
    page.wait_for_selector(".MathJax_Display .MathJax, .MathJax_SVG", state="attached")
    assert outside == []
    drawn = page.locator(".jp-OutputArea img")
    assert [drawn.nth(n).get_attribute("alt") for n in range(drawn.count())] == [WORDS]
    page.close()


def test_slides_advance(chromium, folder):
    page, _ = opened(chromium, folder / "means.slides.html")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    before = page.evaluate("Reveal.getIndices()")
    page.keyboard.press("Space")
    assert page.evaluate("Reveal.getIndices()") != before
    while not page.evaluate("Reveal.isLastSlide()"):
        page.keyboard.press("Space")
    assert page.evaluate("Reveal.getTotalSlides()") >= 2
    assert page.locator("section.present img").count() == 1
    page.close()


def test_a_page_without_its_files_asks_for_them_alone(chromium, folder):
    shutil.rmtree(folder / "assets")
    page, outside = opened(chromium, folder / "means.html")
    assert outside == []
    assert page.evaluate("typeof MathJax") == "undefined"  # so the test above can fail
    page.close()


def test_the_index_links_what_was_made_and_says_how_long_it_took(chromium, folder):
    page, outside = opened(chromium, folder / "index.html")
    links = page.locator("a")
    targets = [links.nth(n).get_attribute("href") for n in range(links.count())]
    assert sorted(targets) == ["means.html", "means.ipynb", "means.slides.html"]
    assert all((folder / target).is_file() for target in targets)
    assert "run-4" in page.inner_text("table")
    assert outside == []
    page.close()


def test_times_are_remembered_in_the_executed_notebook(solved_course):
    one = recall(solved_course.build / "solutions" / tiny.SHEET, "means")
    assert one is not None
    assert set(one.cells) == {"setup", "task-4-mean", "run-4", "check-4-mean"}
    assert 0 < sum(one.cells.values()) < one.seconds
    assert recall(solved_course.root, "means") is None


def test_without_reveal_there_are_no_slides_and_a_hint(solved_course, monkeypatch):
    monkeypatch.setattr(solutions, "find_reveal", lambda: None)
    monkeypatch.setattr(solutions, "find_browser", lambda: None)
    done = solutions.run_solutions(solved_course, tiny.SHEET, only="adding")
    assert pages.NO_SLIDES in done[0].problems
    assert not done[0].failed
    assert "adding.slides.html" not in {path.name for path in done[0].files}


def test_the_table_of_times_fits_80_columns_without_colour(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    name = "a_notebook_with_a_name_that_is_much_longer_than_usual"
    one = Solved(name, 75.0, {f"check-{n}-{'long' * 20}": float(n) for n in range(9)})
    Console().table(times_table("sheet01", [one]))
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "1 min 15 s" in "".join(lines)
    assert "\x1b" not in "".join(lines)
