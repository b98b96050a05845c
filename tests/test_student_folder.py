"""The unpacked bundle works where students put it: any folder name, or one folder in a cloud."""

import os
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
import visible
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from course_grader.course import Course
from course_grader.lecturer.lab import lab_environment
from course_grader.release.bundle import write_bundle

NOTEBOOK = "exercises/sheet01/drell_yan_vae.ipynb"
WHERE = "import course_utils\nprint(course_utils.__file__)\nprint(course_utils.data.data_dir())"


@pytest.fixture(scope="module")
def bundle() -> Path:
    return write_bundle(Course.open(visible.ROOT), "sheet01")


def run(folder: Path, environment: dict[str, str], *first: str) -> list[str]:
    """Runs cells, then a notebook's set-up and data; gives what the data cell and WHERE say."""
    own = visible.cells("exercises", "sheet01", "drell_yan_vae")
    cells = [*first, own["setup"].source, own["run-data"].source, WHERE]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment)
    return [
        "".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells[-2:]
    ]


def test_notebooks_run_in_a_folder_with_a_space_and_an_umlaut(bundle, tmp_path):
    shutil.unpack_archive(bundle, tmp_path)
    folder = (tmp_path / "genlhc").rename(tmp_path / "Übung 1")
    said, where = run((folder / NOTEBOOK).parent, lab_environment(folder))
    assert "train: 400000 events of 8 numbers, float64" in said
    assert where.split("\n")[:2] == [f"{folder}/course_utils/__init__.py", f"{folder}/data"]
    assert nbformat.read(folder / NOTEBOOK, as_version=4).cells


def test_the_cell_for_hosted_notebooks_in_the_docs_is_enough(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        page = archive.read("genlhc/docs/student.md").decode()
    (recipe,) = re.findall(r"```\n(import os, shutil, sys\n(?:.+\n)+)```", page)
    assert "%pip install" in recipe
    shutil.copy(bundle, tmp_path / "sheet01-students.zip")
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "GENLHC_DATA")}
    said, where = run(tmp_path, environment, recipe.replace("%pip", "# %pip"))
    assert "train: 400000 events of 8 numbers, float64" in said
    folder = tmp_path / "genlhc"
    assert where.split("\n")[:2] == [f"{folder}/course_utils/__init__.py", f"{folder}/data"]
