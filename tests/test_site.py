"""The docs lead somewhere, and the site needs no network."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

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


@pytest.fixture(scope="module")
def make_site():
    spec = importlib.util.spec_from_file_location("make_site", ROOT / "docs" / "make_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_of_the_site_are_staged_without_solutions(make_site, tmp_path):
    source = tmp_path / "source"
    make_site.stage(source, with_solutions=False)
    assert not list(source.glob("solutions/**/*.ipynb"))
    assert not list(source.glob("solutions/**/*.html"))
    for notebook in source.rglob("*.ipynb"):
        assert "BEGIN SOLUTION" not in notebook.read_text(encoding="utf-8")
    for page in source.rglob("*.md"):
        assert broken(page) == [], page
    named = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    for path in re.findall(r"'([^']+\.(?:md|ipynb))'", str(named)):
        assert (source / path).is_file(), path


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
