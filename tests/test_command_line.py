"""What all commands share, those of other packages too: help with an example, errors in words."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from courses import tiny
from rich.cells import cell_len
from rich.table import Table
from typer.testing import CliRunner

from course_grader import cli, command_line
from course_grader.console import Console

WHOLE = typer.main.get_command(cli.app)
PIPED = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
PIPED.pop("COLUMNS", None)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The command and all below it, with what one types to get there."""
    yield path, command
    context = typer.Context(command)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from commands(command.get_command(context, name), (*path, name))


ALL = dict(commands(WHOLE))
by_command = pytest.mark.parametrize("path", list(ALL), ids=lambda path: " ".join(path) or "genlhc")


def resolve(arguments: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The command that a line calls, and what it gives to it."""
    path: tuple[str, ...] = ()
    while arguments and (*path, arguments[0]) in ALL:
        path, arguments = (*path, arguments[0]), arguments[1:]
    return path, arguments


def test_commands_of_entry_points_are_among_them():
    assert {("data", "split"), ("calibrate",), ("release",), ("new-sheet",)} <= set(ALL)


@by_command
def test_help_says_what_a_command_does_and_gives_an_example_that_can_be_typed(path):
    text = str(ALL[path].help)
    assert text.split("\n")[0].endswith(".")
    example = re.search(r"^Example: genlhc (.*)\Z", text.strip(), re.MULTILINE)
    assert example, "the last paragraph is not `Example: genlhc ...`"
    called, arguments = resolve(shlex.split(example.group(1)))
    assert called[: len(path)] == path
    ALL[called].make_context(" ".join(called), arguments)  # raises on a usage error


@by_command
def test_help_fits_80_columns(path):
    result = CliRunner(env={"TERMINAL_WIDTH": None}).invoke(cli.app, [*path, "--help"])
    assert result.exit_code == 0
    assert max(map(cell_len, result.output.split("\n"))) <= 80
    assert "\x1b" not in result.output


def test_a_pipe_gets_80_columns_without_colours():
    run = [sys.executable, "-c", "from course_grader.cli import main; main()", "grade", "--help"]
    result = subprocess.run(run, env=PIPED, capture_output=True, text=True)
    assert max(map(cell_len, result.stdout.split("\n"))) <= 80
    assert "\x1b" not in result.stdout + result.stderr


def test_a_table_in_a_log_has_80_columns(capsys):
    table = Table("what they did", "remarks")
    table.add_row("solved everything " * 9, "half of it " * 9)
    Console(interactive=False).table(table)
    out = capsys.readouterr().out
    assert max(map(cell_len, out.split("\n"))) == 80
    assert "\x1b" not in out


def fails(error: Exception) -> typer.Typer:
    """Another package's commands: one has a mistake, one turns an error into a message."""
    app = typer.Typer()

    @app.command()
    def surprise() -> None:
        raise error

    @app.command()
    def says() -> None:
        try:
            raise error
        except ValueError:
            print("bad input", file=sys.stderr)
            raise typer.Exit(2) from None

    return app


@pytest.fixture
def others(monkeypatch):
    app = typer.main.get_command(fails(ValueError("seven")))
    monkeypatch.setattr(command_line, "_load", lambda point: app)


def genlhc(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, list(arguments))


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("command", "status", "message"),
    [("surprise", 1, "unexpected ValueError: seven"), ("says", 2, "bad input")],
)
def test_a_traceback_is_shown_on_demand_only(command, status, message):
    plain = genlhc("data", command)
    assert (plain.exit_code, "Traceback" in plain.output) == (status, False)
    assert message in plain.stderr
    debug = genlhc("--debug", "data", command)
    assert debug.exit_code == status
    assert message in debug.stderr
    assert "Traceback" in debug.stderr
    assert "ValueError: seven" in debug.stderr


@pytest.mark.parametrize("command", ["release", "grade", "feedback", "export", "demo"])
def test_mistakes_of_users_have_a_traceback_on_demand_only(tmp_path, command):
    arguments = (command, "x", "--course", str(tmp_path))
    plain, debug = genlhc(*arguments), genlhc("--debug", *arguments)
    assert plain.exit_code == debug.exit_code == 2
    assert "Traceback" not in plain.output
    assert "CourseError" in debug.stderr
    assert plain.stderr.strip() in debug.stderr


def test_a_usage_error_has_no_traceback_even_then():
    result = genlhc("--debug", "release")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_whole_loop_works_with_umlauts_and_spaces(tmp_path):
    """In a course's path, in names of sheets, groups, notebooks, files and archives."""
    root = tiny.make_course(tmp_path / "Übungen WS 26" / "Blatt 1 ä")
    sheet, notebook, group = "übung-1", "größe und maß", "gruppe-ö"
    source = root / "solutions" / sheet
    (root / "solutions" / tiny.SHEET).rename(source)
    (source / "adding.ipynb").unlink()
    (source / "means.ipynb").rename(source / f"{notebook}.ipynb")
    roster = f"person,group,name\n1,{group},Bärbel Groß\n2,{group},Änne Öz\n"
    (root / "roster.csv").write_text(roster, encoding="utf-8")
    (root / "tinylib" / "maße für später.txt").write_text("1", encoding="utf-8")
    folder = ("--course", str(root))

    def runs(*arguments: str) -> str:
        result = genlhc(*arguments, *folder)
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    runs("release", sheet)
    hand_in = tmp_path / "Abgaben für Blatt 1" / group
    hand_in.mkdir(parents=True)
    solved = (source / f"{notebook}.ipynb").read_bytes()
    (hand_in / f"{notebook}.ipynb").write_bytes(solved)
    runs("collect", sheet, str(hand_in.parent))
    runs("grade", sheet, "--workers", "1")
    runs("feedback", sheet)
    runs("export", sheet)
    runs("report", sheet)
    table = (root / "build" / "grades" / f"{sheet}.csv").read_text(encoding="utf-8")
    assert f"{group},{notebook},check-4-mean,3,3,graded" in table
    assert (root / "feedback" / group / sheet / f"{notebook}.html").is_file()
    assert group in (root / "build" / "report" / f"{sheet}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("sheet", ["Blatt+1", "-1", "../x"])
def test_a_name_that_cannot_be_used_for_a_sheet_is_explained(tmp_path, sheet):
    root = tiny.make_course(tmp_path)
    result = genlhc("release", "--course", str(root), "--", sheet)
    assert result.exit_code == 2
    assert "cannot be the name of a sheet" in result.stderr
    assert "may hold letters, digits, spaces" in result.stderr


def test_a_name_that_cannot_be_used_for_a_group_is_explained(tmp_path):
    root = tiny.make_course(tmp_path)
    (root / "submitted" / "Gruppe 1" / tiny.SHEET).mkdir(parents=True)
    result = genlhc("grade", tiny.SHEET, "--course", str(root))
    assert result.exit_code == 2
    assert "submitted/Gruppe 1: a group's name may hold letters, digits" in result.stderr
