"""Checks of what a caller hands to `fit`, and of the loss."""

import math
from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor

from course_utils.training.history import TrainingError
from course_utils.training.optimiser import Schedule


def check_finite(train_loss: float, validation_loss: float, epoch: int, lr: float) -> None:
    """Refuse to go on after an epoch (counted from 0) with a loss of NaN or infinity."""
    for kind, value in (("training", train_loss), ("validation", validation_loss)):
        if not math.isfinite(value):
            raise TrainingError(
                f"the {kind} loss became {value} in epoch {epoch + 1}. Check that the inputs are "
                "finite and that no log, division or exp in the loss can overflow, or try a "
                f"smaller learning rate (now lr={lr:g})."
            )


def check_loss(loss: Tensor, n_batch: int) -> None:
    if not isinstance(loss, Tensor):
        raise TrainingError(
            f"your loss is of type {type(loss).__name__}, expected a scalar tensor: did you forget "
            "the return?"
        )
    if loss.dim() != 0:
        hint = "did you forget the mean?" if n_batch in loss.shape else "reduce it to one number."
        raise TrainingError(f"your loss has shape {tuple(loss.shape)}, expected a scalar: {hint}")
    if not loss.requires_grad:
        raise TrainingError(
            "your loss does not depend on the parameters of the model, expected one with a "
            "gradient: is there a `detach()`, `no_grad()`, `.item()` or a conversion to numpy on "
            "the way?"
        )


def on_device(tensors: Sequence[Tensor], device: torch.device, name: str) -> tuple[Tensor, ...]:
    if isinstance(tensors, Tensor) or not all(isinstance(t, Tensor) for t in tensors):
        raise TrainingError(f"`{name}` must be a tuple of tensors, for example `(x,)` or `(x, y)`.")
    sizes = [len(t) if t.dim() else 0 for t in tensors]
    if not sizes or min(sizes) == 0:
        raise TrainingError(
            f"`{name}` has no events: got shapes {[tuple(t.shape) for t in tensors]}."
        )
    if len(set(sizes)) > 1:
        raise TrainingError(
            f"the tensors of `{name}` have different first dimensions {sizes}, expected one entry "
            "per event in each."
        )
    return tuple(t.detach().to(device) for t in tensors)


def check_settings(
    n_epochs: int, batch_size: int, lr: float, schedule: str, patience: int | None
) -> None:
    for name, value in (("n_epochs", n_epochs), ("batch_size", batch_size), ("patience", patience)):
        if value is not None and value < 1:
            raise TrainingError(f"`{name}` must be at least 1, got {value}.")
    if not lr > 0:
        raise TrainingError(f"`lr` must be positive, got {lr}.")
    if schedule not in get_args(Schedule):
        raise TrainingError(f"`schedule` must be one of {get_args(Schedule)}, got {schedule!r}.")
