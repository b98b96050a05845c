"""Makes the static site: docs, students' notebooks and the library's reference, for any browser.

The pages are laid out as in the repository, so that one link serves both. MathJax lies beside them
and the search index within them: the site needs no network, nor a server.

Example: python docs/make_site.py [--with-solutions]
"""

import argparse
import importlib
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jupyter_server_mathjax

ROOT = Path(__file__).parents[1]
SOURCE, SITE = ROOT / "build" / "site-source", ROOT / "build" / "site"
SHOWN = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "docs",
    "exercises",
    "data/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("solutions/*/figures")),
)
LIBRARY = "course_utils"
ANY_SHEET = (
    "*`SHEET` stands for the name of your sheet, such as `sheet01`: your bundle's pages say it.*"
)
_SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Attributes):$", re.MULTILINE)
_ITEM = re.compile(r"^    (\*{0,2}\w+)( \(.*?\))?: ", re.MULTILINE)
_MATH = re.compile(r"^\.\. math::[ ]?(.*(?:\n(?:[ ]+.*)?)*?)(?=\n\S|\Z)", re.MULTILINE)


def stage(source: Path, *, with_solutions: bool) -> None:
    """Lays out what becomes pages.

    Args:
        source: folder, made anew.
        with_solutions: whether to add `build/solutions`.

    Raises:
        FileNotFoundError: the solutions shall be shown but were not run.
    """
    shutil.rmtree(source, ignore_errors=True)
    for name in SHOWN:
        path, target = ROOT / name, source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            ignored = shutil.ignore_patterns("*.py", ".*", "__pycache__", "site", "new-sheet")
            shutil.copytree(path, target, ignore=ignored)
        else:
            shutil.copyfile(path, target)
    for name in ("student.md", "hand-in.md"):
        page = source / "docs" / name
        title, rest = page.read_text(encoding="utf-8").split("\n", 1)
        page.write_text(f"{title}\n\n{ANY_SHEET}\n{rest}", encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "site", source / "assets" / "site")
    mathjax = Path(jupyter_server_mathjax.__file__).parent / "static"
    shutil.copytree(mathjax, source / "assets" / "mathjax")
    write_reference(source / "reference")
    if with_solutions:
        add_solutions(source / "solutions")


def add_solutions(target: Path) -> None:
    """Copies what `genlhc solutions` made, sheet by sheet."""
    made = ROOT / "build" / "solutions"
    sheets = sorted(path.parent.name for path in made.glob("*/index.html"))
    if not sheets:
        raise FileNotFoundError("no solutions in build/solutions: run `make solutions` first")
    lines = ["# Solutions", ""]
    for sheet in sheets:
        ignored = shutil.ignore_patterns("*.ipynb")  # a page of the site would be made of each
        shutil.copytree(made / sheet, target / sheet, ignore=ignored, dirs_exist_ok=True)
        for notebook in (made / sheet).glob("*.ipynb"):
            index = target / sheet / "index.html"
            link = re.compile(rf'\s*<a href="{notebook.name}">[^<]*</a>')
            index.write_text(link.sub("", index.read_text("utf-8")), encoding="utf-8")
        lines.append(f'- <a href="{sheet}/index.html">{sheet}</a>')
    (target / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_reference(folder: Path) -> None:
    """A page for each module of the library, from its docstrings, and one that lists them."""
    folder.mkdir(parents=True)
    package = importlib.import_module(LIBRARY)
    lines = [f"# {LIBRARY}", "", as_markdown(package.__doc__), ""]
    for name in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        if name.startswith("_"):
            continue
        try:
            module = importlib.import_module(f"{LIBRARY}.{name}")
        except ModuleNotFoundError:  # an extra that is not installed here
            continue
        if not (own := list(members(module))):
            continue
        parts = [f"# {LIBRARY}.{name}", as_markdown(module.__doc__)]
        for title, thing in own:
            parts += [f"## {title}", f"```python\n{signature(thing)}\n```"]
            parts.append(as_markdown(thing.__doc__))
        (folder / f"{name}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
        summary = inspect.cleandoc(module.__doc__ or "").split("\n", 1)[0]
        lines.append(f"- [{name}]({name}.md): {summary}")
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def signature(thing: Any) -> str:
    """How a function or class is called; an exception is only named."""
    called = not (inspect.isclass(thing) and issubclass(thing, BaseException))
    return f"{thing.__name__}{inspect.signature(thing) if called else ''}"


def members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The public functions and classes that a module defines, in the order of its source."""
    for name, thing in vars(module).items():
        known = inspect.isclass(thing) or inspect.isroutine(thing)
        if known and not name.startswith("_") and thing.__module__.startswith(module.__name__):
            yield name, thing


def as_markdown(docstring: str | None) -> str:
    """A docstring as Markdown: sections in bold, their items as a list, equations displayed."""
    text = inspect.cleandoc(docstring or "")
    text = _MATH.sub(lambda match: f"$$\n{inspect.cleandoc(match.group(1))}\n$$", text)
    text = re.sub(r":math:`([^`]*)`", r"$\1$", text)
    text, _, example = text.partition("\nExample:\n")
    text = _ITEM.sub(lambda match: f"- `{match.group(1)}`: ", text)
    text = _SECTION.sub(lambda match: f"**{match.group(1)}**\n", text)
    if example:
        text += f"\n**Example**\n\n```pycon\n{inspect.cleandoc(example)}\n```"
    return text


def main() -> int:
    """Builds the site; a link that leads nowhere is an error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--with-solutions", action="store_true", help="also show build/solutions")
    options = parser.parse_args()
    try:
        stage(SOURCE, with_solutions=options.with_solutions)
    except FileNotFoundError as error:
        print(f"make site: {error}", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    done = subprocess.run(command, cwd=ROOT, check=False, env=environment)
    if done.returncode == 0:
        print(f"look at: {(SITE / 'index.html').relative_to(ROOT)}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
