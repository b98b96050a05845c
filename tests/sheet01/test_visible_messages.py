"""What students of sheet 1 are told: errors in their own functions, and what the docs quote."""

import re

import pytest
import visible

from autograde_tests.sheets import cases

SHEET = "sheet01"
CASES = {case.name: case for case in cases(SHEET)}
pytestmark = pytest.mark.filterwarnings("ignore")  # wrong answers may warn


@pytest.fixture(scope="module")
def solutions():
    """Names of the solution notebooks, by notebook."""
    return visible.solutions(SHEET)


# Errors in a student's own function: the cell, what it says, what its hint says.
ERRORS = {
    "axis that is not there": (
        "check_kl",
        "def kl_to_standard_normal(mu, log_var):\n"
        "    terms = mu**2 + log_var.exp() - 1 - log_var\n"
        "    return 0.5 * terms.sum(dim=2)",
        ["`kl_to_standard_normal` ends with an error", "→ return 0.5 * terms.sum(dim=2)"],
        "fewer axes than this line asks for",
    ),
    "shapes that do not fit": (
        "check_reparametrise",
        "def reparametrise(mu, log_var, noise):\n"
        "    sigma = torch.exp(log_var / 2).repeat(1, 2)\n"
        "    return mu + sigma * noise",
        ["→ return mu + sigma * noise", "RuntimeError: The size of tensor a (4) must match"],
        "two arrays whose shapes do not fit",
    ),
    "matrices that do not fit, inside torch": (
        "check_bce",
        "network = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.ReLU())\n"
        "def bce_with_logits(logits, labels, weights):\n"
        "    return network(logits).mean()",
        ["→ return network(logits).mean()", "RuntimeError: mat1 and mat2"],
        "as many columns of A as rows of B",
    ),
    "array where torch wants a tensor": (
        "check_weights_from_logit",
        "def lo_to_nlo_weights_from_logit(logit, total_lo=1.0, total_nlo=1.0):\n"
        "    return torch.exp(logit) * total_lo / total_nlo",
        ["→ return torch.exp(logit)", "TypeError: exp(): argument 'input'"],
        "torch takes tensors, NumPy takes arrays",
    ),
    "numpy in a loss": (
        "check_vae_loss",
        "def vae_loss(x, x_reco, mu, log_var, beta):\n"
        "    error = np.square(x - x_reco).sum(axis=-1).mean()\n"
        "    return error + beta * kl_to_standard_normal(mu, log_var).mean()",
        ["→ error = np.square(x - x_reco)"],
        "stay in torch",
    ),
    "misspelt name": (
        "check_jensen_shannon",
        "def jensen_shannon(p, q, dx):\n    return 0.5 * dx * np.sum(rel_entr(p, midle))",
        ["→ return 0.5 * dx * np.sum(rel_entr(p, midle))", "NameError: name 'midle'"],
        "is it spelled as in the arguments",
    ),
    "index out of range, in a helper": (
        "check_bilinear_game",
        "def last_but_one(path):\n    return path[-2]\n"
        "def bilinear_game(theta, phi, lr, n_steps, simultaneous):\n"
        "    return last_but_one([(theta, phi)])",
        ["`last_but_one` ends with an error", "→ return path[-2]"],
        "counting starts at 0",
    ),
    "nothing returned by a helper": (
        "check_comparison",
        "def squares(w):\n    w**2\ndef effective_sample_size(weights):\n"
        "    return weights.sum() ** 2 / squares(weights).sum()",
        ["→ return weights.sum() ** 2 / squares(weights).sum()", "'NoneType'"],
        "does the function that made it end with `return`",
    ),
    "assertion without words": (
        "check_calibration_points",
        "def calibration_points(scores, labels, edges):\n    assert len(edges) == 2",
        ["→ assert len(edges) == 2", "AssertionError: (it says nothing more)"],
        "print the values",
    ),
}


# Tasks that are not done yet: what stands in the cell.
STUBS = {
    "open": "    # YOUR CODE HERE\n    raise NotImplementedError()",
    "kept": "    kl = mu**2\n    raise NotImplementedError()\n    return kl",
}
PAGE = (visible.ROOT / "docs" / "common-mistakes.md").read_text(encoding="utf-8")
QUOTED = dict(re.findall(r"<!-- (.+) -->\n\n```text\n((?:.+\n)+)```", PAGE))


def stub_message(stub, solutions):
    answer = f"def kl_to_standard_normal(mu, log_var):\n{STUBS[stub]}"
    cell = visible.check_cell(SHEET, "drell_yan_vae", "check_kl")
    return visible.run(solutions["drell_yan_vae"], answer, cell)


def error_message(error, solutions):
    check, answer, *_ = ERRORS[error]
    notebook = CASES[check].notebook
    return visible.run(solutions[notebook], answer, visible.check_cell(SHEET, notebook, check))


@pytest.mark.parametrize("key", QUOTED)
def test_messages_quoted_in_the_docs_are_the_real_ones(key, solutions):
    kind, _, name = key.partition(": ")
    if kind in STUBS:
        text = stub_message(kind, solutions)
    elif kind == "error":
        text = error_message(name, solutions)
    else:
        text = visible.shown(SHEET, CASES[kind])[name]
    assert text == QUOTED[key].strip()


def test_every_mistake_in_the_docs_quotes_a_message():
    assert len(QUOTED) == PAGE.count("\n### ") == PAGE.count("```text") > 20


@pytest.mark.parametrize("error", ERRORS)
def test_errors_in_an_answer_show_the_students_own_line_and_a_hint(error, solutions):
    _, _, said, hint = ERRORS[error]
    text = error_message(error, solutions)
    assert not visible.complaints(text), text
    assert all(part in text for part in said), text
    assert hint in text.splitlines()[-1]


def test_an_error_outside_of_a_given_cell_keeps_its_traceback(solutions):
    text = visible.run(solutions["gan_convergence"], "def half(x):\n    return x / 0", "half(1)")
    assert "Traceback" in text
    assert "ZeroDivisionError: division by zero" in text
