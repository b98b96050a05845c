"""A submission through the sandbox: first all its cells, then the tests.

When the first test begins, the outputs of all cells are closed: nothing that an answer learns from
a test can appear in them. At each grade cell the notebook's process is parked; a test asks that
fork, as the notebook was there. If a cell's process dies or overstays, the cell gets an error and
the notebook goes on as it was before that cell. If a cell takes the whole sandbox down, all begins
anew in another one, without that cell.
"""

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

from course_grader.cells import NOT_RUN, STOPPED, cell_name, is_test, seed_of
from course_grader.marking.budgets import WHOLE, Budgets, allowed
from course_grader.marking.checkpoints import Checkpoints
from course_grader.marking.grade_cell import GradeCell, Lines, Setting, own_lines
from course_grader.marking.newer import say_newer
from course_grader.marking.outputs import Outputs
from course_grader.marking.plan import Plan
from course_grader.marking.test_server import TestServer
from course_grader.runner.codec import WireError
from course_grader.runner.wire import Late
from course_grader.sandbox.box import Lost, Sandbox, Stopped
from course_grader.sandbox.bubblewrap import Limits
from course_grader.sandbox.link import Link

Heard = Callable[[str, str, float, str], None]


def run_submission(
    notebooks: Mapping[str, Any],
    plan: Plan,
    server: TestServer,
    heard: Heard | None = None,
    files: Path | None = None,
) -> dict[str, str]:
    """Runs the notebooks of one group in place and marks their grade cells.

    Args:
        notebooks: nbformat nodes whose grade cells are the master's.
        plan: how.
        server: where tests run.
        heard: told of each cell that is done: notebook, cell, seconds, next cell.
        files: a folder whose content the notebooks find where they run.

    Returns:
        Troubles of tests for the tutor, by `notebook/cell`.

    Raises:
        SandboxError: there is no sandbox on this machine.
    """
    n_tests = sum(is_test(cell) for one in notebooks.values() for cell in one.cells)
    left_out: dict[str, dict[int, str]] = {name: {} for name in notebooks}
    while True:
        troubles = {}
        with Sandbox(
            plan.view, plan.limits, plan.modules, files, most_parked=n_tests, unsafe=plan.unsafe
        ) as box:
            runs = [
                Run(box, name, notebook, plan.budgets.get(name, {}), left_out[name], heard)
                for name, notebook in notebooks.items()
            ]
            try:
                for run in runs:
                    run.cells()
                for run in runs:
                    run.visible_tests(server, plan)
                for run in runs:
                    for cell, trouble in run.hidden_tests():
                        troubles[f"{run.name}/{cell}"] = trouble
                    say_newer((cell for _, cell in run.code), files)
            except Lost as lost:
                left_out[run.name] = run.without(str(lost))
            else:
                return troubles
            finally:
                for run in runs:
                    run.close()


class Run:
    """One notebook in a sandbox."""

    def __init__(
        self, box: Sandbox, name: str, notebook: Any, budgets: Budgets, left_out: dict[int, str],
        heard: Heard | None,
    ) -> None:  # fmt: skip
        self.box, self.name, self.budgets = box, name, budgets
        self.left_out = left_out  # cells that took a sandbox down, and how
        self.current = -1  # the cell that ran last
        self.heard = heard or (lambda notebook, cell, seconds, following: None)
        self.checkpoints = Checkpoints(box)
        self.tests: dict[int, GradeCell] = {}  # by their places in `code`
        self.code = [
            (index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"
        ]

    def without(self, reason: str) -> dict[int, str]:
        """What to leave out after the present cell took the sandbox down, for the next try.

        The second time, everything that follows is left out, too.
        """
        index, cell = next((one for one in self.code if one[0] == self.current), self.code[0])
        known = [output.evalue for output in cell.outputs if output.output_type == "error"]
        found = self.left_out | {index: (known or [reason])[-1]}
        if self.left_out:
            text = "not run: two cells of this notebook took the whole sandbox down"
            found |= {rest: text for rest, _ in self.code if rest > index and rest not in found}
        return found

    def cells(self) -> None:
        """Runs the cells; parks the process where a test will ask."""
        for index, cell in self.code:
            cell.outputs, cell.execution_count = [], None
            if index in self.left_out:
                Outputs(cell, 0).error(STOPPED, self.left_out[index])
        if len(self.left_out) == len(self.code):
            return
        gone = ""
        deadline = time.monotonic() + self._limits(WHOLE).notebook
        link: Link | None = self.box.notebook()
        own = 0  # number among the notebook's own cells, for their seeds
        for count, (index, cell) in enumerate(self.code):
            name = cell_name(cell, index)
            if not cell.metadata.get("nbgrader", {}).get("grade_id"):
                own += 1
                name = f"cell {own}"
            start = time.monotonic()
            if index in self.left_out:
                continue
            if gone:
                Outputs(cell, 0).error(NOT_RUN, gone)
                continue
            try:
                link = self.checkpoints.save(link, index if is_test(cell) else None)
            except WireError as error:
                gone = f"the notebook's process has gone: {error}"
                Outputs(cell, 0).error(NOT_RUN, gone)
                continue
            self.current = index
            if is_test(cell):
                continue
            if start >= deadline:
                Outputs(cell, 0).error(NOT_RUN, "not run: the notebook used up its time")
            elif cell.source.strip():
                cell.execution_count = count + 1
                if self._run(link, cell, name, deadline):
                    again = partial(self._again, cell, name, deadline)
                    self.checkpoints.ran(again, time.monotonic() - start)
                else:
                    self.box.end()
                    link = None
            self._tell(count, start)
        self.box.end()
        self.checkpoints.drop()

    def _limits(self, name: str) -> Limits:
        return allowed(self.box.limits, self.budgets, name)

    def _run(self, link: Link, cell: Any, name: str, deadline: float) -> bool:
        """Runs one cell; false if its process can no longer be used."""
        limits = self._limits(name)
        outputs, looked = Outputs(cell, limits.output), 0.0

        def watch() -> None:
            nonlocal looked
            looked = time.monotonic()
            outputs.stream("stdout", self.box.text(limits.output).decode(errors="replace"))
            self.box.watch()

        end = min(time.monotonic() + limits.cell, deadline)
        link.channel.watch = watch
        try:
            link.channel.send({"do": "run", "source": cell.source, "seed": seed_of(name)}, 10.0)
            while True:
                message = link.channel.receive(end - time.monotonic())
                if not isinstance(message, dict) or message.get("said") != "output":
                    break
                try:
                    outputs.add(message)
                except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
                    raise WireError("it sent an output that is none") from None
                if time.monotonic() > end:
                    raise Late("the cell took too long")
                if time.monotonic() > looked + 0.1:  # who never stops talking is watched, too
                    watch()
            if message != {"said": "done"}:
                raise WireError("it sent something that it should not")
            watch()
        except Late:
            text = f"the cell ran longer than the {limits.cell:g} s that it may"
            if end == deadline:
                text = f"all cells together used up their {self._limits(WHOLE).notebook:g} s"
            outputs.error(STOPPED, text)
        except Stopped as stopped:
            outputs.error(STOPPED, str(stopped))
        except WireError as error:
            outputs.error(STOPPED, f"the process of this cell died ({self.box.cause or error})")
        else:
            return True
        finally:
            link.channel.watch = None
        return False

    def _again(self, cell: Any, name: str, deadline: float, link: Link) -> bool:
        """Runs a cell a second time, for what it does; what it shows is known."""
        spare = deepcopy(cell)
        spare.outputs = []
        return self._run(link, spare, name, deadline)

    def visible_tests(self, server: TestServer, plan: Plan) -> None:
        """Runs the tests on the parked processes, as far as students know them."""
        secret, given = plan.secrets.get(self.name, ""), plan.given.get(self.name, {})
        for count, (index, cell) in enumerate(self.code):
            if is_test(cell) and index in self.checkpoints.for_tests:  # else the cell says why not
                name, limits = cell_name(cell, index), self._limits(cell_name(cell, index))
                cell.execution_count = count + 1
                outputs = Outputs(cell, self.box.limits.output)
                link = self.checkpoints.for_tests[index]
                self.tests[count] = GradeCell(
                    server, cell.source, name, (seed_of(name, secret), seed_of(name)), link,
                    self.box, limits, outputs,
                    Setting(
                        given.get(name, ()), plan.view, plan.answers.get(self.name, ()), plan.candid
                    ),
                )  # fmt: skip
        self._go_on(own_lines(self.code), numbered=True)

    def hidden_tests(self) -> list[tuple[str, str]]:
        """Runs what is left of them; returns what the tutor should know."""
        self._go_on(own_lines(self.code, together=True), numbered=False)
        self.box.end()
        return [(test.name, test.trouble) for test in self.tests.values() if test.trouble]

    def _go_on(self, own: Lines, *, numbered: bool) -> None:
        for count, test in self.tests.items():
            if not test.is_done:
                self.current = self.code[count][0]
                test.go_on(own, numbered=numbered)
                if test.is_done:
                    self._tell(count, time.monotonic() - test.seconds)

    def close(self) -> None:
        """Lets tests end that still wait for their hidden parts."""
        for test in self.tests.values():
            test.close()

    def _tell(self, count: int, start: float) -> None:
        index, cell = self.code[count]
        rest = self.code[count + 1 : count + 2]
        following = cell_name(rest[0][1], rest[0][0]) if rest else ""
        self.heard(self.name, cell_name(cell, index), time.monotonic() - start, following)
