"""A notebook as it was: processes parked on its way, for tests and for when a cell dies."""

from course_grader.runner.codec import WireError
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.link import Link


class Checkpoints:
    """Parked processes of one notebook; between them, something ran.

    Args:
        box: the sandbox in which the notebook runs.

    Attributes:
        for_tests: processes that tests will ask, by the index of the test's cell.
        is_saved: nothing ran since a process was parked; whoever runs a cell sets it to false.
    """

    def __init__(self, box: Sandbox) -> None:
        self.for_tests: dict[int, Link] = {}
        self.is_saved = False
        self._box = box
        self._last: Link | None = None

    def save(self, link: Link | None, test: int | None = None) -> Link:
        """Parks the notebook's process as it is now, unless that was done and no test needs it.

        Args:
            link: the process, or nothing if it died.
            test: the cell whose test will ask the parked process.

        Returns:
            The process that goes on: another one, as it was before the last cell, if `link` died.

        Raises:
            WireError: the notebook's process has gone, and those parked with it.
        """
        link = link or self._back()
        if self.is_saved and test is None:
            return link
        try:
            fork = self._box.park(link)
        except WireError:  # it died between two cells
            self._box.end()
            link = self._back()
            fork = self._box.park(link)
        self.drop()
        self._last, self.is_saved = fork, True
        if test is not None:
            self.for_tests[test] = fork
        return link

    def _back(self) -> Link:
        """A process as the notebook was before the last cell."""
        if self._last is None:
            return self._box.notebook()
        link = self._box.park(self._last)
        self._box.protected.discard(link.pid)
        self.is_saved = True
        return link

    def drop(self) -> None:
        """Lets the last parked process end, if no test will ask it."""
        if self._last is not None and self._last not in self.for_tests.values():
            self._box.drop(self._last)
        self._last = None
