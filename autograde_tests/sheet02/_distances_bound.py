"""Check of exercise 1c: a divergence as the maximum over functions."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from autograde_tests import gradients
from autograde_tests.answers import Answer, Array, array, given_copies, same
from autograde_tests.sheet02._distances_values import one

DEFAULT = 33


def _conjugates() -> dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Array], Array]]]:
    """For each divergence f* and the best T, as a function of the ratio."""
    return {
        "KL": (lambda t: torch.exp(t - 1), lambda r: 1 + np.log(r)),
        "reverse KL": (lambda t: -1 - torch.log(-t), lambda r: -1 / r),
        "JSD": (
            lambda t: -torch.log(2 - torch.exp(2 * t)) / 2,
            lambda r: np.log(2 * r / (1 + r)) / 2,
        ),
    }


CONJUGATES = _conjugates()


@given_copies
def check_bound(bound: Answer, best_function: Answer, *, seed: int = DEFAULT) -> None:
    """1c: ⟨T⟩ − ⟨f*(T)⟩ with its gradient, and the T that makes it largest.

    Args:
        bound: `(kind, T_p, T_q)`, tensors `(n,)` and `(m,)`, to one number.
        best_function: `(kind, ratio)`, ratio = p/q of shape `(n,)`, to T of the same shape.
        seed: of the hidden numbers.

    Raises:
        CheckFailed: with the divergence for which something does not hold.
    """
    rng = np.random.default_rng(seed)
    for kind, (conjugate, best) in CONJUGATES.items():
        ratio = rng.uniform(0.1, 5.0, 9)
        name = f'best_function("{kind}", ratio)'
        with np.errstate(all="ignore"):
            got = array(best_function(kind, torch.as_tensor(ratio)), name, (9,))
        mistakes = {
            "takes the ratio upside down: it is p/q": best(1 / ratio),
            "has the wrong sign": -best(ratio),
            "lacks the 1 of f'(u) = 1 + log u": np.log(ratio),
            "is f(ratio): take the derivative f'": ratio * np.log(ratio),
            "lacks a factor 1/2": 2 * best(ratio),
        }
        same(got, best(ratio), mistakes, name)
        # Functions that are allowed: negative for reverse KL, below log(2)/2 for JSD.
        T_p, T_q = (
            torch.as_tensor(best(rng.uniform(0.1, 5.0, size)) - rng.uniform(0.0, 0.3, size))
            for size in (7, 11)
        )
        _is_bound(bound, kind, conjugate, T_p, T_q)


def _is_bound(
    bound: Answer, kind: str, conjugate: Callable[[Tensor], Tensor], T_p: Tensor, T_q: Tensor
) -> None:
    def truth(T_p: Tensor, T_q: Tensor) -> Tensor:
        return T_p.mean() - conjugate(T_q).mean()

    name = f'bound("{kind}", T_p, T_q)'
    wrong = {
        "has the wrong sign": -truth(T_p, T_q),
        "has the two samples swapped: f* belongs to q": truth(T_q, T_p),
        "lacks f*: its values over q are T itself": T_p.mean() - T_q.mean(),
        "adds the second average: subtract it": T_p.mean() + conjugate(T_q).mean(),
        "sums: averages are asked for": T_p.sum() - conjugate(T_q).sum(),
    }
    one(bound(kind, T_p, T_q), float(truth(T_p, T_q)), wrong, name)
    given = {"T_p": T_p, "T_q": T_q}
    gradients.right(lambda a, b: bound(kind, a, b), truth, given, name)
