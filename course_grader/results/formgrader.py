"""nbgrader's formgrader on a course: a Jupyter server on this machine that opens with it."""

import logging
import secrets
from typing import Any

from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

from course_grader.console import Console
from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.intake.roster import find_roster
from course_grader.naming import word
from course_notebooks.cleaning import name

_EXTENSIONS = ("nbgrader.server_extensions.formgrader", "jupyter_server_mathjax")


def demo_course(course: Course) -> Course:
    """The class that `genlhc demo` left behind.

    Raises:
        CourseError: there is none.
    """
    folder = course.build / "demo"
    if not folder.is_dir():
        raise CourseError(f"there is no demo class in {folder}; run `genlhc demo` first")
    return Course.open(folder)


def serve(course: Course, console: Console, *, port: int = 8888, browser: bool = True) -> None:
    """Starts the formgrader, says where it is, and returns when it is ended.

    Args:
        course: whose marks are shown.
        console: where to print.
        port: of the address; the next free one is taken if it is in use. 0 takes any.
        browser: whether a browser is opened.

    Raises:
        CourseError: nothing was graded yet, or no port is free.
    """
    if not any(course.autograded.glob("*/*/*.ipynb")):
        sheet = next(iter(course.sheets()), "SHEET")
        raise CourseError(
            f"nothing is graded in {course.root}; run `genlhc grade {word(sheet)}` there first"
        )
    _name_groups(course)
    with nbgrader_house(course.root):
        app = _server(course, port, browser)
        console.say(f"The formgrader of {course.root}:")
        console.say(f"  {_address(app)}")
        console.say("Manual Grading shows the written answers, each beside its rubric.")
        console.say("Points and comments are stored as you leave their field. End with Ctrl-C.")
        app.start()
    for sheet in course.sheets():
        console.say(f"next: `genlhc feedback {word(sheet)}` and `genlhc export {word(sheet)}`")


def _name_groups(course: Course) -> None:
    """Gives groups without a name theirs: nbgrader shows `None, None` for them."""
    people = find_roster(course)
    members = people.groups if people is not None else {}
    with course.gradebook() as gradebook:
        for one in gradebook.students:
            if one.last_name is None and one.first_name is None:
                names = [person.name or person.person for person in members.get(one.id, [])]
                one.last_name, one.first_name = name(one.id), name(", ".join(names))
        gradebook.db.commit()


def _server(course: Course, port: int, browser: bool) -> Any:
    """The server, ready to start; a setting here counts more than one in a file."""
    config = Config(course.config)
    server = config.ServerApp
    server.ip = "127.0.0.1"
    server.port = port
    server.root_dir = str(course.root)
    server.default_url = "/formgrader"
    server.open_browser = browser
    server.answer_yes = True
    server.allow_root = True  # as in a container; the address is this machine's own
    server.jpserver_extensions = dict.fromkeys(_EXTENSIONS, True)
    config.Application.log_level = logging.WARNING
    config.IdentityProvider.token = secrets.token_urlsafe(24)
    config.FormgradeExtension.debug = False  # it would print all settings on its first page
    app = ServerApp(config=config)
    try:
        app.initialize(argv=[])
    except SystemExit as error:
        raise CourseError(f"Jupyter did not start: no port is free from {port} on") from error
    return app


def _address(app: Any) -> str:
    """Where the browser goes to, with the token that lets it in."""
    return f"http://127.0.0.1:{app.port}/formgrader?token={app.identity_provider.token}"
