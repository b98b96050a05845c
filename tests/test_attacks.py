"""Hostile and broken submissions, graded in one class with honest ones.

Each file in `tests/attacks/` says what it tries, what its honest part earns (`# earns: 2 0`, the
points of `check-1-add` and `check-2-guess`, and of `check-3-twice` where it tries that), and which
cells of the tiny course's notebook `adding` it replaces (`# %% task-1-add`) or adds (`# %% after
task-1-add`, with nbgrader's metadata after `#!` in its first line), or which files it hands in
(`# %% file numpy.py`). It may ask for a text in what is reported (`# says: more than 32
processes`). One that is `# quiet` leaves its process as it is: it shares a notebook with one that
replaces the other task alone. `{ROOT}`, `{PORT}` and `{PID}` stand for the course's folder, a port
on which somebody listens, and the grader's process.
"""

import base64
import hashlib
import json
import os
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from courses import tiny

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.grading.state import read_record
from course_grader.lecturer.demo_class import fill
from course_grader.marking.peer import Peer
from course_grader.marking.raised import error_of
from course_grader.marking.remote import Remote
from course_grader.marking.tester import test_cell as run_test
from course_grader.release.release import release
from course_grader.results.feedback import feedback
from course_grader.results.report import rows
from course_grader.runner.wire import Channel

ATTACKS = sorted((Path(__file__).parent / "attacks").glob("*.txt"))
INPUT = "918273"  # of a hidden test
SECRETS = (
    INPUT,
    INPUT[::-1],
    f"{int(INPUT):,}",
    f"{int(INPUT):_}",
    " ".join(INPUT),
    ", ".join(INPUT),
    INPUT.encode().hex(),
    base64.b64encode(INPUT.encode()).decode().rstrip("="),
    "check_guess(guess)",
    "tiny_tests.check_add(add)",
)
MADE = {"autograded", "build", "feedback", "gradebook.db", ".nbgrader.log"}  # by grading
CALL, CELL, NOTEBOOK = 1.0, 1.5, 6.0  # budgets in seconds
CONTROLS = ("a-control", "m-control", "z-control")
TASKS = ("check-1-add", "check-2-guess", "check-3-twice")
GIVEN = """
import operator

LIMIT = 17

def doubled(f):
    return lambda x: operator.add(f(x), f(x))
"""
TWICE = """
def once(f, x):
    return f(x)

def twice(f, x):
    return once(f, once(f, x))
"""
ASKS_TWICE = f"""
seen = []
def secret(x):
    seen.append(x)
    return x + {INPUT}
assert twice(secret, LIMIT) == LIMIT + 2 * {INPUT} and seen == [LIMIT, LIMIT + {INPUT}]
assert doubled(lambda x: once(secret, x))(2) == 4 + 2 * {INPUT}
kept = once
del once
try:
    twice(secret, 1)
except NameError:
    once = kept
else:
    raise AssertionError("it does not use once")
once = lambda f, x: 7
assert twice(secret, 1) == 7
"""


@dataclass(frozen=True)
class Attack:
    """One file of `tests/attacks/`."""

    name: str
    story: str
    earns: list[float]
    says: str
    cells: list[tuple[str, str]]
    is_quiet: bool

    def is_about(self, task: str) -> bool:
        return all(place == task for place, _ in self.cells)


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
    return Attack(path.stem, story, points, says[1] if says else "", cells, "\n# quiet" in head)


def teams(attacks: list[Attack]) -> list[list[Attack]]:
    """Attacks that share a notebook: a quiet one with one that may end the process later."""
    first = [one for one in attacks if one.is_quiet and one.is_about("task-1-add")]
    second = [one for one in attacks if one.is_about("task-2-guess") and one.earns[0]]
    pairs = [list(pair) for pair in zip(first, second, strict=False)]
    taken = {one.name for pair in pairs for one in pair}
    return [*pairs, *([one] for one in attacks if one.name not in taken)]


def notebook(team: list[Attack], solved: Any) -> Any:
    """The solution with the attacks' cells."""
    made = nbformat.from_dict(solved)
    for place, source in [cell for attack in team for cell in attack.cells]:
        after, _, name = place.rpartition(" ")
        if after == "file":
            continue
        index = next(k for k, cell in enumerate(made.cells) if cell.id == name)
        if after:
            added = nbformat.v4.new_code_cell(source)
            if source.startswith("#!"):
                added.metadata["nbgrader"] = json.loads(source.split("\n")[0][2:])
            made.cells.insert(index + 1, added)
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


def survivors(root: Path) -> list[str]:
    """Processes that still see the course's folder in their sandbox."""
    found = []
    for process in psutil.process_iter():
        try:
            mounts = Path(f"/proc/{process.pid}/mountinfo").read_text()
            if str(root) in mounts:
                found.append(" ".join(process.cmdline()))
        except (OSError, psutil.Error):
            continue
    return found


def third_task(path: Path) -> None:
    """Adds a task whose test uses a given cell, passes functions, deletes and rebinds a name."""
    made = nbformat.read(path, as_version=4)
    made.cells += [
        tiny.code(GIVEN, "given-3"),
        tiny.solution(f"### BEGIN SOLUTION\n{TWICE}\n### END SOLUTION", "task-3-twice"),
        tiny.test("pass", ASKS_TWICE, "check-3-twice", 2),
    ]
    nbformat.write(made, path)


class Battle:
    """The class, graded once for all tests."""

    def __init__(self, root: Path) -> None:
        tiny.make_course(root)
        third_task(root / "solutions" / tiny.SHEET / "adding.ipynb")
        release(Course.open(root), tiny.SHEET)
        course = self.course = Course.open(root)
        limits = course.config.TrustedExecute
        limits.call_seconds, limits.cell_seconds, limits.notebook_seconds = CALL, CELL, NOTEBOOK
        limits.memory, limits.disk, limits.processes = 1 << 30, 64 << 20, 32
        limits.output = 100_000
        stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
        solution = nbformat.read(course.source / tiny.SHEET / "adding.ipynb", as_version=4)
        solved = fill(stub, solution)
        self.beacon = Beacon()
        names = {"ROOT": str(root), "PORT": str(self.beacon.port), "PID": str(os.getpid())}
        self.attacks = {path.stem: read(path, names) for path in ATTACKS}
        self.teams = {team[0].name: team for team in teams(list(self.attacks.values()))}
        self.group = {one.name: name for name, team in self.teams.items() for one in team}
        for name, team in self.teams.items():
            self.hand_in(name, notebook(team, solved))
            for place, source in team[0].cells:
                if place.startswith("file "):
                    path = course.submitted / name / tiny.SHEET / place.removeprefix("file ")
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(source, encoding="utf-8")
        for name in CONTROLS:
            self.hand_in(name, solved)
        guarded = [
            root / name for name in ("solutions", "exercises", "submitted", "tinylib", "data")
        ]
        listing = [set(folder.iterdir()) for folder in (root, root.parent)]
        before = [digest(folder) for folder in guarded]
        self.results = {one.group: one for one in Grading(course, tiny.SHEET).run(workers=2)}
        self.survivors = survivors(root)
        self.pages = feedback(course, tiny.SHEET)
        self.untouched = before == [digest(folder) for folder in guarded]
        self.new_files = {
            path.name
            for folder, names in zip((root, root.parent), listing, strict=True)
            for path in set(folder.iterdir()) - names
        }
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
    group = battle.group[attack.name]
    part = slice(None)
    if len(team := battle.teams[group]) > 1:  # each answers for its own task
        part = slice(team.index(attack), team.index(attack) + 1)
    tasks = TASKS[: len(attack.earns)]
    got = [battle.rows[group, task] for task in tasks][part]
    assert [row.score for row in got] == attack.earns[part], [row.reason for row in got]
    assert all(row.reason for row in got if not row.score)
    record = read_record(battle.course, tiny.SHEET, group)["adding"]
    said = " ".join([*(row.reason for row in got), record.trouble, *record.remarks])
    assert re.search(attack.says, said), said
    assert record.seconds < NOTEBOOK + 2 * CELL + 5


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_nothing_hidden_can_be_read_afterwards(battle, path):
    group = battle.group[path.stem]
    folder = battle.course.feedback / group / tiny.SHEET
    pages = [page.read_text(encoding="utf-8") for page in folder.glob("*.html")]
    assert pages
    honest = battle.course.feedback / CONTROLS[0] / tiny.SHEET / "adding.html"
    usual = honest.read_text(encoding="utf-8")  # styles and scripts have numbers of their own
    secrets = [secret for secret in SECRETS if secret not in usual]
    assert INPUT in secrets
    for secret in secrets:
        assert not any(secret in page for page in pages), secret
    reasons = str([row for (name, _), row in battle.rows.items() if name == group])
    assert not any(secret in reasons for secret in secrets)
    marked = nbformat.read(
        battle.course.autograded / group / tiny.SHEET / "adding.ipynb", as_version=4
    )
    outputs = str([cell.get("outputs") for cell in marked.cells])
    assert not any(secret in outputs for secret in SECRETS)


@pytest.mark.parametrize("group", CONTROLS)
def test_honest_groups_get_full_marks_in_the_same_run(battle, group):
    assert [battle.rows[group, task].score for task in TASKS] == [2, 2, 2]


def test_the_class_is_whole_and_the_course_untouched(battle):
    assert set(battle.results) == {*battle.teams, *CONTROLS}
    assert battle.untouched
    assert battle.new_files <= MADE
    assert battle.beacon.calls == 0
    assert not battle.survivors
    assert not battle.pages.failed


class Answers:
    """Names that a notebook binds, for tests of the trusted side alone."""

    def __init__(self, **names: Any) -> None:
        self.bound = names
        self.compared: list[str] = []

    def names(self, names: list[str], seed: int) -> dict[str, Any]:
        return {name: self.bound[name] for name in names if name in self.bound}


def run(source: str, names: Answers) -> dict[str, Any]:
    """What a grade cell without a hidden part replies."""
    return run_test(source, "check", (1, 2), names, never, candid=False, given=(), answers=())


def never() -> None:
    raise AssertionError("there is no hidden part")


def test_what_python_gives_is_never_the_students():
    names = Answers(callable=lambda thing: True, add=3)
    assert run("assert callable(add)", names)["error"][0] == "AssertionError"


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ("np.array([[0.5]])", "0.5"),
        ("np.arange(2)", None),
        ("1 == 2", None),
        ("2j", None),
        ("from fractions import Fraction\nFraction(1, 2)", "0.5"),
        ("from decimal import Decimal\nDecimal('1.5')", "1.5"),
    ],
)
def test_only_numbers_are_points(value, points):
    reply = run(f"import numpy as np\n{value}", Answers())
    assert reply["value"] == points
    assert (reply["error"] is None) == (points is not None)


def test_an_answer_is_no_points():
    with socket.socket() as nobody:
        answer = Remote(Peer(Channel(nobody), 1.0), 0, {})
        reply = run("answer", Answers(answer=answer))
        assert reply["value"] is None


@pytest.mark.parametrize("is_end", [True, False])
def test_an_answer_cannot_end_a_loop_of_the_test(is_end):
    error = error_of(
        {"kinds": ["builtins:StopIteration", "builtins:Exception"], "text": "done"}, is_end=is_end
    )
    assert isinstance(error, StopIteration) == is_end


def test_there_are_enough_attacks():
    assert len(ATTACKS) >= 60
