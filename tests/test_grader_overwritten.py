"""Progress bars on pages: one line that is left, however many were written over."""

import time

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_grader.defaults import AUTOGRADE
from course_grader.lecturer.solutions import to_html
from course_grader.marking.overwritten import OverwrittenLines
from course_notebooks.overwritten import as_left

TRAINING = """import torch
from torch import nn

from course_utils import training

x = torch.linspace(-1, 1, 20_000)[:, None]
history = training.fit(
    nn.Linear(1, 1), lambda model, x: (model(x) - 3 * x).square().mean(),
    (x,), (x,), n_epochs=20, batch_size=100, label="a line",
)
print("done")"""


def preprocessed(*outputs):
    cell = new_code_cell("train()", outputs=list(outputs))
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), cell])
    OverwrittenLines().preprocess(notebook, {})
    return cell.outputs


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def test_texts_that_follow_each_other_are_joined_and_only_what_is_left_stays():
    (left,) = preprocessed(stream("data\n\r1/9"), stream("\r5/9"), stream("\r9/9\n"), stream("end"))
    assert left.text == "data\n9/9\nend"


def test_other_outputs_and_the_other_stream_stand_where_they_stood():
    figure = new_output("display_data", {"text/plain": "figure"})
    left = preprocessed(stream("a\rb"), stream("warning", "stderr"), figure, stream("c"))
    assert [output.get("text", "figure") for output in left] == ["b", "warning", "figure", "c"]


def test_a_long_line_takes_a_time_that_grows_with_its_length_only():
    start = time.process_time()
    assert as_left("\r" + "x" * 5_000_000) == "x" * 5_000_000
    assert as_left("\rx" * 2_000_000) == "x"
    assert time.process_time() - start < 5


def test_marking_and_solutions_use_it():
    assert "course_grader.marking.overwritten.OverwrittenLines" in AUTOGRADE


def test_a_training_is_one_line_of_the_page(tmp_path):
    notebook = new_notebook(cells=[new_code_cell(TRAINING)])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    OverwrittenLines().preprocess(notebook, {})
    (output,) = notebook.cells[0].outputs
    bar, end, rest = output.text.split("\n")
    assert bar.startswith("a line: 20/20 epochs [")
    assert (end, rest) == ("done", "")
    page = to_html(notebook, tmp_path, "training")
    assert page.count("20 epochs") == 1
    assert "IProgress" not in page
