"""What nbgrader has to say goes to a file, not to the terminal."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_grader.course import Course

_KEPT = 30


@contextmanager
def log_to_file(course: Course, command: str) -> Iterator[Path]:
    """Within this block, the course's log is written to `build/logs/<time>-<command>.log`.

    Old logs go: the last thirty are kept.
    """
    folder = course.build / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.log"))[: 1 - _KEPT]:
        old.unlink(missing_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{command}.log"
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = course.log.level
    course.log.addHandler(handler)
    course.log.setLevel(logging.INFO)
    try:
        yield path
    finally:
        course.log.setLevel(level)
        course.log.removeHandler(handler)
        handler.close()
