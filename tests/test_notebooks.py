"""The notebooks themselves: solutions run and pass, skeletons run and earn nothing."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_grader.release.rubrics import rubric_of

ROOT = Path(__file__).parents[1]
SOLUTIONS = sorted((ROOT / "solutions").glob("sheet*/*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("sheet*/*.ipynb"))
POINTS = {"gan_convergence": 3, "classifier_reweighting": 5, "drell_yan_vae": 11}
TRUSTED_SIDE = re.compile("autograde_tests|(BEGIN|END) (SOLUTION|HIDDEN)|[Rr]ubric")

by_name = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
by_exercise = pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)


def marks(cell: nbformat.NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def execute(path: Path, cwd: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(cwd)}}
    ).execute()
    return notebook


def last_number(cell: nbformat.NotebookNode) -> float | None:
    for output in cell.outputs:
        if output.output_type == "execute_result":
            return float(output.data["text/plain"])
    return None


def test_sheet_has_all_three_notebooks():
    assert {path.stem for path in SOLUTIONS} == set(POINTS)
    assert {path.stem for path in EXERCISES} == set(POINTS)


@by_name
def test_points_are_those_of_the_sheet(path):
    cells = nbformat.read(path, as_version=4).cells
    points = sum(marks(cell)["points"] for cell in cells if marks(cell).get("grade"))
    assert points == pytest.approx(POINTS[path.stem])


@by_name
def test_notebook_is_committed_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "python3"


@by_name
def test_written_answers_have_a_rubric(path):
    written = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown" and marks(cell).get("grade")
    ]
    assert written
    for cell in written:
        assert rubric_of(cell).answer, marks(cell)["grade_id"]


@by_name
def test_graded_functions_are_not_in_the_library(path):
    import course_utils

    library = {
        name
        for module in Path(course_utils.__file__).parent.rglob("*.py")
        for name in re.findall(r"^(?:def|class) (\w+)", module.read_text(), re.MULTILINE)
    }
    answers = {
        name
        for cell in nbformat.read(path, as_version=4).cells
        if marks(cell).get("solution") and cell.cell_type == "code"
        for name in re.findall(r"^(?:def|class) (\w+)", cell.source, re.MULTILINE)
    }
    assert answers
    assert not answers & library


@by_name
def test_solution_runs_and_earns_every_point(path):
    notebook = execute(path, path.parent)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        streams = [o.text for o in cell.outputs if o.get("name") == "stderr"]
        assert not streams, streams
        if marks(cell).get("grade"):
            earned = last_number(cell)
            assert earned is None or earned == pytest.approx(marks(cell)["points"]), cell.source
        else:
            assert "is still open" not in json.dumps(cell.outputs)


@by_exercise
def test_exercise_holds_nothing_of_the_trusted_side(path):
    assert not TRUSTED_SIDE.search(path.read_text(encoding="utf-8"))


@by_exercise
def test_skeleton_runs_to_its_end(path):
    notebook = execute(path, path.parent)  # raises on any traceback
    said = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    assert "is still open" in said
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if any("○" in output.get("text", "") for output in outputs):  # it waits for an answer
            shown = [output for output in outputs if output.output_type == "display_data"]
            assert not shown, f"an empty figure: {marks(cell).get('grade_id')}"
