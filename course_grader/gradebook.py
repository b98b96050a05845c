"""nbgrader's gradebook: opened, and made where there is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text


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


def make(url: str) -> None:
    """Creates the tables of a new gradebook; an existing one is left alone.

    nbgrader would do so, too, but it starts the program `alembic` from the search path for it,
    which is not there when the environment is not activated.
    """
    engine = create_engine(url)
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
