"""Tutors mark in a real browser: groups, reasons, the rubric beside an answer, points, comments."""

import copy
import csv
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny
from nbgrader.converters import GenerateFeedback
from playwright.sync_api import Browser, Locator, Page, expect
from typer.testing import CliRunner

from course_grader.cli import app
from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.markers import BEGIN_HIDDEN, BEGIN_SOLUTION, END_HIDDEN, END_SOLUTION
from course_grader.release.bundle import write_bundle
from course_grader.release.release import release

SHEET = tiny.SHEET
FAIR = (
    "from course_grader.defaults import fair_defaults\n\nc = get_config()\nc.merge(fair_defaults())"
)
HOSTILE = "<script>document.title = 'taken over'</script><b onclick='alert(1)'>As you like it</b>"
ANSWER = "Addition of integers does not care for order."
ROSTER = "person,group,name,email,tutorial\np1,group-01,,,\np2,group-01,,,\np3,group-02,,,\n"
ATTACK = """
import builtins

builtins.AssertionError = type("Harmless", (BaseException,), {})
get_ipython().showtraceback = lambda *arguments, **options: None


def add(a, b):
    return a - b


try:
    open(ESCAPED, "w").close()
except OSError as error:
    print("kept in:", type(error).__name__)
"""


STILL = """() => {
    const now = `${scrollY} ${document.documentElement.scrollHeight}`
    const same = window.before === now
    window.before = now
    return same
}"""


@dataclass
class Desk:
    """A graded class and the formgrader that shows it."""

    course: Course
    address: str
    token: str

    def hand_in(self, group: str, notebook: Any) -> None:
        hand_in(self.course, group, notebook)

    def genlhc(self, command: str) -> str:
        """Runs a command on the sheet; it must do all of it."""
        result = CliRunner().invoke(app, [command, SHEET, "--course", str(self.course.root)])
        assert result.exit_code == 0, result.output
        return result.output

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.course.build / "grades" / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def page_of(self, group: str) -> Path:
        return self.course.feedback / group / SHEET / "adding.html"


def hand_in(course: Course, group: str, notebook: Any) -> None:
    path = course.submitted / group / SHEET / "adding.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def with_sources(notebook: Any, **sources: str) -> Any:
    """A copy in which cells (their ids with _ for -) have other sources."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        cell.source = sources.get(cell.id.replace("-", "_"), cell.source)
    return changed


@pytest.fixture(scope="module")
def solved(released_course: Path) -> Any:
    stub, solution = (
        nbformat.read(released_course / folder / SHEET / "adding.ipynb", as_version=4)
        for folder in ("exercises", "solutions")
    )
    return fill(stub, solution)


@pytest.fixture(scope="module")
def graded(released_course: Path, solved: Any, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class of three groups in a folder with a space and an umlaut."""
    root = tmp_path_factory.mktemp("desk") / "Übung 1"
    shutil.copytree(released_course, root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("c = get_config()", FAIR))
    (root / "roster.csv").write_text(ROSTER)
    course = Course.open(root)
    release(course, SHEET)
    write_bundle(course, SHEET)
    wrong = "def add(a, b):\n    return a - b"
    hand_in(course, "group-01", with_sources(solved, written_3_why=ANSWER))
    hand_in(course, "group-02", with_sources(solved, task_1_add=wrong, written_3_why="No idea."))
    hand_in(course, "group-03", with_sources(solved, written_3_why=HOSTILE))
    Grading(course, SHEET).run()
    return course


@pytest.fixture(scope="module")
def desk(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The command as a tutor starts it, ended by its process id."""
    home = tmp_path_factory.mktemp("home")
    command = [
        *(str(Path(sys.executable).parent / "genlhc"), "formgrader", "--no-browser", "--port", "0"),
        *("--course", str(graded.root)),
    ]
    with (home / "errors.txt").open("w+") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "HOME": str(home)},
        )
        try:
            assert process.stdout is not None
            said = iter(process.stdout.readline, "")
            address = next((line.strip() for line in said if "http://" in line), "")
            assert address, (home / "errors.txt").read_text()
            base, _, token = address.partition("/formgrader?token=")
            yield Desk(graded, base, token)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            process.stdout.close()


@pytest.fixture
def tab(chromium: Browser, desk: Desk) -> Iterator[Page]:
    """A tab in which the tutor is known to the server."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{desk.address}/formgrader?token={desk.token}")
    yield page
    context.close()


def at(desk: Desk, tab: Page, place: str) -> Page:
    tab.goto(f"{desk.address}/formgrader/{place}")
    return tab


def open_submission(desk: Desk, tab: Page, group: str) -> Page:
    """The page on which a group's notebook is marked, reached by clicking through the lists."""
    at(desk, tab, "gradebook")
    tab.get_by_role("link", name=SHEET).click()
    tab.get_by_role("link", name="adding").click()
    tab.get_by_role("link", name="Submission #1").wait_for()
    tab.get_by_role("button", name="Show All Names").click()
    tab.get_by_role("link", name=group).click()
    tab.locator("#check-1-add[placeholder]").wait_for()  # the points have come, too
    tab.locator("#written-3-why-comment[placeholder]").wait_for()
    # It scrolls by itself to the first field, and equations move it: a click meanwhile may miss.
    tab.locator("span.MathJax").first.wait_for()
    tab.wait_for_function(STILL, polling=1000)
    return tab


def boxes(page: Page, *parts: Locator) -> list[dict[str, float]]:
    """Where parts of a page stand, all at the same moment: it may be scrolling."""
    script = "parts => parts.map(part => part.getBoundingClientRect().toJSON())"
    return list(page.evaluate(script, [part.element_handle() for part in parts]))


def test_the_lists_show_groups_and_points(desk, tab):
    at(desk, tab, f"manage_submissions/{SHEET}")
    row = tab.get_by_role("row", name="group-02")
    expect(row).to_contain_text("needs manual grading")
    expect(row).to_contain_text("2 / 8")
    expect(tab.get_by_role("row", name="group-01")).to_contain_text("group-01, p1, p2")
    expect(tab.locator("body")).not_to_contain_text("None, None")


def test_a_check_is_shown_with_its_points_and_the_reason(desk, tab):
    page = open_submission(desk, tab, "group-02")
    expect(page.locator("#check-1-add")).to_have_attribute("placeholder", "0")
    expect(page.locator("#check-2-guess")).to_have_attribute("placeholder", "2")
    expect(page.locator(".output_error")).to_contain_text("the sum is wrong: did you subtract?")


def test_the_rubric_stands_beside_the_answer_and_the_model_answer_is_folded(desk, tab):
    page = open_submission(desk, tab, "group-01")
    rubric = page.get_by_role("region", name="Rubric of written-3-why")
    expect(rubric).to_contain_text("all or nothing")
    model = rubric.get_by_text("Because it does.")
    expect(model).to_be_hidden()
    answer = page.locator(".nbgrader_cell", has_text=ANSWER)
    rubric.get_by_text("Model answer").click()
    expect(model).to_be_visible()
    model.evaluate("text => { text.style.height = '600px' }")
    left, right = boxes(page, answer, rubric)
    assert left["height"] < 300  # a long model answer does not stretch it
    assert right["x"] >= left["x"] + left["width"]
    assert abs(right["y"] - left["y"]) < 30


def test_on_a_narrow_screen_the_rubric_stands_above_the_answer(desk, tab):
    tab.set_viewport_size({"width": 800, "height": 900})
    page = open_submission(desk, tab, "group-01")
    answer = page.locator(".nbgrader_cell", has_text=ANSWER)
    rubric = page.get_by_role("region", name="Rubric of written-3-why")
    below, above = boxes(page, answer, rubric)
    assert above["y"] + above["height"] <= below["y"]


def test_a_students_script_does_not_run_and_does_not_touch_the_rubric(desk, tab):
    page = open_submission(desk, tab, "group-03")
    expect(page.locator(".nbgrader_cell", has_text="As you like it")).to_be_visible()
    expect(page.get_by_role("region", name="Rubric of written-3-why")).to_be_visible()
    assert page.title() == "adding"


def test_equations_need_no_network(desk, tab):
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    page = open_submission(desk, tab, "group-01")
    page.locator("span.MathJax").first.wait_for()
    assert all(url.startswith((desk.address, "data:", "about:")) for url in asked)


def test_points_and_a_comment_reach_the_pages_and_the_tables(desk, tab):
    page = open_submission(desk, tab, "group-01")
    page.locator("#written-3-why").fill("0.5")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url) as stored:
        page.locator("#written-3-why").press("Tab")
    assert stored.value.ok
    comment = page.locator("#written-3-why-comment")
    comment.fill("Say *which* axiom that is.")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url) as stored:
        comment.blur()
    assert stored.value.ok

    desk.genlhc("export")
    row = next(
        one
        for one in desk.table(SHEET)
        if (one["group"], one["task"]) == ("group-01", "written-3-why")
    )
    assert (row["status"], row["score"], row["max_score"]) == ("graded", "0.5", "1")
    people = {one["person"]: one for one in desk.table(f"{SHEET}-members")}
    assert [people[name]["score"] for name in ("p1", "p2", "p3")] == ["4.5", "4.5", "2"]

    desk.genlhc("feedback")
    tab.goto(desk.page_of("group-01").as_uri())
    line = tab.get_by_role("row", name="written-3-why")
    expect(line).to_contain_text("0.5 of 1")
    expect(line.locator("em")).to_have_text("which")
    line.get_by_role("link").click()
    expect(tab.locator("#written-3-why")).to_be_in_viewport()
    expect(tab.locator("#written-3-why footer")).to_contain_text("Say which axiom that is.")
    tab.goto(desk.page_of("group-02").as_uri())
    expect(tab.get_by_role("row", name="check-1-add")).to_contain_text("the sum is wrong")
    expect(tab.get_by_role("row", name="written-3-why")).to_contain_text("your tutor marks it")


def test_the_button_autograde_runs_the_trusted_grader(desk, tab, solved):
    escaped = desk.course.root / "escaped"
    attack = ATTACK.replace("ESCAPED", repr(str(escaped)))
    desk.hand_in("group-04", with_sources(solved, task_1_add=attack, written_3_why="-"))
    at(desk, tab, f"manage_submissions/{SHEET}")
    row = tab.get_by_role("row", name="group-04")
    expect(row).to_contain_text("needs autograding")
    row.locator(".autograde a").click()
    tab.get_by_role("button", name="OK").click(timeout=60_000)
    desk.genlhc("export")
    scores = {one["task"]: one for one in desk.table(SHEET) if one["group"] == "group-04"}
    assert scores["check-1-add"]["score"] == "0"
    assert scores["check-1-add"]["reason"] == "the sum is wrong: did you subtract?"
    assert scores["check-2-guess"]["score"] == "2"
    assert not escaped.exists()
    marked = desk.course.autograded / "group-04" / SHEET / "adding.ipynb"
    assert "kept in: " in marked.read_text("utf-8")


def test_rubrics_and_model_answers_stay_with_the_tutor(desk):
    """Searches all that students could get, also pages that nbgrader's own button makes."""
    with nbgrader_house(desk.course.root):
        desk.course.converter(GenerateFeedback, SHEET, group="group-01").start()
    desk.genlhc("feedback")
    secrets = ("all or nothing", "Because it does.", "tutor-rubric", "Model answer")
    folders = ("exercises", "autograded", "feedback", "build")
    found = [path for name in folders for path in sorted((desk.course.root / name).rglob("*"))]
    pages = [path for path in found if path.is_file()]
    assert {path.suffix for path in pages} >= {".ipynb", ".html", ".zip"}
    for path in pages:
        for text in texts(path):
            assert not any(secret in text for secret in secrets), path


def texts(path: Path) -> list[str]:
    if path.suffix != ".zip":
        return [path.read_bytes().decode("utf-8", "replace")]
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]


def text_of(page: Path) -> str:
    """What a reader sees, in one line."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page.read_text("utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", bare)).split())


def secret_lines(course: Course, group: str, name: str) -> set[str]:
    """Lines of hidden tests and solutions that a group neither got nor wrote itself."""
    known = "\n".join(
        cell.source
        for folder in (course.release, course.submitted / group)
        for cell in nbformat.read(folder / SHEET / f"{name}.ipynb", as_version=4).cells
    )
    secrets: set[str] = set()
    for cell in nbformat.read(course.source / SHEET / f"{name}.ipynb", as_version=4).cells:
        inside = False
        for line in cell.source.split("\n"):
            if BEGIN_HIDDEN in line or BEGIN_SOLUTION in line:
                inside = True
            elif END_HIDDEN in line or END_SOLUTION in line:
                inside = False
            elif inside and len(line.strip()) >= 12 and line.strip() not in known:
                secrets.add(" ".join(line.split()))
    return secrets


@pytest.fixture(scope="module")
def pages(desk: Desk) -> str:
    """The groups' pages are there."""
    return desk.genlhc("feedback")


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("group", ["group-01", "group-02", "group-03"])
def test_feedback_holds_no_line_of_hidden_tests_and_of_solutions(desk, group):
    secrets = secret_lines(desk.course, group, "adding")
    assert "tiny_tests.check_add(add)" in secrets
    assert ("return a + b" in secrets) == (group == "group-02")
    page = text_of(desk.page_of(group))
    assert "return a" in page
    assert not [line for line in secrets if line in page]
