"""AdamW on one vector of all parameters, and the learning rate of each step."""

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import nn

from course_utils.training.history import TrainingError

Schedule = Literal["one-cycle", "cosine", "constant"]


class FlatAdamW:
    r"""AdamW (arXiv:1711.05101) that updates all parameters at once.

    The small networks of this course have many parameter tensors of few entries, and an optimiser
    spends its time on going from one to the next. Here they become views of one vector, and so do
    their gradients: a step is six operations, whatever the number of layers and on every device,

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \qquad
        v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \\
        \theta &\leftarrow (1 - \eta \lambda) \theta - \eta\,
        \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}.

    The numbers are those of `torch.optim.AdamW`. One difference: a parameter that the loss does not
    depend on has gradient zero here, so that weight decay still shrinks it.

    Args:
        parameters: parameters of one device and one real floating-point type; their memory moves
            into the common vector until `release` is called.
        weight_decay: :math:`\lambda`.
        betas: :math:`\beta_1, \beta_2`.
        eps: :math:`\epsilon`.

    Raises:
        TrainingError: for parameters of different types or devices, or of complex numbers.

    Example:
        >>> weight = nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimiser = FlatAdamW([weight])
        >>> optimiser.zero_grad()
        >>> weight.square().sum().backward()
        >>> optimiser.step(lr=0.1)
        >>> optimiser.release()
        >>> weight.data
        tensor([ 0.9000, -1.9000])
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        kinds = {(p.dtype, p.device) for p in parameters}
        if len(kinds) != 1 or not parameters[0].dtype.is_floating_point:
            raise TrainingError(
                "the parameters must have one real floating-point type and one device, got "
                f"{sorted(f'{dtype} on {device}' for dtype, device in kinds)}."
            )
        self.parameters, self.weight_decay, self.betas, self.eps = (
            parameters,
            weight_decay,
            betas,
            eps,
        )
        self.n_steps = 0
        self.vector = torch.cat([p.detach().reshape(-1) for p in parameters])
        self.gradient = torch.zeros_like(self.vector)
        self.mean = torch.zeros_like(self.vector)
        self.square = torch.zeros_like(self.vector)
        sizes = [p.numel() for p in parameters]
        pieces = zip(
            parameters,
            torch.split(self.vector, sizes),
            torch.split(self.gradient, sizes),
            strict=True,
        )
        for parameter, values, gradient in pieces:
            parameter.data = values.view_as(parameter)
            parameter.grad = gradient.view_as(parameter)

    def zero_grad(self) -> None:
        """Set all gradients to zero: the backward pass adds to them."""
        self.gradient.zero_()

    def step(self, lr: float) -> None:
        """One update with learning rate `lr`."""
        beta1, beta2 = self.betas
        self.n_steps += 1
        scale1, scale2 = 1 - beta1**self.n_steps, math.sqrt(1 - beta2**self.n_steps)
        if self.weight_decay:
            self.vector.mul_(1 - lr * self.weight_decay)
        self.mean.lerp_(self.gradient, 1 - beta1)
        self.square.mul_(beta2).addcmul_(self.gradient, self.gradient, value=1 - beta2)
        width = self.square.sqrt().add_(self.eps * scale2)
        self.vector.addcdiv_(self.mean, width, value=-lr * scale2 / scale1)

    def release(self) -> None:
        """Give each parameter memory of its own again and drop the gradients."""
        for parameter in self.parameters:
            parameter.data = parameter.data.clone()
            parameter.grad = None


def learning_rates(schedule: Schedule, lr: float, n_steps: int) -> Iterator[float]:
    """Learning rate of each of `n_steps` steps; see `fit` for the schedules.

    Example:
        >>> [round(rate, 3) for rate in learning_rates("cosine", 1.0, 4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    if schedule == "constant":
        return iter([lr] * n_steps)
    if schedule == "cosine":
        return (_blend(lr, 0.0, step / n_steps) for step in range(n_steps))
    n_rise = max(1, round(0.3 * n_steps))
    n_fall = max(1, n_steps - n_rise)
    return (
        _blend(lr / 25, lr, step / n_rise)
        if step < n_rise
        else _blend(lr, lr / 1e4, (step - n_rise) / n_fall)
        for step in range(n_steps)
    )


def _blend(start: float, end: float, part: float) -> float:
    """From `start` to `end` along half a cosine."""
    return end + 0.5 * (start - end) * (1 + math.cos(math.pi * part))
