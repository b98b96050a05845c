"""Visible checks: right answers pass in silence, wrong ones get one helpful message."""

import re
from contextlib import redirect_stdout
from io import StringIO

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course_utils import checks
from course_utils.checks import CheckFailed

ROUTES = [np.asarray, torch.as_tensor, lambda x: torch.as_tensor(x).requires_grad_()]
seeds = st.integers(0, 2**32 - 1)


def shown(source: str, name: str = "__main__") -> str:
    """What code prints that runs as the top level of a module."""
    out = StringIO()
    with redirect_stdout(out):
        exec(compile(source, "cell", "exec"), {"__name__": name, "checks": checks})
    return out.getvalue().strip()


# --- values ---------------------------------------------------------------------------------------


def test_is_given_refuses_only_none():
    checks.is_given(0.0, "loss")
    checks.is_given([], "loss")
    with pytest.raises(CheckFailed, match="`loss` is None: does your function end with `return`"):
        checks.is_given(None, "loss")


def test_true_shows_its_message():
    checks.true(np.bool_(True), "never shown")
    checks.true(torch.tensor(True), "never shown")
    with pytest.raises(CheckFailed, match=r"^weights must be positive$"):
        checks.true(torch.tensor(False), "weights must be positive")


@pytest.mark.parametrize("route", ROUTES)
def test_shape_accepts_the_right_shape_of_any_kind_of_array(route):
    checks.shape(route(np.zeros((5, 3))), (5, 3))
    checks.shape(route(np.zeros((5, 3))), (None, 3))
    checks.shape(route(np.zeros(())), ())


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        ((256,), (), r"`x` has shape \(256,\), expected \(\) \(one number\)(.|\n)*forget the mean"),
        ((256, 1), (), "forget the mean"),
        ((1,), (), "an array with one entry"),
        ((), (256,), "average or sum over an axis too many"),
        ((256, 1), (256,), r"expected \(256,\)(.|\n)*squeeze\(-1\)"),
        ((256,), (256, 1), r"unsqueeze\(-1\)"),
        ((3, 256), (256, 3), "axes are swapped"),
        ((256,), (256, 3), "an axis is missing"),
        ((256, 3), (256,), "an axis too many"),
        ((256, 4), (None, 3), r"expected \(any, 3\)\.$"),
    ],
)
def test_shape_says_what_went_wrong(got, expected, message):
    with pytest.raises(CheckFailed, match=message):
        checks.shape(torch.zeros(got), expected, name="x")


def test_own_hint_replaces_the_usual_one():
    with pytest.raises(CheckFailed, match=r"\nHint: sum over the latent axis$"):
        checks.shape(torch.zeros(3), (), hint="sum over the latent axis")


@pytest.mark.parametrize(
    "value", ["loss", {"a": 1}, object(), [[1, 2], [3]], torch.nn.Linear(1, 1)]
)
def test_things_that_are_no_numbers_are_named_by_type(value):
    message = rf"`x` is of type {type(value).__name__}, expected a tensor, an array or a number"
    with pytest.raises(CheckFailed, match=message):
        checks.shape(value, (), name="x")
    with pytest.raises(CheckFailed, match=message):
        checks.close(value, 1.0, name="x")


@pytest.mark.parametrize("expected", [torch.float32, np.float32, np.dtype("f4"), "float32"])
def test_dtype_compares_names_across_libraries(expected):
    checks.dtype(torch.zeros(2), expected)
    checks.dtype(np.zeros(2, np.float32), expected)
    with pytest.raises(CheckFailed, match=r"holds float64 numbers, expected float32\.\nHint: conv"):
        checks.dtype(np.zeros(2), expected)
    with pytest.raises(CheckFailed, match=r"holds int64 numbers, expected float32\.$"):
        checks.dtype(torch.zeros(2, dtype=torch.int64), expected)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_finite_names_the_first_bad_entry(route, bad):
    values = np.ones((4, 3))
    checks.finite(route(values), "w")
    values[2, 1] = values[3, 2] = bad
    with pytest.raises(CheckFailed, match=r"`w` has 2 of 12 numbers .*first at index \(2, 1\)"):
        checks.finite(route(values), "w")
    with pytest.raises(CheckFailed, match=r"`w` has 1 of 1 numbers that are NaN or infinite\."):
        checks.finite(route(np.array(bad)), "w")


@given(seeds)
def test_close_accepts_rounding_to_float32(seed):
    x = np.random.default_rng(seed).normal(size=(7, 2))
    checks.close(torch.tensor(x, dtype=torch.float32, requires_grad=True), x)


@given(seeds)
def test_close_refuses_what_its_tolerances_exclude(seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 2, 9)
    k = rng.integers(9)
    wrong = x.copy()
    wrong[k] *= 1.01
    checks.close(wrong, x, rtol=0.02)
    checks.close(wrong, x, rtol=0, atol=0.021)
    with pytest.raises(CheckFailed, match=rf"in 1 of 9 entries, the first at index {k}: got "):
        checks.close(wrong, x, rtol=0.005)


def test_close_compares_shapes_first():
    with pytest.raises(CheckFailed, match=r"`loss` has shape \(4,\)(.|\n)*forget the mean"):
        checks.close(torch.ones(4), 1.0, name="loss")
    with pytest.raises(CheckFailed, match=r"has shape \(4, 1\), expected \(4,\)"):
        checks.close(torch.ones(4, 1), torch.ones(4))


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        (0.5, 0.25, r"`kl` is 0\.5, expected 0\.25 \(yours is 2 times that\)"),
        (-0.5, 0.5, "the sign is wrong"),
        ([-1.0, 0.0, -2.0], [1.0, 0.0, 2.0], "the sign is wrong"),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], r"got 1, expected 3\."),
        (1.0, 0.0, r"`kl` is 1, expected 0\."),
        (0.0, 1.0, r"`kl` is 0, expected 1\."),
        (float("nan"), 1.0, "NaN or infinite"),
        (True, False, "`kl` is 1, expected 0"),
        (1 + 2j, 1 + 0j, "`kl` is 1"),
    ],
)
def test_close_says_how_far_off(got, expected, message):
    with pytest.raises(CheckFailed, match=message):
        checks.close(got, expected, name="kl")


def test_hidden_tests_can_keep_the_numbers_to_themselves():
    for got, expected in ((np.array([1.25, 2.0]), np.array([1.75, 2.0])), (1.25, 1.75)):
        with pytest.raises(CheckFailed) as caught:
            checks.close(got, expected, name="kl", hint="sum, not mean", reveal=False)
        assert not re.search(r"\d\.\d", str(caught.value))
        assert str(caught.value).endswith("Hint: sum, not mean")


def test_bfloat16_and_python_numbers_are_compared():
    checks.close(torch.tensor(0.5, dtype=torch.bfloat16), 0.5)
    checks.close(3, 3.0)


# --- gradients ------------------------------------------------------------------------------------


@given(seeds)
def test_gradient_agrees_with_finite_differences(seed):
    rng = np.random.default_rng(seed)
    checks.gradient(lambda x: torch.logsumexp(x**2, dim=-1), rng.normal(size=(4, 3)))


def test_gradient_against_a_formula_in_float32():
    x = torch.linspace(-2, 2, 9)
    checks.gradient(torch.tanh, x, 1 - torch.tanh(x) ** 2)
    with pytest.raises(CheckFailed, match=r"`gradient of loss` differs.*the sign is wrong"):
        checks.gradient(lambda x: -torch.tanh(x), x, 1 - torch.tanh(x) ** 2, name="loss")


class HalfGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1.0

    @staticmethod
    def backward(ctx, slope):
        return slope / 2


def test_wrong_backward_is_caught_by_finite_differences():
    with pytest.raises(CheckFailed, match=r"yours is 0\.5 times that"):
        checks.gradient(HalfGradient.apply, torch.ones(3))


@pytest.mark.parametrize(
    "broken",
    [
        lambda x: x.detach().sum(),
        lambda x: x.sum().item(),
        lambda x: torch.zeros((), requires_grad=True) * 2,
        lambda x: torch.tensor(x.detach().numpy().sum()),
    ],
)
def test_missing_gradient_is_explained(broken):
    with pytest.raises(CheckFailed, match=r"no gradient flows through `loss`(.|\n)*stay in torch"):
        checks.gradient(broken, torch.ones(3), name="loss")


def test_gradient_of_nothing_asks_for_a_return():
    with pytest.raises(CheckFailed, match="`loss` is None"):
        checks.gradient(lambda x: None, torch.ones(3), name="loss")


# --- when_done ------------------------------------------------------------------------------------

STUB = """
def bce_loss(a, *args, **more):
    'Docs.'
    # YOUR CODE HERE
    raise NotImplementedError()
"""


def test_finished_cell_is_announced():
    assert (
        shown("with checks.when_done('2a'):\n    x = 1") == "✓ Task 2a: this cell ran as it should."
    )


def test_empty_stub_is_named_and_ends_the_cell_in_peace():
    text = shown(STUB + "with checks.when_done('2a'):\n    bce_loss(1)\n    print('not reached')")
    assert text == "○ Task 2a is still open: `bce_loss` has no code yet."


def test_stub_is_found_below_library_code():
    text = shown(STUB + "with checks.when_done('2a'):\n    sorted([1, 2], key=bce_loss)")
    assert "`bce_loss` has no code yet" in text


@pytest.mark.parametrize(("method", "name"), [("__init__", "VAE"), ("encode", "VAE.encode")])
def test_stub_of_a_class_is_named(method, name):
    source = f"class VAE:\n    def {method}(self):\n        raise NotImplementedError()\n"
    call = "VAE()" if method == "__init__" else "VAE().encode()"
    assert f"`{name}` has no code yet" in shown(f"{source}with checks.when_done('3b'):\n    {call}")


def test_code_above_a_forgotten_raise_is_pointed_out():
    source = "def f(x):\n    y = x + 1\n    raise NotImplementedError()\n"
    text = shown(source + "with checks.when_done('2a'):\n    f(1)")
    assert "`f` still has the line `raise NotImplementedError()`" in text
    assert "delete that line" in text


def test_name_that_an_open_cell_should_have_made_is_waited_for():
    text = shown("with checks.when_done('2c'):\n    classifier(1)")
    assert text == (
        "○ Task 2c waits: `classifier` is made in an earlier cell that is not done yet."
    )
    assert "`events`" in shown("with checks.when_done('2c'):\n    [events[k] for k in range(3)]")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def f():\n    return lenght\nwith checks.when_done('1'):\n    f()", NameError),
        (
            "class A:\n    def f(self):\n        return x\n"
            "with checks.when_done('1'):\n    A().f()",
            NameError,
        ),
        ("def f():\n    y = y + 1\nwith checks.when_done('1'):\n    f()", UnboundLocalError),
        ("with checks.when_done('1'):\n    raise NameError('no name')", NameError),
        ("with checks.when_done('1'):\n    raise NotImplementedError()", NotImplementedError),
        (
            "def f():\n    raise NotImplementedError('no MPS kernel')\n"
            "with checks.when_done('1'):\n    f()",
            NotImplementedError,
        ),
        (
            "from torch.distributions import Distribution\nwith checks.when_done('1'):\n"
            "    Distribution(validate_args=False).rsample()",
            NotImplementedError,
        ),
        ("with checks.when_done('1'):\n    checks.true(False, 'wrong')", CheckFailed),
        ("with checks.when_done('1'):\n    1 / 0", ZeroDivisionError),
        ("with checks.when_done('1'):\n    raise KeyboardInterrupt", KeyboardInterrupt),
    ],
)
def test_every_other_error_passes_through(source, error):
    with pytest.raises(error):
        shown(source)


def test_missing_name_outside_main_passes_through():
    with pytest.raises(NameError):
        shown("with checks.when_done('1'):\n    classifier", name="some_module")


# --- in Jupyter -----------------------------------------------------------------------------------


def test_ipython_shows_the_message_alone(capsys):
    shell = InteractiveShell.instance()
    try:
        shell.run_cell("from course_utils import checks\ndef bce_loss(x): return x")
        capsys.readouterr()
        shell.run_cell(
            "with checks.when_done('2a'):\n    checks.shape(bce_loss([1, 2]), (), name='loss')"
        )
        out, err = capsys.readouterr()
    finally:
        InteractiveShell.clear_instance()
    assert "✗ `loss` has shape (2,), expected () (one number)." in out
    assert "Traceback" not in out
    assert "checks.py" not in out
    assert not err


def test_notebook_runs_through_with_stubs_and_stops_at_a_failed_check_with_its_message_only():
    sources = [
        "from course_utils import checks",
        STUB,
        "with checks.when_done('2a'):\n    loss = bce_loss(1)",
        "with checks.when_done('2b'):\n    checks.finite(loss, 'loss')",
        "with checks.when_done('2c'):\n    checks.close(2, 4, name='kl', hint='nats, not bits')",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    with pytest.raises(CellExecutionError, match="`kl` is 2, expected 4"):
        NotebookClient(book, kernel_name="python3", timeout=60).execute()
    texts = ["".join(output.get("text", "") for output in cell.outputs) for cell in book.cells]
    assert texts[2].strip() == "○ Task 2a is still open: `bce_loss` has no code yet."
    assert texts[3].startswith("○ Task 2b waits: `loss` is made in an earlier cell")
    (error,) = book.cells[4].outputs
    assert error.ename == "CheckFailed"
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    assert plain == "✗ `kl` is 2, expected 4 (yours is 0.5 times that).\nHint: nats, not bits"
