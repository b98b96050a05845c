"""Whatever others wrote leaves in one way: nothing steers a terminal, a table or a page."""

import ast
import copy
import io
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import nasty, tiny
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.server_extensions import formgrader
from pypdf import PdfReader
from typer.testing import CliRunner

from course_grader import cli
from course_grader.console import Console, Work
from course_grader.course import Course
from course_grader.defaults import fair_defaults
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.results.feedback import feedback
from course_grader.results.formgrader import _name_groups
from course_grader.results.safe_html import SafeHtml
from course_grader.sandbox.bubblewrap import SHARED
from course_handin.cli import students
from course_notebooks import cleaning
from course_notebooks.terminal import Table, Terminal

ROOT = Path(__file__).parents[1]
SHEET = tiny.SHEET
TEXTS = {**nasty.SIGNS, **nasty.MARKUP}
EVERY = [*TEXTS.values(), "=1+1", "a;=1+1", "＝1"]  # a group each


# One function for each kind of exit


@pytest.mark.parametrize("name", nasty.SIGNS)
@pytest.mark.parametrize("function", ["clean", "line", "block", "printed", "html"])
def test_nothing_is_left_that_steers(name, function):
    cleaned = getattr(cleaning, function)(f"before {nasty.SIGNS[name]} after\n")
    assert nasty.steers(nasty.SIGNS[name])
    assert nasty.steers(cleaned) == []
    assert "before" in cleaned or name == "carriage"
    assert "after" in cleaned
    assert "\x1b" not in cleaned
    assert getattr(cleaning, function)(cleaned.strip()) or function == "html"


@pytest.mark.parametrize(
    "text", ["", "Zoë Müßter, 张伟", "n̄ = ∫ x dx", "👩‍🔬 → ✓", "a\tb\n  c", "می‌روم", "x\xa0= 1"]
)
def test_honest_texts_stay_as_they_are(text):
    assert cleaning.clean(text) == cleaning.block(text) == cleaning.coloured(text) == text
    assert cleaning.csv_text([[text]]).strip('"\n') == " ".join(text.split())


def test_no_line_passes_for_one_of_ours():
    said = cleaning.block("why\ngroup-99: all points\rgroup-98: too\u2028group-97: too").split("\n")
    assert [line[:2] == "  " for line in said] == [False, True, True, True]


def test_colours_of_a_program_stay_and_nothing_else():
    kept = cleaning.coloured("".join(nasty.SIGNS.values()) + "\x1b[31mred\x1b[0m")
    assert kept.endswith("\x1b[31mred\x1b[0m")
    assert nasty.steers(re.sub(r"\x1b\[[0-9;]*m", "", kept)) == []


@pytest.mark.parametrize("many", ["\x1b]", "\x9d", "\x1b[", "\x1b", "\r", "\x1b]0;" + "x" * 50])
def test_a_long_text_is_cleaned_in_no_time(many):
    assert len(cleaning.coloured(many * 200_000)) < 400_000 * len(many)


@pytest.mark.parametrize("formula", nasty.FORMULAS)
def test_no_cell_is_taken_for_a_formula(formula):
    plain = f"group-01,{formula}\n"
    assert nasty.runs_as_formula(plain) or formula[0] in "\0\x1b'"
    table = cleaning.csv_text([["group", "why"], ["group-01", formula], [formula, f"x;y{formula}"]])
    assert nasty.runs_as_formula(table) == []
    assert nasty.steers(table) == []
    assert table.count("\n") == 3


def test_numbers_of_ours_are_numbers():
    assert cleaning.csv_text([[-0.5, 3, None, 1 / 3]]) == "-0.5,3,,0.3333\n"


def test_json_is_ascii():
    written = cleaning.json_text({text: [text] for text in TEXTS.values()})
    assert written.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", written)


# Pictures


def page_of(*cells: Any, folder: Path | None = None) -> str:
    """A page of nbconvert's after `SafeHtml`."""
    resources = {"metadata": {"path": str(folder)}} if folder is not None else {}
    notebook, _ = SafeHtml().preprocess(tiny.notebook(*cells), resources)
    page, _ = HTMLExporter(config=fair_defaults(), template_name="classic").from_notebook_node(
        notebook
    )
    return str(page)


def shown(text: str) -> list[Any]:
    """A text in all places where it could be shown."""
    kinds = ("text/html", "text/markdown", "text/latex", "text/plain")
    outputs = [new_output("display_data", data={kind: text}) for kind in kinds]
    return [
        new_markdown_cell(text),
        new_code_cell("1", outputs=outputs, execution_count=1),
        new_markdown_cell(f"before\n\n{text}\n\n<b>after</b>"),
    ]


@pytest.mark.parametrize("text", nasty.PICTURES)
def test_no_picture_comes_from_elsewhere(text):
    raw, _ = HTMLExporter().from_notebook_node(tiny.notebook(*shown(text)))
    page = page_of(*copy.deepcopy(shown(text)))
    assert nasty.HOST in raw
    assert nasty.Page(page).found == []


def test_own_pictures_stay(tmp_path):
    (tmp_path / "figures").mkdir()
    dot = tiny.png()
    (tmp_path / "figures" / "a (1).png").write_bytes(dot)
    (tmp_path / "secret.png").symlink_to("/etc/passwd")
    (tmp_path / "page.png").write_text("<script>")
    texts = {
        "![a](<figures/a (1).png>)": True,
        "<img src='figures/a%20(1).png'>": True,
        f"![a](data:image/png;base64,{tiny.DOT})": True,
        "![a](figures/none.png)": False,
        "![a](secret.png)": False,
        "![a](page.png)": False,
        f"![a](../{tmp_path.name}/figures/a%20(1).png)": False,
        f"![a]({tmp_path}/figures/a%20(1).png)": False,
    }
    for text, stays in texts.items():
        page = page_of(new_markdown_cell(text), folder=tmp_path)
        found = re.findall(r'<img[^>]*src="([^"]*)"', page)
        assert bool(found) == stays, text
        assert ("is not shown: a" in page) != stays or not stays, text


def test_the_figures_of_a_sheet_stay_in_what_is_marked(course):
    figures = course.source / SHEET / "figures"
    figures.mkdir()
    (figures / "dot.png").write_bytes(tiny.png())
    notebook = nbformat.read(course.release / SHEET / "means.ipynb", 4)
    text = "You should get ![a dot](figures/dot.png)"
    notebook.cells += [new_markdown_cell(text), new_markdown_cell("![a](figures/gone.png)")]
    path = course.submitted / "group-01" / SHEET / "means.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    Grading(course, SHEET).run()
    marked = nbformat.read(course.autograded / "group-01" / SHEET / "means.ipynb", 4)
    assert marked.cells[-2].source == text
    assert "is not shown" in marked.cells[-1].source
    feedback(course, SHEET)
    folder = course.feedback / "group-01" / SHEET
    assert 'src="figures/dot.png"' in (folder / "means.html").read_text("utf-8")
    assert (folder / "figures" / "dot.png").is_file()


def test_attachments_stay():
    cell = new_markdown_cell("![p](attachment:p.png)")
    cell["attachments"] = {"p.png": {"image/png": tiny.DOT}}
    assert f"data:image/png;base64,{tiny.DOT}" in page_of(cell)


def test_signs_written_as_numbers_steer_neither():
    page = page_of(*shown("a &#x202e;b &#8238; &rlm; &#945; &lt;"))
    assert nasty.steers(page) == []
    assert not re.search(r"&(?:#x202e|#8238|rlm);", page)
    assert "&#945;" in page or "α" in page


# What is said


class Said:
    """A command and what it said."""

    def __init__(self, app: Any, *arguments: str) -> None:
        result = CliRunner().invoke(app, list(arguments))
        self.status, self.text = result.exit_code, result.output
        assert "Traceback" not in self.text
        assert nasty.steers(self.text) == [], arguments


@pytest.mark.parametrize("name", TEXTS)
def test_a_table_and_a_line_are_text(name, capsys):
    terminal = Terminal(200)
    table = Table(title=TEXTS[name])
    table.add_column("why")
    table.add_row(TEXTS[name])
    terminal.table(table)
    terminal.problem(TEXTS[name])
    work = Work(TEXTS[name], 1.0)
    work.describe(TEXTS[name])
    out = capsys.readouterr().out
    assert nasty.steers(out + work.title + work.text) == []
    if name == "rich":
        assert out.count("[/nope] :warning:") == 3


def test_a_bar_is_text_as_well(monkeypatch):
    screen = io.StringIO()
    console = Console(interactive=True)
    console.rich = type(console.rich)(file=screen, force_terminal=True, width=120)
    with console.work(TEXTS["rich"], 1.0) as work:
        work.reach(0.5, 1.0, f"{TEXTS['title']}{TEXTS['rich']}")
        work.refresh()
    assert "[bold]" in screen.getvalue()
    assert "owned" not in screen.getvalue()


@pytest.mark.parametrize("name", [name for name in TEXTS if "\0" not in TEXTS[name]])
@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "{}"), ("{}",), ("--{}",), ("collect", SHEET, "/nowhere/{}"),
        ("export", SHEET, "--course", "/nowhere/{}"), ("grade", SHEET, "--group", "{}"),
        ("release", "{}", "--check"), ("new-sheet", "{}"), ("grade", SHEET, "--workers", "{}"),
    ],
)  # fmt: skip
def test_what_was_typed_comes_back_clean(course_root, monkeypatch, name, arguments):
    monkeypatch.chdir(course_root)
    said = Said(cli.app, *(one.replace("{}", TEXTS[name]) for one in arguments))
    assert said.status == 2


# A whole course


def evil_class(course: Course) -> Path:
    """Submissions with nasty texts wherever there is a place for one."""
    stubs = {n: nbformat.read(course.release / SHEET / f"{n}.ipynb", 4) for n in tiny.NOTEBOOKS}
    solved = {
        n: fill(stubs[n], nbformat.read(course.source / SHEET / f"{n}.ipynb", 4))
        for n in tiny.NOTEBOOKS
    }
    folder = course.root.parent / "handed"
    for number, text in enumerate(EVERY):
        notebook = copy.deepcopy(solved["adding"])
        cells = {cell.id: cell for cell in notebook.cells}
        lost = text.encode("utf-8", "replace").decode()
        cells["task-1-add"].source = f"def add(a, b):\n    raise ValueError({text!r})"
        cells["task-2-guess"].source = (
            f"import sys\nfrom IPython.display import HTML, Markdown, display\n\ntext = {text!r}\n"
            "print(text)\nprint(text, file=sys.stderr)\ndisplay(HTML(text), Markdown(text))\n"
            "def guess():\n    return text\ntext"
        )
        picture = nasty.PICTURES[number % len(nasty.PICTURES)]
        cells["written-3-why"].source = f"# {lost}\n\n{lost}\n\n{picture}"
        own = new_code_cell(
            f"raise type({text!r}.replace(chr(0), ''), (Exception,), {{}})({text!r})"
        )
        notebook.cells += [new_markdown_cell(f"## {lost} (1 point)"), own]
        notebook.metadata.kernelspec = {"name": lost, "display_name": lost, "language": lost}
        notebook.metadata.title = lost
        place = folder / f"group-{number:02d}" / SHEET
        place.mkdir(parents=True)
        (place / "adding.ipynb").write_text(nbformat.v4.nbjson.writes(notebook), "utf-8")
        name = os.fsencode(text.replace("/", "|").replace("\0", "0"))
        Path(os.fsdecode(os.fsencode(place) + b"/" + name[:80] + b".txt")).write_text("own")
        odd = os.fsencode(place) + b"/" + name[:80] + b".ipynb"
        Path(os.fsdecode(odd)).write_text("{" if number % 2 else "{}")
    return folder


def evil_roster() -> str:
    """People whose fields are nasty."""
    lines = ["person,group,name,email,tutorial"]
    quoted = ['"' + text.replace('"', '""').replace("\0", "") + '"' for text in
              (*TEXTS.values(), *nasty.FORMULAS)]  # fmt: skip
    for number, text in enumerate(quoted):
        group = f"group-{number % len(EVERY):02d}"
        lines += [f"{number},{group},{text},{text},{text}"]
        lines += [f'"x{text[1:]},{group},a,b,c', f"y{number},{text},a,b,c"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def evil(released_course, tmp_path_factory):
    """A course after all commands, and what these said."""
    root = Path(shutil.copytree(released_course, tmp_path_factory.mktemp("evil") / "course"))
    course = Course.open(root)
    handed = evil_class(course)
    (root / "roster.csv").write_bytes(evil_roster().encode("utf-8", "surrogateescape"))
    said = {}
    for command in (
        ("collect", SHEET, str(handed)),
        ("grade", SHEET),
        ("grade", SHEET, "--force", "--group", "group-01"),
        ("export", SHEET),
        ("export",),
        ("feedback", SHEET),
        ("report", SHEET),
        ("similar", SHEET),
        ("doctor",),
    ):
        if command[0] == "grade":  # as nbgrader's own exchange lays it, unseen by `collect`
            for place in handed.iterdir():
                for path in (place / SHEET).iterdir():
                    if path.name != "adding.ipynb":
                        shutil.copy(path, root / "submitted" / place.name / SHEET / path.name)
            (root / "submitted" / "\x1b[2J group" / SHEET).mkdir(parents=True, exist_ok=True)
        key = " ".join(word for word in command if word not in (SHEET, str(handed)))
        said[key] = Said(cli.app, *command, "--course", str(root))
    _name_groups(course)
    return course, said


def written(course: Course) -> list[Path]:
    """All files but those that are copies of what was handed in."""
    ours = course.build, course.autograded, course.feedback
    paths = [path for place in ours for path in place.rglob("*") if path.is_file()]
    kept = [path for path in paths if not path.is_relative_to(course.build / "intake")]
    return [path for path in kept if path.suffix != ".txt" or path.name == "timestamp.txt"]


def test_every_command_says_only_text(evil):
    said = evil[1]
    assert f"{len(EVERY)} groups" in said["grade"].text
    assert "group: a group's name may hold" in said["grade"].text
    assert "was taken" not in said["grade"].text
    assert {one.status for one in said.values()} <= {0, 1}
    assert not re.search(r"^group-9[789]: ", "\n".join(one.text for one in said.values()), re.M)


def test_every_file_that_came_out_is_harmless(evil):
    course, _ = evil
    found = written(course)
    kinds = {path.suffix for path in found}
    assert {".csv", ".html", ".log", ".json", ".ipynb"} <= kinds
    wrong = {str(path.relative_to(course.root)): wrong for path in found
             if (wrong := nasty.wrong_with(path))}  # fmt: skip
    assert wrong == {}


def test_the_texts_did_get_that_far(evil):
    course, said = evil
    assert "it was saved for the kernel" in said["collect"].text
    table = (course.build / "grades" / f"{SHEET}.csv").read_text("utf-8")
    assert "an unknown h?.ipynb" in table
    members = (course.build / "grades" / f"{SHEET}-members.csv").read_text("utf-8")
    assert ",'=1+1," in members
    page = (course.feedback / "group-00" / SHEET / "adding.html").read_text("utf-8")
    assert "is not shown" in page


def test_what_the_formgrader_shows_is_harmless(evil):
    course, _ = evil
    templates = Path(formgrader.__file__).parent / "templates"
    exporter = HTMLExporter(
        template_name="formgrade", extra_template_basedirs=[str(templates)], config=fair_defaults()
    )
    with course.gradebook() as gradebook:
        names = {one.id: (one.last_name, one.first_name) for one in gradebook.students}
    assert nasty.steers(str(names)) == []
    assert "<" not in "".join(first for _, first in names.values())
    for group in sorted(names):
        about = {
            "notebook_id": "adding", "assignment_id": SHEET, "submission_id": "x", "index": 0,
            "total": 1, "base_url": "", "student": group, "notebook_path": "x",
            "last_name": f"<i>{group}", "first_name": "<script>alert(1)</script>",
        }  # fmt: skip
        path = course.autograded / group / SHEET / "adding.ipynb"
        page, _ = exporter.from_filename(str(path), resources=about)
        assert nasty.Page(page).found == []
        assert nasty.steers(page) == []
        assert "<script>alert" not in page
        assert "<i>" not in page


# The hand-in


@pytest.fixture
def bundle(course_root):
    notebook = nbformat.read(course_root / "exercises" / SHEET / "adding.ipynb", 4)
    for text in (*TEXTS.values(), *nasty.FORMULAS, *nasty.PICTURES):
        plain = text.encode("utf-8", "replace").decode()
        outputs = [
            new_output("stream", name="stdout", text=plain),
            new_output("error", ename=plain, evalue=plain, traceback=[plain]),
            new_output("display_data", data={"text/html": plain, "text/plain": plain}),
            new_output("display_data", data={"text/markdown": plain}),
        ]
        code = new_code_cell(f"# {plain}", outputs=outputs, execution_count=1)
        notebook.cells += [new_markdown_cell(f"# {plain}\n\n{plain}"), code]
    folder = course_root / "exercises" / SHEET
    for name in (b"a\x1b[2Jb.ipynb", b"caf\xe9.ipynb", b"[bold]x[.ipynb"):
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
        path.write_text(nbformat.v4.nbjson.writes(notebook), encoding="utf-8")
    member = '[[member]]\nname = "\\u202eZ<b>#x\\u001b[2J"\ntutorial = "=1"\n'
    (course_root / "group.toml").write_text('group = "group-01"\n' + 3 * member)
    return course_root


def test_a_hand_in_says_and_prints_only_text(bundle):
    said = Said(students, "handin", SHEET, "--no-run", "--course", str(bundle))
    assert said.status == 1
    assert "caf?: as saved" in said.text
    with zipfile.ZipFile(bundle / "handin" / "group-01.zip") as archive:
        assert nasty.steers("".join(archive.namelist())) == []
        assert {"group-01/caf_.ipynb", "group-01/adding.ipynb"} <= set(archive.namelist())
        pdf = archive.read(next(name for name in archive.namelist() if name.endswith(".pdf")))
    reader = PdfReader(io.BytesIO(pdf))
    text = "".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
    assert nasty.steers(text.replace("\0", "")) == []  # pypdf's word for a sign it does not know
    assert "gnp.exe" in text


# Nothing goes another way

ROOMS = ("course_grader", "course_handin", "course_notebooks")
ONLY_IN = {
    "print": "course_notebooks/terminal.py",
    "traceback.print_exception": "",
    "traceback.print_exc": "",
    "typer.echo": "",
    "typer.secho": "",
    "click.echo": "",
    "sys.stdout.write": "",
    "sys.stderr.write": "",
    "csv.writer": "course_notebooks/cleaning.py",
    "csv.DictWriter": "",
    "Environment": "course_grader/results/pages.py",
    "Template": "",
    "logging.FileHandler": "course_grader/logs.py",
    "logging.Formatter": "course_grader/logs.py",
    "logging.StreamHandler": "",
    "logging.basicConfig": "",
    "html.escape": "",
    "escape": "course_notebooks/cleaning.py",
}
MODULES = {  # what may be imported where
    "rich.console": ("course_notebooks/terminal.py",),
    "rich.table": ("course_notebooks/terminal.py", "course_grader/console.py"),
    "csv": ("course_notebooks/cleaning.py", "course_grader/intake/roster.py"),
    "jinja2": ("course_grader/results/pages.py",),
    "pandas": (),
}


def sources() -> list[tuple[str, ast.Module]]:
    """Modules of ours, but for what runs in the sandbox."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for path in paths
        if "runner" not in path.parts
        and not (path.parent.name == "course_notebooks" and path.name in SHARED)
    ]


def test_no_module_has_a_way_out_of_its_own():
    used: dict[str, set[str]] = {}
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in ONLY_IN:
                used.setdefault(called, set()).add(name)
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for module in set(modules) & set(MODULES):
                assert name in MODULES[module], f"{name} imports {module}"
    for called, places in used.items():
        assert places == {ONLY_IN[called]}, f"{called} in {places}: see course_notebooks.cleaning"


def test_templates_escape_by_the_one_function():
    pages = sorted((ROOT / "course_grader" / "results" / "templates").rglob("*.j2"))
    assert pages
    for path in pages:
        assert not re.search(r"\|\s*(?:e|escape|safe)\b", path.read_text("utf-8")), path
    for path in (ROOT / "course_grader").rglob("templates/*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text("utf-8")), path
