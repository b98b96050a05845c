"""What the commands of `genlhc` have in common: options, sessions, commands of other packages.

Other packages add commands through entry points of the group `genlhc.commands`: the name of the
entry point is the name of the command, its object a `typer.Typer`. They are loaded when they are
used or listed, and one that cannot be loaded does not keep the others from working. A module with
commands imports what is heavy inside of them: a help page does not wait for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from course_grader.errors import CourseError
from course_notebooks.terminal import Commands as CleanCommands
from course_notebooks.terminal import complain, show_traceback
from course_notebooks.troubles import in_words, is_of_the_system

if TYPE_CHECKING:
    from course_grader.console import Console
    from course_grader.course import Course

GROUP = "genlhc.commands"
_OF_GROUPS = ("collect", "grade", "feedback", "export", "report", "similar")


class Commands(CleanCommands):
    """Our own commands and those of other packages."""

    def invoke(self, ctx: Any) -> Any:
        """Runs a command, whoever it is from: mistakes become messages, never tracebacks.

        A mistake of the user ends with status 2, a surprise with status 1. With `--debug` the
        traceback follows; so it does where a command has turned an error into a message itself.
        """
        debug = bool(ctx.params.get("debug"))
        try:
            return super().invoke(ctx)
        except CourseError as error:
            complain(str(error))
            _explain(error, debug)
            raise typer.Exit(2) from error
        except BrokenPipeError:
            raise  # who read our output has gone: typer ends quietly
        except Exception as error:
            if hasattr(error, "exit_code"):  # typer's own: they know how to end
                _explain(error.__cause__ or error.__context__, debug)
                raise
            if isinstance(error, OSError) and is_of_the_system(error):
                complain(in_words(error))
            else:
                complain(f"unexpected {_text(error)}; `genlhc --debug ...` says where")
            _explain(error, debug)
            raise typer.Exit(1) from error

    def _others(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=GROUP)}

    def list_commands(self, ctx: Any) -> list[str]:
        """Names for the help page; a broken command is reported and left out."""
        names = list(super().list_commands(ctx))
        for name, point in sorted(self._others().items()):
            if name not in names:
                try:
                    _load(point)
                    names.append(name)
                except Exception as error:
                    complain(f"the command {name!r} cannot be loaded: {_text(error)}")
        return names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by name, or `None`."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        point = self._others().get(cmd_name)
        if point is None:
            return None
        try:
            return _load(point)
        except Exception as error:
            complain(f"the command {cmd_name!r} cannot be loaded: {_text(error)}")
            raise typer.Exit(2) from error


def _load(point: EntryPoint) -> Any:
    command = typer.main.get_command(point.load())
    command.name = point.name
    return command


def _explain(error: BaseException | None, debug: bool) -> None:
    if debug and error is not None:
        show_traceback(error)


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of every error.")
    ] = False,
) -> None:
    """Release, grade and hand back notebooks: a course on top of nbgrader.

    Example: genlhc release sheet01
    """


CourseOption = Annotated[
    Path, typer.Option("--course", help="Folder with solutions/ and nbgrader_config.py.")
]
SheetArgument = Annotated[str, typer.Argument(help="Name of the sheet, a folder of solutions/.")]


@contextmanager
def session(folder: Path, command: str) -> Iterator[tuple["Course", "Console"]]:
    """A course with its log, which keeps the traceback of a surprise."""
    from course_grader.console import Console
    from course_grader.course import Course  # brings nbgrader, which takes a while to load
    from course_grader.logs import log_to_file

    course = Course.open(folder)
    with log_to_file(course, command) as log:
        try:
            console = Console()
            for text in course.misnamed() if command in _OF_GROUPS else ():
                console.problem(text)
            yield course, console
        except (CourseError, typer.Exit):
            raise
        except Exception as error:
            course.log.exception("unexpected")
            if log.trouble or is_of_the_system(error):
                raise
            complain(f"unexpected {_text(error)}; the details are in {log.path}")
            raise typer.Exit(1) from error
        finally:
            if log.trouble:
                complain(f"this run has no whole log, which stops nothing else: {log.trouble}")
