"""Moving figures of the lecture: they play, print as a picture, and never reach students."""

import base64
import re
from pathlib import Path

import matplotlib as mpl
import pytest
from courses import tiny
from matplotlib import pyplot as plt
from nbformat.v4 import new_markdown_cell, new_output

from course_grader.course import Course
from course_grader.files import read_notebook
from course_grader.lecturer.solutions import to_html
from course_grader.markers import LECTURE_DEMO
from course_grader.release.release import check_release, release
from course_grader.release.source_checks import SourceError
from course_utils.plotting import PlottingError, animate

COURSE = Course.open(Path(__file__).parents[1])
DEMOS = [
    pytest.param(cell.source, id=f"{sheet}: {name}: {cell.id}")
    for sheet in COURSE.sheets()
    for name in COURSE.notebooks(sheet)
    for cell in read_notebook(COURSE.source / sheet / f"{name}.ipynb").cells
    if LECTURE_DEMO in cell.metadata.get("tags", []) and cell.cell_type == "code"
]


def tagged(cell):
    cell.metadata["tags"] = [LECTURE_DEMO]
    return cell


@pytest.fixture(scope="module")
def moving():
    with mpl.rc_context():
        mpl.use("Agg")
        figure, axes = plt.subplots(figsize=(2, 1))
        drawn = []

        def draw(frame):
            drawn.append(frame)
            axes.clear()
            axes.plot([0, 1], [0, frame])

        yield animate(figure, draw, n_frames=3), drawn
        assert not plt.fignum_exists(figure.number)


def test_a_moving_figure_holds_all_frames_and_a_picture(moving):
    shown, drawn = moving
    kinds = shown._repr_mimebundle_()
    assert set(drawn) == {0, 1, 2}
    assert drawn[-1] == 2
    assert len(re.findall(r"frames\[\d+\] = \"data:image/png", kinds["text/html"])) == 3
    assert base64.b64decode(kinds["image/png"]).startswith(b"\x89PNG")


def test_the_player_needs_no_network(moving):
    html = moving[0].player
    assert not re.search(r"https?:|<link|fa fa-|src=\"//", html)
    assert "▶" in html


@pytest.mark.parametrize(("n_frames", "still"), [(0, -1), (2, 2), (2, -3)])
def test_a_frame_that_is_not_there_is_refused(n_frames, still):
    with pytest.raises(PlottingError, match=f"no frame {still}"):
        animate(plt.figure(), lambda k: None, n_frames, still=still)
    plt.close("all")


def test_a_page_plays_and_paper_has_the_picture(moving, tmp_path):
    notebook = tiny.notebook(tiny.code("1", "one"))
    notebook.cells[0].outputs = [new_output("display_data", data=moving[0]._repr_mimebundle_())]
    picture = moving[0]._repr_mimebundle_()["image/png"]
    page, paper = (to_html(notebook, tmp_path, "x", for_print=kind) for kind in (False, True))
    assert 'type="range"' in page
    assert 'type="range"' not in paper
    assert picture in paper.replace("\n", "")


def test_no_release_has_a_lecture_demo(course):
    before = (course.release / tiny.SHEET / "means.ipynb").read_bytes()
    notebook = tiny.means()
    notebook.cells[4:4] = [
        tagged(new_markdown_cell("Only for the lecture", id="about")),
        tagged(tiny.code("print(mean([1]))", "demo")),
    ]
    tiny.write(course.root, "means", notebook)
    assert check_release(course, tiny.SHEET) == []
    release(course, tiny.SHEET)
    assert (course.release / tiny.SHEET / "means.ipynb").read_bytes() == before


@pytest.mark.parametrize("name", ["run-4", "check-4-mean", "task-4-mean"])
def test_a_cell_that_students_need_cannot_be_a_lecture_demo(course, name):
    notebook = tiny.means()
    tagged(next(cell for cell in notebook.cells if cell.id == name))
    tiny.write(course.root, "means", notebook)
    with pytest.raises(SourceError, match=f"{name}: is tagged lecture-demo"):
        release(course, tiny.SHEET)


@pytest.mark.parametrize("source", DEMOS)
def test_a_lecture_demo_binds_one_function_and_draws_from_no_global_generator(source):
    assert re.findall(r"^(?:def )?\w+(?=\()", source, re.MULTILINE)
    top = [line for line in source.split("\n") if line and not line[0].isspace()]
    name = re.match(r"def (\w+)\(", top[0]).group(1)
    assert top[-1] == f"{name}()"
    assert len(top) == 2
    assert not re.search(r"np\.random\.(?!default_rng)|seed_everything", source)
    if re.search(r"manual_seed|torch\.rand", source):
        assert "torch.random.fork_rng()" in source
