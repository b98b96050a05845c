"""No answer can foresee what a test draws, though all random numbers are the same in every run."""

from pathlib import Path

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell, new_notebook

from course_grader.cells import secret_of, seed_of
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.runner.seeding import seed_everything
from course_grader.sandbox.bubblewrap import Limits, View

LIMITS = Limits(call=10, cell=10, notebook=60, memory=1 << 30)
SECRET = secret_of(new_notebook(cells=[new_code_cell("def solution(): ...")]))
DRAWS = {
    "random": "import random\nlabels = [random.randrange(2) for _ in range(64)]",
    "numpy": "import numpy as np\nlabels = np.random.randint(0, 2, 64)",
    "torch": "import torch\nlabels = torch.randint(0, 2, (64,)).numpy()",
}
SEEDS = (
    "import random\nimport numpy as np\nimport torch\n"
    "def seed():\n"
    f"    random.seed({seed_of('check')})\n"
    f"    np.random.seed({seed_of('check')})\n"
    f"    torch.manual_seed({seed_of('check')})\n"
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What a notebook of one answer and one test gets, by the secret of the solution."""
    with TestServer(tmp_path_factory.mktemp("tests"), ("torch",)) as server:

        def mark(answer, test, secret):
            notebook = tiny.notebook(new_code_cell(answer), tiny.test("pass", test, "check", 1))
            secrets = {"notebook": secret}
            plan = Plan(Path.cwd(), View({}), ("torch",), limits=LIMITS, secrets=secrets)
            run_submission({"notebook": notebook}, plan, server)
            return notebook.cells[-1].outputs

        yield mark


@pytest.mark.parametrize("kind", DRAWS)
def test_an_answer_that_knows_the_seed_of_its_cell_knows_no_label(graded, kind):
    draw = DRAWS[kind].replace("\n", "\n    ")
    answer = f"{SEEDS}\ndef guess():\n    seed()\n    {draw}\n    return labels"
    test = f"{DRAWS[kind]}\nassert list(guess()) == list(labels), 'they differ'"
    assert graded(answer, test, "") == []  # as it was: tests drew what answers draw
    (error,) = graded(answer, test, SECRET)
    assert error.evalue == "they differ"


@pytest.mark.parametrize("kind", DRAWS)
def test_what_a_test_draws_is_the_same_in_every_run(graded, kind):
    test = f"{DRAWS[kind]}\nprint(list(map(int, labels)))"
    first, second = graded("pass", test, SECRET), graded("pass", test, SECRET)
    assert first
    assert first == second != graded("pass", test, SECRET + "!")


def test_what_an_answer_draws_hangs_on_its_cell_alone(graded):
    seed_everything(seed_of("check"))
    answer = "import numpy as np\ndef draw():\n    return np.random.random()"
    test = "print(draw())"
    assert graded(answer, test, SECRET) == graded(answer, test, "")


SEEDED = {
    "random": ("random", "random.seed", "random.random()"),
    "numpy": ("numpy as np", "np.random.seed", "np.random.random()"),
    "torch": ("torch", "torch.manual_seed", "float(torch.rand(()))"),
}


@pytest.mark.parametrize("kind", SEEDED)
def test_a_seed_right_before_a_call_seeds_the_answer(graded, kind):
    package, seed, draw = SEEDED[kind]
    answer = f"import {package}\ndef draw():\n    return {draw}"
    test = (
        f"import {package}\n{seed}(3)\na = draw()\nb = draw()\n{seed}(3)\nassert draw() == a != b\n"
        f"{seed}(3)\nassert a == {draw}"
    )
    assert graded(answer, test, SECRET) == []
    wrong = answer.replace("return", "return 1 -")
    assert graded(wrong, test, SECRET)


@pytest.mark.parametrize("kind", SEEDED)
def test_an_answer_that_is_seeded_cannot_foresee_the_test(graded, kind):
    package, seed, draw = SEEDED[kind]
    answer = f"import {package}\ndef guess():\n    return {draw}"
    test = f"import {package}\n{seed}(3)\na = guess()\nassert a == {draw}, 'they differ'"
    (error,) = graded(answer, test, SECRET)
    assert error.evalue == "they differ"
    test = f"import {package}\n{seed}(3)\nlabel = {draw}\nassert guess() == {draw}, 'they differ'"
    assert graded(answer, test, SECRET)


def test_seeds_that_modules_set_are_not_told(graded, tmp_path):
    answer = "import numpy as np\ndef guess():\n    return np.random.random()"
    module = "exec(compile('import numpy as np\\nnp.random.seed(3)', 'module.py', 'exec'))"
    test = f"{module}\na = guess()\nnp.random.seed(3)\nassert a == np.random.random(), 'no'"
    (error,) = graded(answer, "import numpy as np\n" + test, SECRET)
    assert error.evalue == "no"
