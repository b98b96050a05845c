"""The docs lead somewhere, and the site needs no network."""

import importlib.util
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from course_grader.course import Course

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)  # examples, not links


def broken(path: Path) -> list[str]:
    """The relative links of a text that lead nowhere."""
    targets = _LINK.findall(_CODE.sub("", path.read_text(encoding="utf-8")))
    local = [urlsplit(target) for target in targets if not urlsplit(target).scheme]
    return [link.path for link in local if not (path.parent / unquote(link.path)).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_the_docs_lead_somewhere(path):
    assert broken(path) == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("[here](page.md), [gone](gone.md), [out](https://example.org)")
    assert broken(page) == ["gone.md"]


def test_the_site_is_set_up_without_network():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = yaml.safe_load(text)
    assert settings["theme"]["font"] is False
    assert "offline" in settings["plugins"]
    assert not re.search(r"https?://", text)


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make_site():
    return script("make_site")


@pytest.fixture(scope="module")
def sheets():
    return script("sheets")


COURSE = Course.open(ROOT)


def test_the_readme_lists_the_sheets_as_they_are(sheets):
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert sheets.with_table(page, COURSE) == page, "run `make exercises`"
    for sheet in COURSE.released():
        assert f"| **{sheet}** |" in page


def test_a_sheet_that_is_still_written_is_not_advertised(sheets, course_root):
    course = Course.open(course_root)
    assert "week1" in sheets.table(course)
    shutil.copytree(course_root / "solutions" / "week1", course_root / "solutions" / "week2")
    assert course.sheets() == ["week1", "week2"]
    assert "week2" not in sheets.table(course) + str(sheets.filled(["SHEETS"], course))


def test_a_page_without_a_place_for_the_table_is_refused(sheets):
    with pytest.raises(ValueError, match="must have a line '<!-- sheets"):
        sheets.with_table("# genlhc", COURSE)


def test_the_menu_has_every_sheet_in_teaching_order(sheets, course_root):
    folder = course_root / "solutions" / "week1"
    (folder / "sheet.toml").write_text(
        'title = "Sums"\nnotebooks = ["means", "adding"]\n[notebook.means]\ntitle = "The mean"'
    )
    (course_root / "docs" / "calibration").mkdir(parents=True)
    (course_root / "docs" / "calibration" / "week1.md").write_text("# Calibration")
    menu = sheets.filled(
        [{"Students": ["a.md", "SHEETS"]}, "CALIBRATION"], Course.open(course_root)
    )
    notebooks = [
        {"The mean": "exercises/week1/means.ipynb"}, {"adding": "exercises/week1/adding.ipynb"},
    ]  # fmt: skip
    assert menu == [
        {"Students": ["a.md", {"week1: Sums": notebooks}]}, "docs/calibration/week1.md",
    ]  # fmt: skip


def test_pages_of_the_site_are_staged_without_solutions(make_site, sheets, tmp_path):
    source = tmp_path / "source"
    make_site.stage(source, with_solutions=False)
    assert not list(source.glob("solutions/**/*.ipynb"))
    assert not list(source.glob("solutions/**/*.html"))
    for notebook in source.rglob("*.ipynb"):
        assert "BEGIN SOLUTION" not in notebook.read_text(encoding="utf-8")
    for page in source.rglob("*.md"):
        assert broken(page) == [], page
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    named = sheets.filled(nav, COURSE)
    for path in re.findall(r"'([^']+\.(?:md|ipynb))'", str(named)):
        assert (source / path).is_file(), path


def test_pages_that_say_sheet_explain_it(make_site, tmp_path):
    source = tmp_path / "source"
    make_site.stage(source, with_solutions=False)
    for page in ("student", "hand-in"):
        text = (source / "docs" / f"{page}.md").read_text(encoding="utf-8")
        assert text.split("\n")[2].startswith("*`SHEET` stands for the name of your sheet"), page
    assert "stands for the name" not in (source / "docs" / "security.md").read_text("utf-8")


def test_solutions_are_shown_only_when_they_were_run(make_site, tmp_path, monkeypatch):
    monkeypatch.setattr(make_site, "ROOT", tmp_path)
    with pytest.raises(FileNotFoundError, match="make solutions"):
        make_site.add_solutions(tmp_path / "site")
    made = tmp_path / "build" / "solutions" / "week1"
    made.mkdir(parents=True)
    (made / "index.html").write_text('<a href="a.html">Page</a> <a href="a.ipynb">Notebook</a>')
    (made / "a.ipynb").write_text("{}")
    (tmp_path / "site").mkdir()
    make_site.add_solutions(tmp_path / "site")
    page = (tmp_path / "site" / "week1" / "index.html").read_text()
    assert page == '<a href="a.html">Page</a>'
    assert not (tmp_path / "site" / "week1" / "a.ipynb").exists()


def test_docstrings_become_markdown(make_site):
    text = """Sum.

    .. math:: a + b

    Args:
        a: one
            number.

    Example:
        >>> 1 + 1
        2
    """
    made = make_site.as_markdown(text)
    assert "$$\na + b\n$$" in made
    assert "**Args**\n\n- `a`: one" in made
    assert made.endswith("```pycon\n>>> 1 + 1\n2\n```")
