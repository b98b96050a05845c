"""One group's notebooks: read, judged one by one, and laid out for nbgrader.

nbgrader gives up a submission when one of its notebooks is bad. Here every notebook is looked at
before, those that can be graded are copied to a place of their own, and the others get a reason.
Files in `submitted/` are only read.
"""

import copy
import json
import shutil
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import find_all_files

from course_grader.course import Course
from course_grader.files import notebook_text, sha256, write_whole

GRADED = "graded"
MISSING = "missing"
UNGRADABLE = "ungradable"
MAX_BYTES = 100_000_000


@dataclass
class Handed:
    """One expected notebook of a group.

    Attributes:
        name: the notebook's name without suffix.
        status: `graded` (it can be), `missing` or `ungradable`.
        reason: why not, for the group to read.
        remarks: what was mended or looks odd, for the tutor.
        digest: SHA-256 of the file, empty if there is none.
        notebook: the notebook to grade, laid over the master's cells.
    """

    name: str
    status: str = GRADED
    reason: str = ""
    remarks: list[str] = field(default_factory=list)
    digest: str = ""
    notebook: Any = None


def read_submission(folder: Path, masters: dict[str, Any]) -> list[Handed]:
    """Looks at every notebook that a group should have handed in.

    Args:
        folder: `submitted/<group>/<sheet>`.
        masters: the students' version of each notebook, by name.
    """
    present = {path.stem: path for path in sorted(folder.glob("*.ipynb")) if path.is_file()}
    spare = sorted(set(present) - set(masters))
    handed = []
    for name, master in masters.items():
        one = Handed(name)
        if name in present:
            _read(one, present[name], master)
        else:
            _absent(one, spare)
        handed.append(one)
    return handed


def _absent(one: Handed, spare: list[str]) -> None:
    """Missing, or there under another name: then nobody but a person can tell."""
    one.status, one.reason = MISSING, f"{one.name}.ipynb was not handed in"
    if spare:
        like = (get_close_matches(one.name, spare, n=1, cutoff=0.5) or spare)[0]
        one.status = UNGRADABLE
        one.reason = (
            f"there is no {one.name}.ipynb, but an unknown {like}.ipynb: "
            "if that is it, rename it back and grade again"
        )


def _read(one: Handed, path: Path, master: Any) -> None:
    """Fills in what a file holds."""
    one.digest = sha256(path)
    try:
        one.notebook = _parse(path)
    except ValueError as error:
        one.status, one.reason = UNGRADABLE, str(error)
        return
    one.notebook, one.remarks = merge(one.notebook, master)


def _parse(path: Path) -> Any:
    """A notebook that nbformat finds valid.

    Raises:
        ValueError: says in plain words what is wrong with the file.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(
            f"{path.name} is {size / 1e6:.0f} MB large, more than {MAX_BYTES / 1e6:.0f} MB; "
            "clear the outputs and hand in again"
        )
    data = path.read_bytes()
    if not data.strip():
        raise ValueError(f"{path.name} is empty")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not a text file in UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(
            f"{path.name} is not a notebook: its JSON breaks off or is damaged{where}"
        ) from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise ValueError(f"{path.name} is not a notebook: it has no cells")
    try:
        _unique_ids(content)
        notebook = nbformat.reads(json.dumps(content), as_version=4)
        nbformat.validate(notebook)
    except Exception as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{path.name} is not a valid notebook: {line}") from None
    return notebook


def merge(notebook: Any, master: Any) -> tuple[Any, list[str]]:
    """Lays a submission over the master's cells, so that nbgrader finds what it expects.

    A known cell gets the master's nbgrader metadata (points cannot be edited); of several copies
    the last one counts; unknown nbgrader cells become ordinary ones; cells that were deleted come
    back as they were handed out, behind their predecessor.

    Args:
        notebook: a submission, changed in place.
        master: the students' version as released.

    Returns:
        The notebook and remarks on what was done.
    """
    remarks: list[str] = []
    wanted = {cell.metadata.nbgrader.grade_id: cell for cell in master.cells if grade_id(cell)}
    last: dict[str, int] = {}
    for index, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        if name in last:
            remarks.append(f"{name} occurs more than once: the last copy counts")
            notebook.cells[last[name]].metadata.pop("nbgrader")
        if name in wanted:
            last[name] = index
            cell.metadata["nbgrader"] = copy.deepcopy(wanted[name].metadata.nbgrader)
        else:
            cell.metadata.pop("nbgrader", None)
    cells = list(notebook.cells)
    position = -1
    for name, cell in wanted.items():
        if name in last:
            position = _index(cells, notebook.cells[last[name]])
        else:
            remarks.append(f"{name} was deleted: it was put back as handed out")
            position += 1
            cells.insert(position, copy.deepcopy(cell))
    notebook.cells = cells
    notebook.metadata["kernelspec"] = copy.deepcopy(master.metadata.get("kernelspec", {}))
    _unique_ids(notebook)
    return notebook, remarks


def grade_id(cell: Any) -> str:
    """A cell's nbgrader id, or an empty string."""
    mark = cell.metadata.get("nbgrader")
    return str(mark.get("grade_id") or "") if isinstance(mark, dict) else ""


def _index(cells: list[Any], cell: Any) -> int:
    return next(index for index, other in enumerate(cells) if other is cell)


def _unique_ids(notebook: Any) -> None:
    """Every cell gets an id of its own, as formats since 4.5 want it; earlier formats have none."""
    if notebook.get("nbformat") != 4:
        return
    notebook["nbformat_minor"] = max(int(notebook.get("nbformat_minor", 0)), 5)
    seen: set[str] = set()
    for index, cell in enumerate(notebook["cells"]):
        name = cell.get("id")
        if not isinstance(name, str) or name in seen:
            cell["id"] = name = f"cell-{index}-of-this-submission"
        seen.add(name)


def lay_out(course: Course, sheet: str, group: str, handed: list[Handed]) -> Path:
    """Copies what can be graded to `build/intake/<group>/<sheet>`, other files included.

    Returns:
        The folder that takes the place of `submitted/` for nbgrader.
    """
    intake = course.build / "intake"
    target = intake / group / sheet
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    source = course.submitted / group / sheet
    for name in find_all_files(str(source), [*course.config.CourseDirectory.ignore, "*.ipynb"]):
        path = Path(name)
        if path.is_file() and not path.is_symlink():
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    for one in handed:
        if one.status == GRADED:
            write_whole(target / f"{one.name}.ipynb", notebook_text(one.notebook))
    return intake
