"""The notebooks themselves: solutions run and pass, skeletons run and earn nothing."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from course_grader.course import Course
from course_grader.release.rubrics import rubric_of

ROOT = Path(__file__).parents[1]
COURSE = Course.open(ROOT)
TRUSTED_SIDE = re.compile("autograde_tests|(BEGIN|END) (SOLUTION|HIDDEN)|[Rr]ubric")
Cell = nbformat.NotebookNode


def parameters(folder: Path, sheets: list[str]):
    """Notebooks that students get."""
    return [
        pytest.param(folder / sheet / f"{name}.ipynb", id=f"{sheet}: {name}")
        for sheet in sheets
        for name in COURSE.notebooks(sheet)
    ]


SOLUTIONS = parameters(COURSE.source, COURSE.sheets())
by_solution = pytest.mark.parametrize("path", SOLUTIONS)
by_exercise = pytest.mark.parametrize("path", parameters(COURSE.release, COURSE.released()))


def marks(cell: Cell) -> dict:
    return cell.metadata.get("nbgrader", {})


def tags(cell: Cell) -> list[str]:
    return cell.metadata.get("tags", [])


def cells(path: Path) -> list[Cell]:
    return nbformat.read(path, as_version=4).cells


def last_number(cell: Cell) -> float | None:
    for output in cell.outputs:
        if output.output_type == "execute_result":
            return float(output.data["text/plain"])
    return None


@by_solution
def test_notebook_is_committed_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(cell, id=f"{path.parent.name}: {path.stem}: {marks(cell)['grade_id']}")
        for path in (parameter.values[0] for parameter in SOLUTIONS)
        for cell in cells(path)
        if cell.cell_type == "markdown" and marks(cell).get("grade")
    ],
)
def test_written_answers_have_a_rubric(cell):
    assert rubric_of(cell).answer


@by_solution
def test_graded_functions_are_not_in_the_library(path):
    import course_utils

    library = {
        name
        for module in Path(course_utils.__file__).parent.rglob("*.py")
        for name in re.findall(r"^(?:def|class) (\w+)", module.read_text(), re.MULTILINE)
    }
    answers = {
        name
        for cell in cells(path)
        if marks(cell).get("solution") and cell.cell_type == "code"
        for name in re.findall(r"^(?:def|class) (\w+)", cell.source, re.MULTILINE)
    }
    assert answers
    assert not answers & library


@by_solution
def test_solution_runs_and_earns_every_point(path, executed):
    for cell in executed(path).cells:
        if cell.cell_type != "code":
            continue
        streams = [o.text for o in cell.outputs if o.get("name") == "stderr"]
        assert not streams, streams
        if marks(cell).get("grade"):
            earned = last_number(cell)
            assert earned is None or earned == pytest.approx(marks(cell)["points"]), cell.source
        else:
            assert "is still open" not in json.dumps(cell.outputs)


@by_solution
def test_cells_with_a_figure_draw_it(path, executed):
    for cell in executed(path).cells:
        if any(tag.startswith("figure-") for tag in tags(cell)):
            assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.id


@by_exercise
def test_exercise_holds_nothing_of_the_trusted_side(path):
    assert not TRUSTED_SIDE.search(path.read_text(encoding="utf-8"))


@by_exercise
def test_skeleton_runs_to_its_end(path, executed):
    notebook = executed(path)  # raises on any traceback
    said = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    assert "is still open" in said
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if any("○" in output.get("text", "") for output in outputs):  # it waits for an answer
            shown = [output for output in outputs if output.output_type == "display_data"]
            assert not shown, f"an empty figure: {marks(cell).get('grade_id')}"
