"""The solution notebooks as all of the grader reads them, and nbgrader's `### AUTOTEST` lines.

A line `### AUTOTEST expression` in a grade cell stands for tests that nbgrader writes: it runs the
solution and takes its values for the right ones. They are written once for a release and kept in
`build/autotests`, so that what students got and what marks them are the same.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_client.manager import start_new_kernel
from nbclient.exceptions import CellExecutionError
from nbgrader.preprocessors import InstantiateTests, NbGraderPreprocessor
from traitlets import Bool
from traitlets.config import Config, LoggingConfigurable

from course_grader import former
from course_grader.cells import grade_id
from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import read_notebook, write_whole
from course_grader.markers import use_ours
from course_grader.release.tidy import for_students
from course_notebooks.cleaning import json_text
from course_notebooks.threads import ONE_THREAD

_USUAL = {"autotest_delimiter": "AUTOTEST", "hashed_delimiter": "HASHED"}


def source_of(course: Course, sheet: str, name: str) -> Any:
    """A solution notebook, with our markers whatever those of the course are."""
    notebook = read_notebook(course.source / sheet / f"{name}.ipynb")
    include_shared(notebook, course.config)
    use_ours(notebook, course.config)
    return notebook


def master_of(course: Course, sheet: str, name: str) -> Any:
    """A solution notebook whose tests are written: what answers are marked with.

    Raises:
        CourseError: tests cannot be written.
    """
    notebook = read_notebook(course.source / sheet / f"{name}.ipynb")
    include_shared(notebook, course.config)
    if any(asks_for_tests(cell, course.config) for cell in notebook.cells):
        whole = type(notebook)(notebook, cells=for_students(notebook.cells))
        place = {"path": str(course.source / sheet)}
        resources = {"metadata": place, "nbgrader": {"assignment": sheet, "notebook": name}}
        parent = LoggingConfigurable(config=course.config, log=course.log)
        with nbgrader_house(course.root):
            WriteTests(parent=parent, anew=False).preprocess(whole, resources)
    use_ours(notebook, course.config)
    return notebook


def include_shared(notebook: Any, config: Config) -> None:
    """Adds the cells that the course puts before and behind those of each notebook, in place.

    Raises:
        CourseError: the header or the footer is not there.
    """
    notebook.cells = [*_shared("header", config), *notebook.cells, *_shared("footer", config)]


def _shared(which: str, config: Config) -> list[Any]:
    name = str(config.IncludeHeaderFooter.get(which, ""))
    path = Path(str(config.CourseDirectory.get("root", ""))) / name
    if name and not path.is_file():
        raise CourseError(
            f"c.IncludeHeaderFooter.{which} names {name!r}, and there is no such file"
        )
    return list(read_notebook(path).cells) if name else []


def asks_for_tests(cell: Any, config: Config) -> bool:
    """Whether nbgrader writes tests into a cell."""
    word = _words(config)["autotest_delimiter"]
    return cell.cell_type == "code" and any(
        line.strip().startswith("#") and word in line for line in str(cell.source).split("\n")
    )


def _words(config: Config) -> dict[str, str]:
    return {key: str(config.InstantiateTests.get(key, word)) for key, word in _USUAL.items()}


class WriteTests(InstantiateTests):  # type: ignore[misc]
    """Takes the place of nbgrader's `InstantiateTests`: what was written is kept."""

    anew = Bool(True, help="Write the tests anew, though the solution has not changed.").tag(
        config=True
    )

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Writes the tests in place."""
        asking = [cell for cell in nb.cells if asks_for_tests(cell, self.config)]
        if not asking:
            return nb, resources
        about, root = resources["nbgrader"], Path.cwd()
        name = f"{about['notebook']}.ipynb"
        kept = root / "build" / "autotests" / about["assignment"] / f"{about['notebook']}.json"
        made_of = self._made_of(nb, name, Path(resources["metadata"]["path"]))
        written = {} if self.anew else _read(kept, made_of)
        if set(written) != set(map(grade_id, asking)):
            self._write(nb, resources, name)
            written = {grade_id(cell): cell.source for cell in asking}
            write_whole(kept, json_text({"made of": made_of, "tests": written}))
        for cell in asking:
            cell.source = written[grade_id(cell)]
        return nb, resources

    def _write(self, nb: Any, resources: Any, name: str) -> None:
        """As nbgrader does, in a kernel of this Python that finds what the notebooks import."""
        kernel = str(nb.metadata.get("kernelspec", {}).get("name"))
        path = [str(Path.cwd()), *filter(None, [os.environ.get("PYTHONPATH")])]
        path += [str(former.FOLDER)] if former.is_needed() else []
        try:
            self.sanitizer = self.sanitizers[kernel]
            self._load_test_template_file(resources | {"kernel_name": kernel})
            self.global_tests_loaded = True
            manager, self.kc = start_new_kernel(
                kernel_name=NATIVE_KERNEL_NAME,
                cwd=resources["metadata"]["path"],
                env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(path)},
                stderr=subprocess.DEVNULL,
            )
            try:
                NbGraderPreprocessor.preprocess(self, nb, resources | {"kernel_name": kernel})
            finally:
                self.kc.stop_channels()
                manager.shutdown_kernel(now=True)
        except KeyError as error:
            raise CourseError(
                f"{name}: {self.autotest_filename} has no {error}, which its tests need (its "
                f"kernel is called {kernel!r})"
            ) from error
        except CellExecutionError as error:
            raise CourseError(
                f"{name}: nbgrader writes the tests of `### {self.autotest_delimiter}` lines from "
                f"what the solution gives, and it fails: {error.ename}: {error.evalue}"
            ) from error

    def _made_of(self, nb: Any, name: str, folder: Path) -> str:
        """A digest of what the tests follow from."""
        places = (folder / self.autotest_filename, Path(self.autotest_filename))
        templates = next((path for path in places if path.is_file()), None)
        if templates is None:
            raise CourseError(
                f"{name} has lines `### {self.autotest_delimiter}`, and there is no "
                f"{self.autotest_filename} beside it or in the course's folder, which says how "
                "tests are written; nbgrader's documentation has one"
            )
        code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
        kernel = nb.metadata.get("kernelspec", {}).get("name")
        known = [code, kernel, templates.read_text(encoding="utf-8"), _words(self.config)]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _read(kept: Path, made_of: str) -> Mapping[str, str]:
    """The tests that were written of the same, by cell; none if there are none."""
    try:
        known = json.loads(kept.read_text(encoding="utf-8"))
        return dict(known["tests"]) if known["made of"] == made_of else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
