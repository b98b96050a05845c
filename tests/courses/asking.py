"""A notebook of one answer and its tests, through the sandbox: what the last test gets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.names import bound_names
from course_grader.sandbox.bubblewrap import Limits, View

LIMITS = Limits(call=3, cell=6, notebook=60, memory=1 << 30)


@contextmanager
def asker(folder: Path, modules: tuple[str, ...] = ()) -> Iterator[Callable[..., str]]:
    """A function that asks an answer by tests; it returns the last one's error, or what it printed.

    Args:
        folder: where tests are imported from.
        modules: imported beforehand, on both sides.
    """
    with TestServer(folder, modules) as server:

        def ask(answer: str, *tests: str) -> str:
            checks = [tiny.test("pass", one, f"check-{n}", 1) for n, one in enumerate(tests)]
            notebook = tiny.notebook(new_code_cell(answer), *checks)
            answers = {"n": sorted(bound_names(answer))}
            plan = Plan(Path.cwd(), View({}), modules, limits=LIMITS, answers=answers)
            run_submission({"n": notebook}, plan, server)
            outputs = notebook.cells[-1].outputs
            errors = [one for one in outputs if one.output_type == "error"]
            if errors:
                return f"{errors[0].ename}: {errors[0].evalue}"
            return "".join(one.get("text", "") for one in outputs).strip()

        yield ask
