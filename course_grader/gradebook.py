"""nbgrader's gradebook: opened, and made where there is none."""

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.api import Base, Gradebook
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from course_grader.errors import CourseError


@contextmanager
def opened(url: str, course_id: str) -> Iterator[Any]:
    """The gradebook, open within a `with` statement.

    Args:
        url: SQLAlchemy address.
        course_id: nbgrader's name of the course.
    """
    make(url)
    with Gradebook(url, course_id) as gradebook:
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
        CourseError: the address is none, its database does not answer, or its driver is missing.
    """
    try:
        engine = api.create_engine(url, echo=False, future=True)
        engine.connect().close()
    except (ModuleNotFoundError, SQLAlchemyError) as error:
        raise CourseError(
            f"the gradebook at {_without_password(url)} cannot be opened: {_first_line(error)}; "
            "expected in c.CourseDirectory.db_url sqlite:///PATH, or postgresql://USER@HOST/NAME "
            'after `pip install "psycopg[binary]"`'
        ) from None
    try:
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
    finally:
        engine.dispose()


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", url)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
