"""nbgrader's gradebook: opened, and made where there is none."""

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.api import Base, Gradebook, InvalidEntry
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from course_grader.errors import CourseError

_MEANINGS = {
    ("locked", "busy"): (
        "is in use by another program, such as a formgrader, a second `genlhc` or a viewer of "
        "databases: nothing was lost; close that program or wait, then give the command again"
    ),
    ("not a database", "malformed", "encrypted"): (
        "is damaged ({line}): put a copy of it back. Without a copy move the file away and run "
        "`genlhc grade SHEET --force` for each sheet; what tutors gave is lost then"
    ),
    ("no such table", "no such column", "UndefinedTable", "UndefinedColumn"): (
        "is no gradebook of this version of nbgrader ({line}): copy it, then run "
        "`nbgrader db upgrade` in the course's folder"
    ),
    ("readonly", "read-only"): (
        "may not be written: change the permissions of the file and its folder, then give the "
        "command again"
    ),
    ("is full",): "could not be written, since the disk is full: make room, then give the command "
    "again",
}


class GradebookError(CourseError):
    """The gradebook cannot be used; the text says why and what to do."""


@contextmanager
def opened(url: str, course_id: str) -> Iterator[Any]:
    """The gradebook, open within a `with` statement.

    Args:
        url: SQLAlchemy address.
        course_id: nbgrader's name of the course.

    Raises:
        GradebookError: it is locked, damaged or cannot be written.
    """
    make(url)
    with _explained(url), Gradebook(url, course_id) as gradebook:
        yield gradebook


@contextmanager
def one_engine() -> Iterator[None]:
    """Within this block nbgrader's gradebooks of one address share an engine.

    Each would make its own and compile all SQL statements anew: SQLAlchemy keeps these, for each
    engine, where they are never found again.
    """
    made = functools.cache(create_engine)
    before = api.create_engine
    api.create_engine = made
    try:
        yield
    finally:
        api.create_engine = before


@contextmanager
def in_one_step(gradebook: Any) -> Iterator[None]:
    """Within this block nbgrader's commits wait; at its end all is written, after an error nothing.

    nbgrader commits each cell, and the disk makes it wait each time.

    Args:
        gradebook: nbgrader's, open.
    """
    session = gradebook.db
    session.commit = session.flush
    try:
        yield
    finally:
        del session.commit
    session.commit()


def make(url: str) -> None:
    """Creates the tables of a new gradebook; an existing one is left alone.

    nbgrader would do so, too, but it starts the program `alembic` from the search path for it,
    which is not there when the environment is not activated.

    Raises:
        GradebookError: the address is none, its database does not answer, is locked or damaged, or
            its driver is missing.
    """
    try:
        engine = api.create_engine(url, echo=False, future=True)
        engine.connect().close()
    except (ModuleNotFoundError, SQLAlchemyError) as error:
        raise GradebookError(
            f"the gradebook at {_without_password(url)} cannot be opened: {_first_line(error)}; "
            "expected in c.CourseDirectory.db_url sqlite:///PATH, or postgresql://USER@HOST/NAME "
            'after `pip install "psycopg[binary]"`'
        ) from None
    try:
        with _explained(url):
            _complete(engine)
    finally:
        engine.dispose()


def _complete(engine: Any) -> None:
    """Tables, and the version by which nbgrader knows them, where there are none."""
    if not inspect(engine).get_table_names():
        head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
        Base.metadata.create_all(bind=engine)
        with engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(
                text("INSERT INTO alembic_version (version_num) VALUES (:head)"),
                {"head": head},
            )


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Within this block the database's complaints become sentences."""
    try:
        yield
    except (SQLAlchemyError, InvalidEntry) as error:
        raise GradebookError(trouble(url, str(error))) from error


def trouble(url: str, said: str) -> str:
    """What a complaint of the database means, and what to do.

    Args:
        url: of the gradebook.
        said: text of SQLAlchemy's error.

    Example:
        >>> trouble("sqlite:///gradebook.db", "(sqlite3.OperationalError) disk I/O error")
        'the gradebook at sqlite:///gradebook.db cannot be read or written: disk I/O error'
    """
    line = re.sub(r"^\(\S+\) ", "", (said.strip().splitlines() or ["no message"])[0])
    place = f"the gradebook at {_without_password(url)}"
    for words, meaning in _MEANINGS.items():
        if any(word in line for word in words):
            return f"{place} {meaning}".format(line=line)
    return f"{place} cannot be read or written: {line}"


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", url)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
