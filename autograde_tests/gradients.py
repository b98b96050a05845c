"""Gradients of answers by each argument: a training needs them, and values do not show them."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from autograde_tests.answers import Answer
from course_utils import checks

STAY = (
    "stay in torch from each argument to the result: no `.item()`, `.detach()`, `.data`, "
    "`.numpy()`, `float(...)` or `torch.no_grad()` on the way. Values do not show it, but such a "
    "network does not learn."
)


def right(
    answer: Answer,
    truth: Callable[..., Tensor],
    given: Mapping[str, Tensor],
    name: str,
    *,
    by: tuple[str, ...] = (),
) -> None:
    """The answer has the gradient of the truth, by each argument.

    Args:
        answer: called with the values of `given`, in their order.
        truth: the same in torch; the sum of its values is differentiated.
        given: arguments in float64, by name.
        name: what the student calls the answer.
        by: arguments to differentiate by; all if empty.

    Raises:
        CheckFailed: with the argument by which there is no gradient, or a wrong one; without any
            number. Answers in float32 pass.

    Example:
        >>> x = {"x": torch.ones(2, dtype=torch.float64)}
        >>> right(lambda x: x**2, lambda x: x**2, x, "square(x)")
        >>> right(lambda x: x.detach() * x, lambda x: x**2, x, "square(x)")
        Traceback (most recent call last):
        course_utils.checks.CheckFailed: `gradient of square(x) by x` is not the right value in...
        Hint: stay in torch from each argument to the result...
    """
    for argument in by or tuple(given):

        def of(value: Tensor, function: Callable[..., Any], at: str = argument) -> Any:
            return function(*({**given, at: value}.values()))

        point = given[argument].detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(of(point, truth).sum(), point)
        try:
            checks.gradient(
                functools.partial(of, function=answer),
                given[argument],
                slope,
                name=f"{name} by {argument}",
                rtol=1e-3,
                atol=1e-5,
                hint=STAY,
                reveal=False,
            )
        except RuntimeError as error:  # what torch says of a graph that is none
            says = str(error)
            if "inplace operation" in says:
                why = f"`{name}` changes its arguments in place, so its gradient is lost"
            elif "grad" in says:
                why = f"`{name}` cannot be differentiated by {argument}"
            else:
                raise
            raise checks.CheckFailed(f"{why}.\nHint: {STAY}") from None
