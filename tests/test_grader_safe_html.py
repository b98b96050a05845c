"""What a tutor opens: no script of a student runs, and what is worth reading is still there."""

import base64
import copy
import re
import shutil
import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.server_extensions import formgrader

from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.defaults import fair_defaults
from course_grader.files import read_notebook
from course_grader.grading.autograde import give_nothing
from course_grader.grading.grade import Grading
from course_grader.results.feedback import feedback
from course_grader.results.safe_html import SafeHtml
from course_notebooks.browser import find_browser

SHEET = tiny.SHEET
GROUP = "group-01"


def act(name: str) -> str:
    """Script that leaves a mark on the page; the mark is in no source as it stands."""
    return f"document.documentElement.className+=' ran'+'-{name} '"


def script(name: str) -> str:
    return f"<script>{act(name)}</script>"


def image(name: str) -> str:
    return f'<img src="x:" onerror="{act(name)}">'


def svg(name: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" onload="{act(name)}"></svg>'


def display(**data: Any) -> Any:
    return new_output("display_data", data={key.replace("_", "/"): v for key, v in data.items()})


def shows(*outputs: Any, **metadata: Any) -> Any:
    return new_code_cell("draw()", outputs=list(outputs), execution_count=1, metadata=metadata)


def sized(width: str) -> Any:
    output = display(image_png=tiny.DOT)
    output.metadata = {"image/png": {"width": width, "height": 3}}
    return output


def isolated() -> Any:
    output = display(text_html=script("isolated"))
    output.metadata = {"text/html": {"isolated": True}}
    return output


def attached() -> Any:
    cell = new_markdown_cell("![a](attachment:a.svg) ![b](attachment:b.png)")
    data = base64.b64encode(svg("attachment").encode()).decode()
    odd = {"image/png": f'"><script>{act("attached")}</script>'}
    cell["attachments"] = {"a.svg": {"image/svg+xml": data}, "b.png": odd}
    return cell


def comment() -> Any:
    cell = new_code_cell("1")
    cell.metadata.nbgrader = {"grade_id": script("gradeid"), "comment": script("comment")}
    return cell


LINK = rf"$\href{{javascript:{act('latex')}}}{{here}}$"
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": script("widget")}}
STATE = {"state": {"a": {"model_name": script("state")}}}
PLACES: dict[str, Any] = {
    "markdown": new_markdown_cell(f"Answer: {image('markdown')}"),
    "markdown-block": new_markdown_cell(script("block")),
    "markdown-open-tag": new_markdown_cell(f'<div onfocus="{act("open")}" autofocus tabindex=1 '),
    "markdown-link": new_markdown_cell(f"[click]( java&#115;cript:{act('link')} )"),
    "markdown-autolink": new_markdown_cell(f"<javascript:{act('auto').replace(' ', '')}>"),
    "markdown-mermaid": new_markdown_cell(f"```mermaid\n{image('mermaid')}\n```"),
    "markdown-math": new_markdown_cell(f"$x {image('math')}$ and $$y {script('display')}$$"),
    "markdown-fence": new_markdown_cell(f'```x"><img/src=x:/onerror={act("f")}>\n1\n```'),
    "markdown-svg": new_markdown_cell(svg("svg")),
    "markdown-namespaces": new_markdown_cell(
        f"<math><mtext><table><mglyph><style><!--</style>{image('namespace')}"
    ),
    "attachment": attached(),
    "raw": new_raw_cell(script("raw"), metadata={"raw_mimetype": "text/html"}),
    "html": shows(display(text_html=script("html") + image("html"))),
    "html-in-frame": shows(isolated()),
    "html-frame": shows(display(text_html=f'<iframe srcdoc="{image("frame")}"></iframe>')),
    "html-form": shows(
        display(text_html="<form><button formaction='javascript:1'>x</button></form>")
    ),
    "javascript": shows(display(application_javascript=act("javascript"))),
    "svg": shows(display(**{"image_svg+xml": svg("figure")})),
    "markdown-output": shows(display(text_markdown=image("output"))),
    "latex": shows(
        display(text_latex=rf"$\href{{javascript:{act('latex')}}}{{x}}$" + image("tex"))
    ),
    "mermaid": shows(display(**{"text_vnd.mermaid": image("vnd")})),
    "widget": shows(new_output("display_data", data=WIDGET)),
    "stream": shows(new_output("stream", name="stderr", text=image("stream"))),
    "error": shows(
        new_output(
            "error", ename=script("ename"), evalue=image("evalue"), traceback=[image("traceback")]
        )
    ),
    "picture": shows(display(image_png=f'"><script>{act("png")}</script>')),
    "picture-size": shows(sized(f"1 onload={act('size').replace(' ', '/**/')}")),
    "tags": shows(tags=[f'"><script>{act("tags")}</script>']),
    "magics": shows(magics_language=f'"><script>{act("magics")}</script>'),
    "comment": comment(),
    "alt": shows(display(image_png=tiny.DOT), alt=f'"onload="{act("alt")}'),
}


def dirty() -> Any:
    """The first notebook, with a script wherever one can be put."""
    notebook = copy.deepcopy(tiny.adding())
    for cell in notebook.cells:
        cell.id = str(cell.id)
    notebook.cells += copy.deepcopy(list(PLACES.values()))
    for index, cell in enumerate(notebook.cells[-len(PLACES) :]):
        cell.id = f"place-{index}"
    evil = f'"><script>{act("lexer")}</script>'
    notebook.metadata = nbformat.from_dict(
        {
            "title": f"</title><script>{act('title')}</script>",
            "kernelspec": {"name": "python3", "display_name": script("kernel"), "language": evil},
            "language_info": {"name": evil, "pygments_lexer": evil},
            "widgets": {
                "application/vnd.jupyter.widget-state+json": {
                    "state": {"a": {"model_name": script("state")}}
                }
            },
        }
    )
    return notebook


def cleaned(notebook: Any) -> Any:
    return SafeHtml().preprocess(copy.deepcopy(notebook), {})[0]


def feedback_page(course: Any, notebook: Any, *, stays_here: bool = False) -> Path:
    """The page that nbgrader makes of a marked notebook."""
    with nbgrader_house(course.root):
        give_nothing(course, SHEET, GROUP, [])
    path = course.autograded / GROUP / SHEET / "adding.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.v4.nbjson.writes(notebook), encoding="utf-8")
    pages = feedback(course, SHEET, stays_here=stays_here)
    assert pages.failed == {}
    return Path(course.feedback / GROUP / SHEET / "adding.html")


def formgrader_page(folder: Path, notebook: Any) -> Path:
    """The page on which a tutor marks."""
    templates = Path(formgrader.__file__).parent / "templates"
    names = ("notebook_id", "assignment_id", "submission_id", "student", "base_url")
    resources = {name: name for name in names} | {"index": 0, "total": 1, "notebook_path": "x"}
    exporter = HTMLExporter(
        template_name="formgrade", extra_template_basedirs=[str(templates)], config=fair_defaults()
    )
    html, _ = exporter.from_notebook_node(copy.deepcopy(notebook), resources=resources)
    path = folder / "formgrade.html"
    path.write_text(html, encoding="utf-8")
    return path


def opened(page: Path) -> str:
    """The page as a browser has it after all scripts."""
    browser = find_browser()
    assert browser is not None, "these tests need Chromium (Debian: apt install chromium)"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-dev-shm-usage", "--disable-background-networking"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files"),
            *(f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--dump-dom"),
            page.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode("utf-8", "replace")


def ran(dom: str) -> set[str]:
    """Names of the scripts that ran."""
    return set(re.findall(r"ran-(\w+)", dom))


class Active(HTMLParser):
    """What could still run in a page when somebody clicks or moves the mouse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            bare = re.sub(r"[\s\x00-\x20]", "", value or "").lower()
            if name.startswith("on") and "toggle_name" not in bare:
                self.found.append(f"{tag} {name}")
            if bare.startswith(("javascript:", "vbscript:", "data:text")) or name == "srcdoc":
                self.found.append(f"{tag} {name}={bare[:40]}")
        if tag in ("iframe", "object", "embed", "form", "base", "meta") and dict(attrs) not in (
            {"charset": "utf-8"},
            {"name": "viewport", "content": "width=device-width, initial-scale=1.0"},
        ):
            self.found.append(tag)


@pytest.fixture(scope="module")
def clean_page(released_course, tmp_path_factory):
    root = tmp_path_factory.mktemp("safe") / "course"
    course = Course.open(shutil.copytree(released_course, root))
    return feedback_page(course, cleaned(dirty()))


def test_no_script_of_a_student_runs_on_the_feedback_page(clean_page):
    dom = opened(clean_page)
    assert "Your answer" in dom
    assert ran(dom) == set()


def test_without_the_sanitiser_scripts_do_run(course):
    found = ran(opened(feedback_page(course, dirty())))
    assert {"markdown", "block", "mermaid", "open", "html"} <= found


def test_no_script_of_a_student_runs_in_the_formgrader(tmp_path):
    page = formgrader_page(tmp_path, cleaned(dirty()))
    dom = opened(page)
    assert "scoring-buttons" in dom
    assert ran(dom) == set()
    assert Active(page.read_text("utf-8")).found == []


def test_nothing_is_left_that_a_click_could_start(clean_page, course):
    page = Active(clean_page.read_text("utf-8"))
    assert page.found == []
    bare = Active(feedback_page(course, tiny.adding()).read_text("utf-8"))
    assert page.scripts == bare.scripts
    assert Active(feedback_page(course, dirty()).read_text("utf-8")).found


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_a_valid_notebook_afterwards(place):
    nbformat.validate(cleaned(tiny.notebook(PLACES[place])))


def test_numbers_and_ids_of_cells_are_such():
    notebook = tiny.notebook(shows(new_output("execute_result", data={"text/plain": "1"})))
    notebook.cells[0].execution_count = image("count")
    notebook.cells[0].outputs[0].execution_count = image("count")
    notebook.cells[0].id = image("id")
    cell = cleaned(notebook).cells[0]
    assert cell.id == "cell-0"
    assert (cell.execution_count, cell.outputs[0].execution_count) == (None, None)


def test_a_display_of_which_nothing_is_left_says_so():
    cell = cleaned(tiny.notebook(shows(display(application_javascript="1")))).cells[0]
    assert cell.outputs[0].data == {"text/plain": "(not shown: application/javascript)"}


@pytest.mark.parametrize("kind", ["svg", "object", "iframe"])
def test_where_a_drawing_was_removed_words_stand(kind):
    drawing = f"<p>Before</p><{kind}><title>x</title><svg></svg></{kind}><p>after</p>"
    notebook = tiny.notebook(new_markdown_cell(drawing), shows(display(text_html=drawing)))
    written, drawn = cleaned(notebook).cells
    for text in (written.source, drawn.outputs[0].data["text/html"]):
        assert "Before" in text
        assert "after" in text
        assert text.count("[a picture of this kind is not shown]") == 1


MATH = "If $a < b$ & so on:\n\n$$x &= y \\\\ z &< 1$$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`x < 1`"
TABLE = (
    '<div><style scoped>.dataframe tbody tr th { top: 0 }</style><table border="1" '
    'class="dataframe"><thead><tr style="text-align: right;"><th></th><th>a</th></tr></thead>'
    "<tbody><tr><th>0</th><td>1.5 &lt; 2</td></tr></tbody></table></div>"
)


def test_harmless_markdown_stays_as_it_was_written():
    notebook = cleaned(tiny.notebook(new_markdown_cell(MATH)))
    assert notebook.cells[0].source == MATH


def test_pictures_tables_and_values_stay():
    outputs = [
        display(image_png=tiny.DOT, text_plain="<Figure>"),
        display(text_html=TABLE, text_plain="a"),
        new_output("stream", name="stdout", text="a < b\n"),
    ]
    outputs[0].metadata = {"image/png": {"width": 300, "height": 200.5}}
    cell = cleaned(tiny.notebook(shows(*outputs))).cells[0]
    assert cell.outputs[0] == outputs[0]
    html = cell.outputs[1].data["text/html"]
    assert 'class="dataframe"' in html
    assert "text-align: right" in html
    assert "1.5 &lt; 2" in html
    assert ".dataframe tbody" not in html
    assert cell.outputs[2].text == "a < b\n"


def test_an_attached_picture_stays_and_a_missing_one_breaks_nothing(course):
    picture = new_markdown_cell("![p](attachment:p.png)")
    picture["attachments"] = {"p.png": {"image/png": tiny.DOT}}
    missing = new_markdown_cell("<b>see</b> ![p](attachment:gone.png)")
    page = feedback_page(course, cleaned(tiny.notebook(picture, missing))).read_text("utf-8")
    assert f'src="data:image/png;base64,{tiny.DOT}"' in page
    assert "attachment:gone.png" in page


def test_cells_for_marks_stay_what_they_are():
    before = tiny.means()
    after = cleaned(before)
    assert [cell.metadata for cell in after.cells] == [cell.metadata for cell in before.cells]
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]


def test_equations_are_set_by_mathjax_also_where_html_was_removed(course):
    tangled = "<b>Bold</b> and $a < b$:\n\n$$u \\\\ v & w$$"
    cells = [new_markdown_cell(MATH), new_markdown_cell(tangled), shows(display(text_latex=LINK))]
    notebook = cleaned(tiny.notebook(*cells))
    assert notebook.cells[1].source.startswith("<div>")
    dom = opened(feedback_page(course, notebook, stays_here=True))
    assert len(set(re.findall(r"MathJax-Element-\d+-Frame", dom))) == 5
    assert "<b>Bold</b>" in dom
    assert not re.search(r"href=\"javascript", dom)


def test_autograding_ends_with_it(course):
    steps = fair_defaults().Autograde.autograde_preprocessors
    assert steps[-1] == "course_grader.results.bounded_html.BoundedHtml"
    notebook = read_notebook(course.release / SHEET / "adding.ipynb")
    cells = {cell.id: cell for cell in notebook.cells}
    cells["written-3-why"].source = script("answer")
    shown = f"from IPython.display import HTML, display\ndisplay(HTML({script('html')!r}))"
    cells["task-2-guess"].source = shown
    path = course.submitted / GROUP / SHEET / "adding.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    Grading(course, SHEET).run()
    marked = read_notebook(course.autograded / GROUP / SHEET / "adding.ipynb")
    cells = {cell.id: cell for cell in marked.cells}
    assert "<script" not in cells["written-3-why"].source
    assert cells["task-2-guess"].outputs[0].data["text/html"] == ""
    assert feedback(course, SHEET).failed == {}
