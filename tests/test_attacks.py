"""Hostile and broken submissions, graded in one class with honest ones.

Each file in `tests/attacks/` says what it tries, what its honest part earns (`# earns: 2 0`, the
points of `check-1-add` and `check-2-guess`), and which cells of the tiny course's notebook `adding`
it replaces (`# %% task-1-add`) or adds (`# %% after task-1-add`). It may ask for a text in what is
reported (`# says: more than 32 processes`). `{ROOT}`, `{PORT}` and `{PID}` stand for the course's
folder, a port on which somebody listens, and the grader's process.
"""

import hashlib
import os
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny

from course_grader.course import Course
from course_grader.demo_class import fill
from course_grader.feedback import feedback
from course_grader.grade import Grading
from course_grader.release import release
from course_grader.report import rows
from course_grader.state import read_record

ATTACKS = sorted((Path(__file__).parent / "attacks").glob("*.txt"))
SECRETS = ("918273", "check_guess(guess)", "tiny_tests.check_add(add)")  # hidden inputs and tests
CONTROLS = ("a-control", "m-control", "z-control")


@dataclass(frozen=True)
class Attack:
    """One file of `tests/attacks/`."""

    name: str
    story: str
    earns: list[float]
    says: str
    cells: list[tuple[str, str]]


def read(path: Path, names: dict[str, str]) -> Attack:
    text = path.read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    head, *parts = re.split(r"(?m)^# %% ", text)
    earns = re.search(r"(?m)^# earns: (.*)$", head)
    says = re.search(r"(?m)^# says: (.*)$", head)
    assert earns, f"{path.name} does not say what it earns"
    cells = [(part.split("\n", 1)[0].strip(), part.split("\n", 1)[1].strip()) for part in parts]
    story = head.split("#")[0].strip()
    points = [float(value) for value in earns[1].split()]
    return Attack(path.stem, story, points, says[1] if says else "", cells)


def notebook(attack: Attack, solved: Any) -> Any:
    """The solution with the attack's cells."""
    made = nbformat.from_dict(solved)
    for place, source in attack.cells:
        after, _, name = place.rpartition(" ")
        index = next(k for k, cell in enumerate(made.cells) if cell.id == name)
        if after:
            made.cells.insert(index + 1, nbformat.v4.new_code_cell(source))
        else:
            made.cells[index].source = source
    return made


class Beacon:
    """A port on which nobody should ever call."""

    def __init__(self) -> None:
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.calls += 1


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(str(path).encode() + path.read_bytes())
    return total.hexdigest()


class Battle:
    """The class, graded once for all tests."""

    def __init__(self, root: Path) -> None:
        tiny.make_course(root)
        release(Course.open(root), tiny.SHEET)
        course = self.course = Course.open(root)
        limits = course.config.TrustedExecute
        limits.call_seconds, limits.cell_seconds, limits.notebook_seconds = 3, 4, 20
        limits.memory, limits.disk, limits.processes = 1 << 30, 64 << 20, 32
        limits.output = 100_000
        stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
        solution = nbformat.read(course.source / tiny.SHEET / "adding.ipynb", as_version=4)
        solved = fill(stub, solution)
        self.beacon = Beacon()
        names = {"ROOT": str(root), "PORT": str(self.beacon.port), "PID": str(os.getpid())}
        self.attacks = {path.stem: read(path, names) for path in ATTACKS}
        for name, attack in self.attacks.items():
            self.hand_in(name, notebook(attack, solved))
        for name in CONTROLS:
            self.hand_in(name, solved)
        guarded = [root / name for name in ("solutions", "exercises", "submitted", "tinylib")]
        before = [digest(folder) for folder in guarded]
        self.results = {one.group: one for one in Grading(course, tiny.SHEET).run(workers=2)}
        self.pages = feedback(course, tiny.SHEET)
        self.untouched = before == [digest(folder) for folder in guarded]
        self.rows = {(row.group, row.task): row for row in rows(course, tiny.SHEET)}
        self.beacon.socket.close()

    def hand_in(self, group: str, content: Any) -> None:
        folder = self.course.submitted / group / tiny.SHEET
        folder.mkdir(parents=True)
        nbformat.write(content, folder / "adding.ipynb")


@pytest.fixture(scope="module")
def battle(tmp_path_factory):
    return Battle(tmp_path_factory.mktemp("battle") / "course")


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_earns_what_its_honest_part_earns(battle, path):
    attack = battle.attacks[path.stem]
    assert attack.story
    got = [battle.rows[attack.name, task] for task in ("check-1-add", "check-2-guess")]
    assert [row.score for row in got] == attack.earns, [row.reason for row in got]
    assert all(row.reason for row in got if row.score < row.max_score)
    record = read_record(battle.course, tiny.SHEET, attack.name)["adding"]
    said = " ".join([*(row.reason for row in got), record.trouble, *record.remarks])
    assert re.search(attack.says, said), said


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_nothing_hidden_can_be_read_afterwards(battle, path):
    folder = battle.course.feedback / path.stem / tiny.SHEET
    pages = [page.read_text(encoding="utf-8") for page in folder.glob("*.html")]
    assert pages
    for secret in SECRETS:
        assert not any(secret in page for page in pages)
    marked = nbformat.read(
        battle.course.autograded / path.stem / tiny.SHEET / "adding.ipynb", as_version=4
    )
    outputs = str([cell.get("outputs") for cell in marked.cells])
    assert SECRETS[0] not in outputs


@pytest.mark.parametrize("group", CONTROLS)
def test_honest_groups_get_full_marks_in_the_same_run(battle, group):
    assert battle.rows[group, "check-1-add"].score == 2
    assert battle.rows[group, "check-2-guess"].score == 2


def test_the_class_is_whole_and_the_course_untouched(battle):
    assert set(battle.results) == {*battle.attacks, *CONTROLS}
    assert battle.untouched
    assert battle.beacon.calls == 0


def test_there_are_enough_attacks():
    assert len(ATTACKS) >= 60
