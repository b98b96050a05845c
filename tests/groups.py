"""Which tests run one after the other, where `make test` gives them to two processes.

The scheduler knows tests by their names only: groups by marks, as pytest-xdist has them, do not
reach it with this version of pytest.
"""

import re
from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

WATCHING = (  # processes, memory or the clock: never beside each other
    "test_attacks", "test_bounded", "test_cgroups", "test_course_notebooks",
    "test_grader_classroom", "test_grader_remote", "test_grader_sandbox", "test_grader_wire",
    "test_neighbours", "test_rooms", "test_visible_first",
)  # fmt: skip
FIRST = ("test_documented_way", "watching", "test_notebooks", "test_student_lab", "test_formgrader")
"""Groups that take long; they start first, in this order."""


def group(test: str) -> str:
    """Tests of a file stay together, as they share what its fixtures make; so do some others.

    Example:
        >>> group("tests/test_grader_wire.py::test_echo")
        'watching'
        >>> group("tests/test_notebooks.py::test_skeleton_runs_to_its_end[sheet01: gan]")
        'test_notebooks sheet01: gan'
        >>> group("tests/sheet01/test_gan_checks.py::test_gan[1]")
        'tests/sheet01/test_gan_checks.py'
    """
    file = test.partition("::")[0]
    name = PurePosixPath(file).stem
    if name in WATCHING:
        return "watching"
    notebook = re.search(r"\[(.*)\]", test)
    if name == "test_notebooks" and notebook:
        return f"{name} {notebook[1]}"
    return file


def place(test: str) -> int:
    """Where its group stands in the order of all."""
    name = PurePosixPath(group(test).partition(" ")[0]).stem
    return FIRST.index(name) if name in FIRST else len(FIRST)


class Groups(LoadScopeScheduling):
    """Gives each group to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
