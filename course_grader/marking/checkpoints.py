"""A notebook as it was: processes parked on its way, for tests and for when a cell dies."""

import contextlib
from collections.abc import Callable

from course_grader.runner.codec import WireError
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.link import Link

WORTH = 1.0  # seconds of cells: what took longer is not run a second time

Again = Callable[[Link], bool]


class Checkpoints:
    """Parked processes of one notebook.

    To park costs a fork, so it is done for tests and where cells have run for a while. If a cell
    dies, the notebook goes on from the process that was parked last, and the quick cells since then
    are run again; a cell is left out that ends its process then.

    Args:
        box: the sandbox in which the notebook runs.

    Attributes:
        for_tests: processes that tests will ask, by the index of the test's cell.
    """

    def __init__(self, box: Sandbox) -> None:
        self.for_tests: dict[int, Link] = {}
        self._box = box
        self._last: Link | None = None
        self._since: list[Again] = []  # what ran after the last one was parked
        self._seconds = 0.0

    def ran(self, again: Again, seconds: float) -> None:
        """Notes that something ran.

        Args:
            again: runs it again in another process; false if that process can not be used then.
            seconds: how long it took.
        """
        self._since.append(again)
        self._seconds += seconds

    def save(self, link: Link | None, test: int | None = None) -> Link:
        """Parks the notebook's process as it is now, if a test needs it or it is worth it.

        Args:
            link: the process, or nothing if it died.
            test: the cell whose test will ask the parked process.

        Returns:
            The process that goes on: another one, as it was before the last cell, if `link` died.

        Raises:
            WireError: the notebook's process has gone, and those parked with it.
        """
        link = link if link and link.is_open else self._back()
        if test is None and self._seconds < WORTH:
            return link
        try:
            self._keep(self._box.park(link))
        except WireError:  # it died between two cells
            self._box.end()
            link = self._back()
            self._keep(self._box.park(link))
        if test is not None and self._last is not None:
            self.for_tests[test] = self._last
        return link

    def _back(self) -> Link:
        """A process as the notebook was before the last cell, without the threads of others.

        A cell may have left one that ends its process later, or made it one that cannot be parked.
        """
        since = self._since
        if since and not self._repeated(*since):
            for again in since:
                self._repeated(again)
        self._since, self._seconds = [], 0.0
        return self._fork()

    def _repeated(self, *since: Again) -> bool:
        """Parks a process in which these ran again, if they leave one that can be parked."""
        link, is_kept = self._fork(), False
        with contextlib.suppress(WireError):
            if all(again(link) for again in since):
                self._keep(self._box.park(link))
                is_kept = True
        self._box.end()
        return is_kept

    def _fork(self) -> Link:
        """A process as the one that was parked last, or a new one."""
        if self._last is None:
            return self._box.notebook()
        link = self._box.park(self._last)
        self._box.protected.discard(link.pid)
        return link

    def _keep(self, fork: Link) -> None:
        self.drop()
        self._last, self._since, self._seconds = fork, [], 0.0

    def drop(self) -> None:
        """Lets the last parked process end, if no test will ask it."""
        if self._last is not None and self._last not in self.for_tests.values():
            self._box.drop(self._last)
        self._last = None
