"""What a release must not tell besides the text of its cells: pictures, outputs, metadata."""

import copy
import json

import nbformat
import pytest
from courses import tiny
from courses.tiny import DOT
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_output, new_raw_cell
from typer.testing import CliRunner

from course_grader.cli import app
from course_grader.course import Course
from course_grader.defaults import RELEASE
from course_grader.errors import CourseError
from course_grader.release.bundle import write_bundle
from course_grader.release.kept import keep_known, keep_shown, leftovers, shows
from course_grader.release.release import check_release, release

SHEET = tiny.SHEET
SECRET = "the answer is forty-two"


def pictures(*names):
    return {name: {"image/png": DOT} for name in names}


def told(course, name="adding"):
    """All that students get of a notebook."""
    return (course.release / SHEET / f"{name}.ipynb").read_text()


def talkative():
    """A solution that holds its answer in every place that a notebook has."""
    notebook = tiny.adding()
    notebook.metadata |= {
        "author": SECRET,
        "authors": [{"name": "A. Lecturer", "note": SECRET}],
        "papermill": {"parameters": {"answer": SECRET}},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": SECRET}}},
        "toc": {"base_numbering": SECRET},
    }
    notebook.metadata["kernelspec"]["env"] = {"ANSWER": SECRET}
    notebook.metadata["language_info"]["codemirror_mode"] = {"name": SECRET}
    for cell in notebook.cells:
        cell.metadata |= {
            "execution": {"note": SECRET},
            "notes": SECRET,
            "slideshow": {"slide_type": SECRET},
            "vscode": {"languageId": SECRET},
            "tags": ["figure-one", SECRET],
            "colab": {"base_uri": SECRET},
        }
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["comment"] = SECRET
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [
                new_output("stream", text=SECRET),
                new_output("display_data", {"text/html": SECRET}, metadata={"note": SECRET}),
            ]
        else:
            cell["attachments"] = pictures("unseen.png")
    return notebook


def test_nothing_but_the_text_of_the_cells_is_handed_out(course):
    before = told(course)
    path = tiny.write(course.root, "adding", talkative())
    assert path.read_text().count(SECRET) > 30
    release(course, SHEET)
    assert SECRET not in told(course)
    assert DOT not in told(course)
    kept = json.loads(told(course))
    assert kept["metadata"].pop("authors") == [{"name": "A. Lecturer"}]
    assert all(cell["metadata"].pop("tags") == ["figure-one"] for cell in kept["cells"])
    assert kept == json.loads(before)


def written(answer, question="Why?"):
    return tiny.written(question, answer, "written-3-why", 1)


@pytest.mark.parametrize(
    ("question", "answer", "attached", "kept"),
    [
        ("Why?", "![](attachment:derivation.png)", ["derivation.png"], []),
        ("![](attachment:a.png)", "![](attachment:b.png)", ["a.png", "b.png", "c.png"], ["a.png"]),
        ("![](attachment:a.png)", "![](attachment:a.pn)", ["a.png", "a.pn"], ["a.png"]),
        ("![](<attachment:my plot.png>)", "Yes.", ["my plot.png", "plot.png"], ["my plot.png"]),
        ("![](attachment:my%20plot.png)", "Yes.", ["my plot.png"], ["my plot.png"]),
        ('<img src="attachment:a.png"/>', "Yes.", ["a.png", "b.png"], ["a.png"]),
        ("[p]\n\n[p]: attachment:a.png 'A plot'", "Yes.", ["a.png", "b.png"], ["a.png"]),
        ("attachment:a.png", "Yes.", ["a.png"], ["a.png"]),
    ],
)
def test_only_pictures_that_the_released_text_shows_stay(course, question, answer, attached, kept):
    notebook = tiny.adding()
    notebook.cells[-1] = written(answer, question)
    notebook.cells[-1]["attachments"] = pictures(*attached)
    tiny.write(course.root, "adding", notebook)
    release(course, SHEET)
    cell = json.loads(told(course))["cells"][-1]
    assert sorted(cell.get("attachments", {})) == kept
    assert check_release(course, SHEET) == []


def test_a_picture_in_a_mark_scheme_goes_with_it(course):
    notebook = tiny.adding()
    text = (
        "Draw it.\n<!-- ### BEGIN MARK SCHEME -->\n![](attachment:x.png)\n"
        "<!-- ### END MARK SCHEME -->"
    )
    metadata = tiny.marks("draw", task=True, points=1)
    notebook.cells.append(
        new_markdown_cell(text, id="draw", metadata=metadata, attachments=pictures("x.png"))
    )
    tiny.write(course.root, "adding", notebook)
    release(course, SHEET)
    assert "attachments" not in told(course)
    assert "Draw it." in told(course)


def test_pictures_of_raw_cells_and_cells_of_no_task_go_too(course):
    notebook = tiny.adding()
    notebook.cells += [
        new_raw_cell("nothing", id="raw", attachments=pictures("a.png")),
        new_markdown_cell("![](attachment:b.png)", id="text", attachments=pictures("b.png", "c")),
    ]
    tiny.write(course.root, "adding", notebook)
    release(course, SHEET)
    raw, text = json.loads(told(course))["cells"][-2:]
    assert "attachments" not in raw
    assert list(text["attachments"]) == ["b.png"]


def test_check_and_bundle_notice_what_an_earlier_release_told(course):
    path = course.release / SHEET / "adding.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1]["attachments"] = pictures("derivation.png")
    notebook.cells[2].metadata["notes"] = SECRET
    nbformat.write(notebook, path)
    done = CliRunner().invoke(app, ["release", SHEET, "--check", "--course", str(course.root)])
    said = " ".join(done.output.split())
    assert done.exit_code == 1
    assert "written-3-why: it does not show derivation.png, which is attached to it" in said
    assert "task-1-add: 'notes' is left in its metadata" in said
    with pytest.raises(CourseError, match=r"adding\.ipynb: .*run `genlhc release"):
        write_bundle(course, SHEET)


@pytest.mark.parametrize("missing", ["TidyNotebook", "ClearAttachments"])
def test_a_course_whose_own_steps_clear_less_is_told(course_root, missing):
    steps = [step for step in RELEASE if not step.endswith(missing)]
    with (course_root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.GenerateAssignment.preprocessors = {steps!r}\n")
    notebook = tiny.adding()
    notebook.cells[-1] = written("![](attachment:derivation.png)")
    notebook.cells[-1]["attachments"] = pictures("derivation.png")
    notebook.cells[-1].metadata["notes"] = SECRET
    tiny.write(course_root, "adding", notebook)
    with pytest.raises(CourseError, match=rf"written-3-why: .* in the release; .*{missing}"):
        release(Course.open(course_root), SHEET)


def test_a_picture_file_that_only_a_solution_shows_is_not_handed_out(course):
    notebook = tiny.adding()
    notebook.cells[-1] = written("![](figures/mine.png)", "![](figures/yours.png)")
    tiny.write(course.root, "adding", notebook)
    folder = course.source / SHEET / "figures"
    folder.mkdir()
    for name in ("mine", "yours", "nobodys", "not-mine"):
        (folder / f"{name}.png").write_bytes(tiny.png())
    release(course, SHEET)
    made = {path.stem for path in (course.release / SHEET / "figures").iterdir()}
    assert made == {"yours", "nobodys", "not-mine"}


NAMES = st.text("ab .()%-_é", min_size=1, max_size=6).filter(str.strip)


@given(st.sets(NAMES, min_size=1), st.data())
def test_of_any_attachments_those_that_are_shown_stay(names, data):
    shown = data.draw(st.sets(st.sampled_from(sorted(names))))
    text = "\n".join(f"![](<attachment:{name}>)" for name in shown)
    cell = new_markdown_cell(text, attachments=pictures(*names))
    keep_shown(cell)
    kept = set(cell.get("attachments", {}))
    assert shown <= kept
    assert all(shows(text, name) for name in kept)


def test_what_is_kept_has_no_leftovers_and_what_is_not_is_named():
    notebook = talkative()
    said = list(leftovers(notebook))
    assert len(said) > 40
    for cell in notebook.cells:
        keep_shown(cell)
    keep_known(notebook)
    once = copy.deepcopy(notebook)
    keep_known(notebook)
    assert notebook == once
    assert list(leftovers(notebook)) == []
