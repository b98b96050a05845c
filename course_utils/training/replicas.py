"""Many networks of one shape: a layer of all of them is one batched matrix product."""

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]
Normalise = Callable[[int, Tensor], Tensor]


class Replicas(nn.Module):
    """Networks of one shape and different weights.

    Args:
        widths: of the layers, from the input to the output.
        streams: one generator of random numbers a network; the weights begin as those of
            `torch.nn.Linear` do.
        activation: between the layers.
        normalise: makes of the weights of a layer, `(n_replicas, n_in, n_out)`, those that are
            used; called as `normalise(layer, weights)`, layers counted from 0.
        dtype: of the weights.

    Example:
        >>> networks = Replicas((2, 16, 1), [torch.Generator().manual_seed(k) for k in range(5)])
        >>> networks(torch.zeros(5, 100, 2)).shape
        torch.Size([5, 100, 1])
        >>> networks(torch.zeros(100, 2)).shape  # the same events to all
        torch.Size([5, 100, 1])
    """

    def __init__(
        self,
        widths: Sequence[int],
        streams: Sequence[torch.Generator],
        *,
        activation: Activation = nn.functional.leaky_relu,
        normalise: Normalise | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.activation, self.normalise = activation, normalise
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for n_in, n_out in itertools.pairwise(widths):
            size = n_in**-0.5
            for kept, rows in ((self.weights, n_in), (self.biases, 1)):
                drawn = [torch.rand(rows, n_out, generator=one, dtype=dtype) for one in streams]
                kept.append(nn.Parameter(size * (2 * torch.stack(drawn) - 1)))

    def forward(self, x: Tensor) -> Tensor:
        """Of events `(n_replicas, n_events, n_in)`, or `(n_events, n_in)` for all networks."""
        x = x.expand(len(self.weights[0]), *x.shape[-2:])
        for layer, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            if layer:
                x = self.activation(x)
            if self.normalise:
                weights = self.normalise(layer, weights)
            x = torch.baddbmm(biases, x, weights)
        return x
