"""The pages on new sheets and tasks, followed to the letter in a copy of this course.

Their command blocks are run, their code blocks are pasted where the title above each says.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHEET = "sheet09"
BIN = Path(sys.executable).parent
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_CELL = re.compile(
    r"(?P<path>\S+\.ipynb): (?P<kind>Markdown|Autograded answer|Autograder tests), (?P<id>[\w-]+)"
    r"(?:, (?P<points>[\d.]+) points)?"
)
# The whole suite contains this test; what follows a new sheet is in these.
SUITE = ["tests", "-k", f"{SHEET} or test_project or test_site or test_release.py", "--deselect",
         "tests/test_documented_way.py", "-q", "-p", "no:cacheprovider"]  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    kind: str
    title: str
    text: str


def blocks(page: str) -> list[Block]:
    """The blocks that are commands, or say where they are pasted."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        indent = re.compile(rf"^{block['indent']}", re.MULTILINE)
        if block["kind"] == "bash" or block["title"]:
            found.append(Block(block["kind"], block["title"] or "", indent.sub("", block["text"])))
    return found


def cell(kind: str, name: str, points: str | None, text: str) -> dict:
    """A cell as the toolbar makes it."""
    made = {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.rstrip("\n")}
    if kind != "Markdown":
        marks = {"grade": kind == "Autograder tests", "solution": kind == "Autograded answer",
                 "locked": kind == "Autograder tests", "task": False, "grade_id": name,
                 "schema_version": 3}  # fmt: skip
        if points:
            marks["points"] = float(points)
        made |= {"cell_type": "code", "metadata": {"nbgrader": marks}, "outputs": [],
                 "execution_count": None}  # fmt: skip
    return made


class Copy:
    """A copy of this course, in which a page is followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        (root / ".venv").symlink_to(BIN.parent)
        self.environment = os.environ | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(root),
            "NO_COLOR": "1", "TERM": "dumb",
        }  # fmt: skip

    def follow(self, page: str) -> None:
        """Does what the blocks of a page say, in their order."""
        for block in blocks(page):
            if block.kind == "bash":
                for command in block.text.splitlines():
                    self.run(command.partition("#")[0].strip())
            else:
                self.paste(block)

    def run(self, command: str) -> str:
        """Runs a command, which must end well."""
        parts = command.split()
        if parts[0] == "make":  # whatever is newer: the packages, which are not a copy, stay
            parts[1:1] = ["-o", ".venv/.complete"]
        if command == "make test":
            self.run("ruff check .")
            self.run("ruff format --check .")
            self.run(f"mypy autograde_tests/{SHEET} --cache-dir {ROOT / '.mypy_cache'}")
            parts = [sys.executable, "-m", "pytest", *SUITE]
        done = subprocess.run(
            parts, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def paste(self, block: Block) -> None:
        """Puts a block where its title says."""
        name, _, where = block.title.partition(": ")
        path = self.root / name
        if marked := _CELL.fullmatch(block.title):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            kinds = marked["kind"], marked["id"], marked["points"]
            notebook["cells"].append(cell(*kinds, block.text))
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
        elif where == "in the table of the first cell":
            notebook = json.loads(path.read_text(encoding="utf-8"))
            lines = "".join(notebook["cells"][0]["source"]).split("\n")
            last = max(number for number, line in enumerate(lines) if line.startswith("|"))
            lines.insert(last + 1, block.text.rstrip("\n"))
            notebook["cells"][0]["source"] = "\n".join(lines)
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
        elif where == "at the end":
            path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{block.text}", encoding="utf-8")
        elif where == "in place of its last import":
            text = path.read_text(encoding="utf-8")
            last = re.findall(r"^from .*\n", text, re.MULTILINE)[-1]
            path.write_text(text.replace(last, block.text), encoding="utf-8")
        else:
            assert where in ("", "the whole file"), block.title
            path.write_text(block.text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """This course after both pages were followed: the second goes on where the first ends."""
    place = Copy(tmp_path_factory.mktemp("documented") / "course")
    place.follow("new-sheet.md")
    place.follow("add-a-task.md")
    return place


def test_the_pages_say_what_to_do():
    commands = [block.text for page in ("new-sheet.md", "add-a-task.md") for block in blocks(page)
                if block.kind == "bash"]  # fmt: skip
    said = "".join(commands)
    for command in ("new-sheet sheet09", "release sheet09", "demo sheet09", "calibrate sheet09",
                    "points sheet09", "make exercises", "make test"):  # fmt: skip
        assert command in said


def test_a_copy_never_installs_into_the_packages_that_it_shares(copy):
    (copy.root / "requirements.lock").touch()
    said = copy.run("make --dry-run exercises")
    assert "genlhc release" in said
    assert "pip" not in said


def test_the_sheet_that_the_pages_make_is_part_of_the_course(copy):
    calibration = (copy.root / "docs/calibration" / f"{SHEET}.md").read_text(encoding="utf-8")
    for name in ("check_weighted_mean", "check_effective_size", "check_lifetime"):
        assert f"| `{name}` |" in calibration
    assert "the median" in calibration
    readme = (copy.root / "README.md").read_text(encoding="utf-8")
    assert "| **sheet09** | **3.5** | **Combining measurements** |" in readme
    assert (copy.root / "build" / f"{SHEET}-students.zip").is_file()


def test_the_demo_class_is_marked_as_the_pages_mean_it(copy):
    said = copy.run(f"genlhc demo {SHEET}")
    assert re.search(r"group-01 .* 2\.50 / 2\.50 .* 1\.00", said)  # and a point by a tutor
    assert re.search(r"group-04 .* 1\.50 / 2\.50", said)
    assert "weights with 1/σ in place of 1/σ²" in said
    assert "As expected" in said


def test_the_new_course_beside_it_is_marked_too(copy):
    new = copy.root.parent / "my-course"
    assert (new / "build" / "week1-students.zip").is_file()
    assert (new / "build" / "demo" / "build" / "grades" / "week1.csv").is_file()
