"""The command genlhc: what it says and how it ends; solutions and the demo."""

import json
import sys
from importlib.metadata import EntryPoint

import pytest
import typer
from courses import tiny
from typer.testing import CliRunner

from course_grader import cli, command_line
from course_grader.console import Console, Silent, Work, duration
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.grading.timings import FULL, START_UP, Outlook, Timings, timed
from course_grader.lecturer import solutions
from course_grader.lecturer.demo import _as_expected, copy_course, standing
from course_grader.lecturer.demo_class import answer, make_class, read_mistakes
from course_grader.results.report import Row

SHEET = tiny.SHEET


class Result:
    """How a command ended."""

    def __init__(self, *arguments: str) -> None:
        result = CliRunner().invoke(cli.app, list(arguments))
        self.status, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert "Traceback" not in self.out + self.err


@pytest.fixture
def genlhc(course_root):
    return lambda *arguments: Result(*arguments, "--course", str(course_root))


@pytest.mark.parametrize("command", ["release", "grade", "feedback", "export", "solutions", "demo"])
def test_a_folder_that_is_no_course_is_a_usage_error(tmp_path, command):
    result = Result(command, SHEET, "--course", str(tmp_path))
    assert result.status == 2
    assert "is not a course" in result.err
    assert "--course" in result.err


@pytest.mark.parametrize(
    "command", ["release", "feedback", "export", "report", "similar", "solutions", "demo"]
)
def test_an_unknown_sheet_is_a_usage_error_that_names_the_others(genlhc, command):
    result = genlhc(command, "week9")
    assert result.status == 2
    assert f"sheets of this course: {SHEET}" in result.err


@pytest.mark.parametrize(("command", "text"), [("grade", "no submission"), ("export", "nobody")])
def test_nothing_handed_in_is_a_usage_error(genlhc, command, text):
    result = genlhc(command, SHEET)
    assert result.status == 2
    assert text in result.err


def test_release_check_tells_by_its_status(genlhc, course):
    assert genlhc("release", SHEET, "--check").status == 0
    (course.release / SHEET / "adding.ipynb").unlink()
    result = genlhc("release", SHEET, "--check")
    assert result.status == 1
    assert f"exercises/{SHEET}/adding.ipynb is not what the solutions give" in result.out
    result = genlhc("release", SHEET)
    assert (result.status, result.err) == (0, "")
    assert f"written: exercises/{SHEET}/adding.ipynb" in result.out
    assert f"build/{SHEET}-students.zip" in result.out
    assert genlhc("release", SHEET, "--check").status == 0


def test_grading_a_class_with_a_bad_file_ends_with_1_and_the_rest_is_done(genlhc, course):
    for group, text in (("group-01", "{"), ("group-02", "")):
        path = course.submitted / group / SHEET / "means.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    result = genlhc("grade", SHEET, "--workers", "1")
    assert result.status == 1
    assert "group-01 means: means.ipynb is not a notebook" in result.out
    assert "2 notebooks need a look" in result.out
    assert genlhc("grade", SHEET, "--group", "group-09").status == 2
    result = genlhc("feedback", SHEET)
    assert (result.status, result.err) == (0, "")
    assert "4 pages" in result.out
    result = genlhc("export", SHEET)
    assert result.out == f"written: build/grades/{SHEET}.csv\n"


def test_nbgraders_chatter_is_in_the_log(genlhc, course):
    result = genlhc("release", SHEET)
    logs = sorted((course.build / "logs").glob("*-release.log"))
    assert "Converting notebook" in logs[-1].read_text()
    assert "Converting" not in result.out + result.err


def test_a_surprise_has_no_traceback_on_the_terminal_and_one_in_the_log(
    genlhc, course, monkeypatch
):
    monkeypatch.setattr("course_grader.release.release.check_release", lambda *_: 1 / 0)
    result = genlhc("release", SHEET, "--check")
    assert result.status == 1
    assert "unexpected ZeroDivisionError" in result.err
    log = next((course.build / "logs").glob("*-release.log"))
    assert str(log) in result.err
    assert "Traceback" in log.read_text()


def good_commands() -> typer.Typer:
    """Stands for another package's commands."""
    app = typer.Typer()

    @app.command()
    def hello() -> None:
        print("hello from elsewhere")

    return app


elsewhere = good_commands()


@pytest.fixture
def other_packages(monkeypatch):
    points = [
        EntryPoint("good", "test_grader_cli:elsewhere", command_line.GROUP),
        EntryPoint("bad", "no_such_package:app", command_line.GROUP),
    ]
    monkeypatch.setattr(command_line, "entry_points", lambda group: points)


@pytest.mark.usefixtures("other_packages")
def test_other_packages_add_commands():
    assert Result("good").out == "hello from elsewhere\n"


@pytest.mark.usefixtures("other_packages")
def test_a_broken_package_is_reported_and_breaks_nothing():
    result = Result("--help")
    assert result.status == 0
    assert "the command 'bad' cannot be loaded: ModuleNotFoundError" in result.err
    assert "good" in result.out
    assert "release" in result.out
    assert Result("bad").status == 2
    assert Result("good").err == ""


def test_demo_shows_the_whole_loop(genlhc, course):
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    result = genlhc("demo")
    assert result.status == 0, result.out + result.err
    assert "As expected: the solution gets every automatic point" in result.out
    for text in ("group-01", "7.00 / 7.00", "0.00 / 7.00", "subtracts instead", "not handed in"):
        assert text in result.out
    demo = course.build / "demo"
    assert (demo / "feedback" / "group-04" / SHEET / "adding.html").is_file()
    table = (demo / "build" / "grades" / f"{SHEET}.csv").read_text()
    assert "group-04,adding,check-1-add,0,2,graded,the sum is wrong: did you subtract?" in table
    assert (
        "1 of 7 groups: the sum is wrong"
        in (demo / "build" / "report" / f"{SHEET}.html").read_text()
    )
    assert "group-05,adding,check-1-add,0,2,ungradable" in table
    assert "group-06,adding,check-1-add,0,2,missing" in table
    assert "group-07,means,check-4-mean,0,3,graded" in table
    assert "task-4-mean: the process" in result.out
    assert {path: path.read_bytes() for path in before} == before


def test_demo_says_when_the_solution_does_not_get_its_points(capsys):
    def row(group: str, score: float | None, status: str = "graded") -> Row:
        return Row(group, "adding", "check", score, 2.0, status, "no sum")

    found = [row("group-01", 1.0), row("group-02", 0.5)]
    standings = {name: standing(name, found) for name in ("group-01", "group-02")}
    assert not _as_expected(Console(), standings, found)
    out = capsys.readouterr().out
    assert "the solution itself gets 1 of 2 in adding, check: no sum" in out
    assert "an untouched notebook gets 0.5 of 2 in adding, check" in out


def test_a_mistake_that_does_not_fit_the_solution_is_named(genlhc, course):
    path = course.root / "autograde_tests" / SHEET / "mistakes.toml"
    path.write_text(tiny.MISTAKES.replace('"a + b"', '"a * b"'))
    result = genlhc("demo")
    assert result.status == 2
    assert "task-1-add: the solution has no text 'a * b'" in result.err
    path.write_text("[[mistake]]\nnotebook = 'adding'")
    with pytest.raises(CourseError, match="expected"):
        read_mistakes(course, SHEET)


def test_a_course_without_a_list_of_mistakes_has_a_demo_class_too(course):
    (course.root / "autograde_tests" / SHEET / "mistakes.toml").unlink()
    groups = make_class(course, SHEET, read_mistakes(course, SHEET))
    assert [one.name for one in groups] == [f"group-{n:02d}" for n in range(1, 8)]
    assert groups[3].files == groups[0].files


def test_demo_refuses_to_write_to_another_gradebook(course):
    config = course.root / "nbgrader_config.py"
    elsewhere = course.root / "real.db"
    config.write_text(config.read_text() + f"c.CourseDirectory.db_url = 'sqlite:///{elsewhere}'\n")
    with pytest.raises(CourseError, match="gradebook outside the course"):
        copy_course(Course.open(course.root), SHEET)


def test_answers_have_neither_markers_nor_rubric():
    source = tiny.written("Why?", "Because.", "why", 1).source
    assert answer(source) == "Why?\n\nBecause."


FAKE_BROWSER = f"""#!{sys.executable}
import json, sys
from pathlib import Path
target = next(a.split("=", 1)[1] for a in sys.argv if a.startswith("--print-to-pdf="))
page = Path(sys.argv[-1].removeprefix("file://")).read_text()
Path(target).write_text(json.dumps(dict(arguments=sys.argv[1:], page=page)))
"""


@pytest.fixture
def browser(tmp_path, monkeypatch):
    path = tmp_path / "chromium"
    path.write_text(FAKE_BROWSER)
    path.chmod(0o755)
    monkeypatch.setattr(solutions, "find_browser", lambda: str(path))
    return path


@pytest.mark.usefixtures("browser")
def test_solutions_are_executed_and_printed(genlhc, course):
    result = genlhc("solutions", SHEET, "--notebook", "means", "--figures")
    assert result.status == 0, result.out + result.err
    made = course.build / "solutions" / SHEET
    kinds = ("ipynb", "html", "slides.html", "pdf")
    assert {path.name for path in made.iterdir()} == {
        "assets",
        "index.html",
        *(f"means.{kind}" for kind in kinds),
    }
    executed = json.loads((made / "means.ipynb").read_text())
    assert all(cell["execution_count"] for cell in executed["cells"] if "outputs" in cell)
    page = (made / "means.html").read_text()
    assert "tiny_tests" not in page
    assert "SOLUTION" not in page
    printed = json.loads((made / "means.pdf").read_text())
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in printed["arguments"]
    assert "file:///" in printed["page"].split("MathJax.js")[0]
    figure = course.source / SHEET / "figures" / "line.png"
    assert figure.read_bytes() == tiny.png()


def test_without_a_browser_there_is_a_page_and_a_hint(genlhc, course, monkeypatch):
    monkeypatch.setattr(solutions, "find_browser", lambda: None)
    notebook = tiny.means()
    notebook.cells[2].source = notebook.cells[2].source.replace("/ len(x)", "/ 7")
    tiny.write(course.root, "means", notebook)
    result = genlhc("solutions", SHEET, "--notebook", "means")
    assert result.status == 1
    assert "check-4-mean: the mean is wrong" in result.out
    assert solutions.HOW_TO in result.out
    assert (course.build / "solutions" / SHEET / "means.html").is_file()
    assert genlhc("solutions", SHEET, "--notebook", "medians").status == 2


def test_time_left_follows_from_the_pace_and_counts_down():
    work = Work("x", 10.0, clock=0.0)
    assert work.left(now=1.0) is None
    work.advance(2.0)
    work._last = 4.0
    assert work.left(now=4.0) == pytest.approx(16.0)
    assert work.left(now=7.0) == pytest.approx(13.0)
    assert work.left(now=99.0) == 0.0


def test_a_share_of_work_moves_the_whole():
    whole = Work("all", 1.0)
    whole.advance(0.1)
    with Silent().part(whole, 0.8).work("part", 4.0) as part:
        part.advance(1.0)
        assert whole.done == pytest.approx(0.3)
        part.reach(1.0, 8.0)
        assert whole.done == pytest.approx(0.3)
        part.reach(8.0, 8.0)
    assert whole.done == pytest.approx(0.9)


def test_the_outlook_learns_on_the_way(course):
    timings = Timings(course, SHEET)
    notebook = tiny.means()
    cells = timings.expect("means", timed(notebook), FULL)
    work = Work("x", 1.0)
    keys = [("group-01", "means"), ("group-02", "means")]
    outlook = Outlook(work, lambda key: timings.expect(key[1], timed(notebook), FULL), keys)
    outlook.begin(keys[0], "")
    assert work.total == pytest.approx(2 * (START_UP + len(cells)))
    for name in cells:
        timings.add("means", FULL, name, 10.0)
        outlook.cell(keys[0], name, 10.0, "")
    outlook.end(keys[0])
    assert work.done == pytest.approx(START_UP + 10 * len(cells))
    assert work.total == pytest.approx(2 * work.done)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.6, "1 min 00 s"), (3700, "1 h 01 min")]
)
def test_durations_are_readable(seconds, text):
    assert duration(seconds) == text


def test_a_log_gets_lines_with_the_time_left(capsys):
    with Console(interactive=False).work("grading", 10) as work:
        work.every = 0.0
        work.advance(5, "group-01")
    out = capsys.readouterr().out
    assert "grading: 50 %" in out
    assert "left (group-01)" in out
