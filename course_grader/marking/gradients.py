"""Gradients through answers whose graph stays in the sandbox."""

from collections.abc import Callable
from typing import Any

from course_grader.marking.widths import wide_tensor
from course_grader.runner.arrays import buffered
from course_grader.runner.plain import Result


def joined(peer: Any, graph: int, value: Any, leaves: list[Any]) -> Any:
    """The value with its tensors tied to the graph that stayed in the sandbox.

    Args:
        peer: the process that holds the graph.
        graph: its number there.
        value: what the call gave.
        leaves: what was sent to it and requires a gradient.
    """
    import torch

    results = [part for part in buffered(value) if getattr(part, "requires_grad", False)]
    if not results:
        return value

    class Answer(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            return tuple(part.detach().clone() for part in results)

        @staticmethod
        def backward(ctx: Any, *outer: Any) -> Any:
            slopes = peer.ask(do="slopes", graph=graph, outer=[one.detach() for one in outer])
            found = slopes.get("value")
            if not isinstance(found, list) or len(found) != len(leaves):
                peer._fail("your code sent something that is no gradient")
            return (*(one if isinstance(one, torch.Tensor) else None for one in found), None)

    tied = iter(Answer.apply(*leaves, torch.zeros((), requires_grad=True)))  # type: ignore[no-untyped-call]
    return replaced(value, lambda part: wide_tensor(next(tied)))


def replaced(value: Any, new: Callable[[Any], Any]) -> Any:
    """The value with its tensors that require a gradient replaced, in their order."""
    if isinstance(value, dict):
        parts = {replaced(key, new): replaced(part, new) for key, part in value.items()}
        return Result(parts) if isinstance(value, Result) else parts
    if isinstance(value, list | tuple):
        rows = [replaced(part, new) for part in value]
        return type(value)(*rows) if hasattr(value, "_fields") else type(value)(rows)
    return new(value) if getattr(value, "requires_grad", False) else value
