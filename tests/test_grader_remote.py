"""Remote answers look like local ones, to checks that were written for local functions."""

import inspect
import math
import time

import numpy as np
import pytest
import torch

from course_grader.marking.remote import Peer, Remote, StudentError
from course_grader.runner.codec import WireError
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import RUNNER, Limits, View
from course_utils import checks

ANSWERS = '''
import math

import numpy as np
import torch

TWO = 2
numbers = np.arange(4.0)
layer = torch.nn.Linear(2, 1, bias=False)


def add(a, b=1, *rest, scale=1.0):
    """The sum."""
    print("added", a, b)
    return scale * (a + b + sum(rest))


def weight_slope():
    return layer.weight.grad


def square(x):
    return (x**2).sum()


def both(x, y):
    return {"product": x * y, "pair": (x.sum(), y.detach())}


def double_in_place(x):
    x *= 2


def compose(f, x):
    return f(f(x))


def stub():
    raise NotImplementedError()


class Student(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def fail(kind):
    if kind == "own":
        raise Student
    raise {"value": ValueError, "key": KeyError, "exit": SystemExit, "os": OSError}[kind]("no good")


class Counter:
    def __init__(self, n):
        self.n = n

    def up(self, by=1):
        self.n += by
        return self

    def __len__(self):
        return self.n

    def __getitem__(self, k):
        return 10 * k

    def __iter__(self):
        return iter(range(self.n))

    def __eq__(self, other):
        return True


counter = Counter(3)


def forever():
    while True:
        pass


def many():
    k = 0
    while True:
        yield k
        k += 1
'''


@pytest.fixture(scope="module")
def box():
    with Sandbox(View({}), Limits(call=5), ["torch"]) as box:
        yield box


@pytest.fixture(scope="module")
def notebook(box):
    link = box.notebook()
    link.channel.send({"do": "run", "source": ANSWERS, "seed": 1})
    assert link.channel.receive(60) == {"said": "done"}
    return link


@pytest.fixture
def peer(box, notebook):
    """A fresh fork of the notebook's process for each test."""
    parked = box.park(notebook)
    yield Peer(parked.channel, 5.0)
    box.drop(parked)


@pytest.fixture
def answers(peer):
    names = [name for name in ANSWERS.replace("(", " ").split() if name.isidentifier()]
    return peer.names(sorted(set(names)), 1)


def test_names_come_as_data_or_as_remote_objects(answers):
    assert answers["TWO"] == 2
    np.testing.assert_array_equal(answers["numbers"], np.arange(4.0))
    assert isinstance(answers["add"], Remote)
    assert "unheard_of" not in answers


def test_functions_are_called_with_data(answers):
    assert answers["add"](2) == 3
    assert answers["add"](1, 2, 3, scale=2.0) == 12.0
    np.testing.assert_array_equal(answers["add"](np.ones(3), 1), np.full(3, 2.0))
    assert torch.equal(answers["add"](torch.ones(3), 1), torch.full((3,), 2.0))
    assert math.sqrt(answers["add"](3)) == 2


def test_functions_look_like_functions(answers):
    add = answers["add"]
    assert callable(add)
    assert add.__name__ == "add"
    assert list(inspect.signature(add).parameters) == ["a", "b", "rest", "scale"]
    assert not callable(answers["counter"])
    assert type(answers["layer"]).__name__ == "Linear"


def test_gradients_flow_through_answers(answers):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = 3 * answers["square"](2 * x)
    loss.backward()
    assert torch.equal(x.grad, torch.tensor([24.0, 48.0]))
    checks.gradient(answers["square"], torch.tensor([1.0, -1.0]), [2.0, -2.0])
    checks.gradient(answers["square"], torch.tensor([1.0, -1.0]))
    y = torch.ones(2, requires_grad=True)
    values = answers["both"](x, y)
    assert not values["pair"][1].requires_grad
    slopes = torch.autograd.grad(values["product"].sum() + values["pair"][0], [x, y])
    assert torch.equal(slopes[0], torch.full((2,), 2.0))
    assert torch.equal(slopes[1], x.detach())


def test_a_detached_answer_has_no_gradient(answers):
    def detached(x):
        return answers["both"](x, x)["pair"][1]

    with pytest.raises(checks.CheckFailed, match="no gradient flows"):
        checks.gradient(detached, torch.ones(2), [1.0, 1.0], name="loss")
    with torch.no_grad():
        assert not answers["square"](torch.ones(2, requires_grad=True)).requires_grad


def test_modules_are_trained_over_there(answers):
    layer = answers["layer"]
    x = torch.ones(5, 2)
    loss = layer(x).sum()
    assert loss.requires_grad
    loss.backward()
    assert torch.equal(answers["weight_slope"](), torch.full((1, 2), 5.0))
    assert [one.shape for one in layer.parameters()] == [(1, 2)]


def test_arrays_changed_over_there_are_changed_here(answers):
    x, t = np.ones(3), torch.ones(2, 2)
    answers["double_in_place"](x)
    answers["double_in_place"](t)
    assert x.tolist() == [2, 2, 2]
    assert torch.equal(t, torch.full((2, 2), 2.0))
    untouched = np.ones(3)
    answers["add"](untouched, 1)
    assert untouched.tolist() == [1, 1, 1]


def test_answers_can_be_passed_to_answers_but_nothing_of_ours(answers):
    assert answers["compose"](answers["add"], 1) == 3
    with pytest.raises(StudentError, match="only data, arrays, tensors and answers"):
        answers["compose"](lambda x: x, 1)


def test_objects_have_attributes_methods_and_items(answers):
    counter = answers["counter"]
    assert counter.n == 3
    assert len(counter.up(by=2)) == 5
    assert list(counter) == [0, 1, 2, 3, 4]
    assert counter[4] == 40
    assert counter != 3, "comparisons are not left to the answer"
    with pytest.raises(AttributeError):
        counter.down()


@pytest.mark.parametrize(
    ("kind", "expected", "text"),
    [
        ("value", ValueError, "no good"),
        ("key", KeyError, "'no good'"),
        ("os", OSError, "no good"),
        ("exit", StudentError, "no good"),
        ("own", StudentError, ""),
    ],
)
def test_exceptions_arrive_as_their_kind(answers, kind, expected, text):
    with pytest.raises(expected) as caught:
        answers["fail"](kind)
    assert isinstance(caught.value, StudentError)
    assert str(caught.value) == text
    assert caught.value.lines
    assert "raise" in caught.value.lines[-1][-1]


def test_a_stub_is_a_stub(answers):
    with pytest.raises(NotImplementedError):
        answers["stub"]()


def test_an_answer_that_never_ends_is_not_waited_for(box, notebook):
    parked = box.park(notebook)
    peer = Peer(parked.channel, 0.5)
    answers = peer.names(["forever", "add"], 1)
    start = time.monotonic()
    with pytest.raises(StudentError, match=r"longer than the 0.5 s"):
        answers["forever"]()
    with pytest.raises(StudentError, match="longer than"):
        answers["add"](1)
    assert time.monotonic() - start < 2
    box.drop(parked)


def test_an_endless_generator_gives_one_value_after_the_other(answers):
    many = answers["many"]()
    assert [next(many) for _ in range(3)] == [0, 1, 2]


def test_tests_leave_no_trace_in_the_notebook(box, notebook):
    for _ in range(2):
        parked = box.park(notebook)
        counter = Peer(parked.channel, 5.0).names(["counter"], 1)["counter"]
        assert len(counter.up()) == 4
        box.drop(parked)


def test_large_arrays_are_quick(answers):
    x = np.random.default_rng(1).normal(size=4_000_000)  # 32 MB each way
    answers["add"](x[:10], 1)
    start = time.monotonic()
    y = answers["add"](x, 1)
    seconds = time.monotonic() - start
    assert np.array_equal(y, x + 1)
    assert seconds < 3  # below 1 s on an idle machine


class Liar:
    """Replies to every question with the same message."""

    def __init__(self, reply):
        self.reply = reply
        self.keep = self.find = None

    def send(self, message, seconds):
        pass

    def receive(self, seconds):
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.mark.parametrize(
    "reply",
    [
        1,
        None,
        {},
        {"said": "done"},
        {"said": "value"},
        {"said": "value", "value": 3},
        {"said": "raised"},
        {"said": "raised", "type": 1, "text": [], "lines": 3, "kinds": 5},
        {"said": "raised", "kinds": ["exec", "SystemExit", "KeyboardInterrupt", "Exception", ""]},
        {"said": "raised", "kinds": ["UnicodeDecodeError"], "lines": [[1, 2, 3]]},
        WireError("garbage"),
    ],
    ids=str,
)
def test_forged_replies_are_the_students_fault(reply):
    with pytest.raises(StudentError):
        Peer(Liar(reply), 1.0).names(["add"], 1)


@pytest.mark.parametrize(
    "changed", [{0: b"x"}, {7: b"x" * 8}, {0: 3}, 5, {"a": 1}, {0: b"y" * 800}]
)
def test_forged_changes_are_the_students_fault(changed):
    reply = {"said": "value", "value": 1, "changed": changed, "graph": None}
    peer = Peer(Liar(reply), 1.0)
    x = np.ones(1)
    with pytest.raises(StudentError):
        peer.call(0, "", (x,), {})
    assert x.tolist() == [1]


def test_the_runner_needs_nothing_of_ours():
    for path in RUNNER.glob("*.py"):
        lines = path.read_text().splitlines()
        ours = [line.split()[1] for line in lines if line.startswith("from course_grader")]
        assert all(name.startswith("course_grader.runner.") for name in ours)
