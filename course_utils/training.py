"""Training of networks whose data fit in memory: fast, quiet, repeatable.

A `DataLoader` picks events one by one and stacks them again; for events of a few numbers this costs
more than the network. Here the tensors lie on the device, each epoch shuffles them once, and a
batch is a slice.
"""

import contextlib
import copy
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from tqdm import tqdm

__all__ = ["History", "Schedule", "TrainingError", "choose_device", "fit"]

Schedule = Literal["one-cycle", "cosine", "constant"]
LossFunction = Callable[..., Tensor]

# tqdm starts a watcher thread by default; a thread gets in the way of processes that fork.
_Bar: Any = type("_Bar", (tqdm,), {"monitor_interval": 0})


class TrainingError(ValueError):
    """The training cannot go on; the message says what was found and what to try."""


@dataclass
class History:
    """What happened during a training, one entry per epoch.

    Attributes:
        train_loss: mean training loss while the epoch ran (with dropout etc. switched on).
        validation_loss: mean validation loss at the end of the epoch.
        learning_rate: learning rate of the last step of the epoch.
        best_epoch: index (from 0) of the epoch with the smallest validation loss; its weights are
            kept.
        seconds: wall time of the whole training, validation included.
        n_events: training events processed, all epochs together.

    Example:
        >>> History(train_loss=[0.9, 0.7], validation_loss=[0.8, 0.75], best_epoch=1).best_validation_loss
        0.75
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    best_epoch: int = 0
    seconds: float = 0.0
    n_events: int = 0

    @property
    def events_per_second(self) -> float:
        """Training events per second of wall time (validation counts as time, not as events)."""
        return self.n_events / self.seconds if self.seconds > 0 else 0.0

    @property
    def best_validation_loss(self) -> float:
        """Smallest validation loss; infinite before the first epoch."""
        return self.validation_loss[self.best_epoch] if self.validation_loss else math.inf


def choose_device() -> torch.device:
    """The fastest device of this machine: CUDA, else Apple's MPS, else the CPU.

    Example:
        >>> choose_device().type in {"cuda", "mps", "cpu"}
        True
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def fit(
    model: nn.Module,
    loss_fn: LossFunction,
    train: Sequence[Tensor],
    validation: Sequence[Tensor],
    *,
    n_epochs: int,
    batch_size: int = 1024,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    schedule: Schedule = "one-cycle",
    patience: int | None = None,
    seed: int = 0,
    progress: bool = True,
    label: str = "training",
) -> History:
    """Train `model` with AdamW and leave it with the weights of its best epoch, in evaluation mode.

    The random numbers of the training (shuffling, dropout, noise in the loss) follow from `seed`
    alone: torch's generator is seeded on entry and put back as it was on return. The validation
    uses the same noise in each epoch, so that losses can be compared. Repeated runs agree bit by
    bit on a CPU.

    Args:
        model: the network, already on its device; trained in place.
        loss_fn: `loss_fn(model, *batch)` returns the mean loss of a batch, a scalar tensor.
        train: tensors with the same first dimension `n_events`, for example `(x,)` or `(x, y,
            weights)`; moved to the device of the model once.
        validation: the same for validation.
        n_epochs: passes through the training events.
        batch_size: events per step; the last batch of an epoch may be smaller.
        lr: learning rate; for "one-cycle" and "cosine" its maximum.
        weight_decay: decoupled weight decay (AdamW, arXiv:1711.05101).
        schedule: learning rate per step. "one-cycle" rises from lr/25 in the first 30 % of the
            steps and falls to almost zero (arXiv:1708.07120); "cosine" falls from lr to zero;
            "constant" stays.
        patience: stop after so many epochs without a smaller validation loss; None: never. With a
            falling learning rate the best epochs come last: prefer None or a patience of some
            epochs there.
        seed: fixes all random numbers of the training.
        progress: one line on stdout with losses and events per second.
        label: name of that line.

    Returns:
        The `History`.

    Raises:
        TrainingError: if the tensors do not fit together or are empty, if the loss is not a scalar
            that depends on the model, or if it becomes NaN or infinite (the best weights so far are
            restored first).

    Example:
        >>> x = torch.linspace(-1, 1, 256)[:, None]
        >>> model = nn.Linear(1, 1)
        >>> def mean_squared_error(model, x, y):
        ...     return (model(x) - y).square().mean()
        >>> history = fit(model, mean_squared_error, (x, 3 * x), (x, 3 * x), n_epochs=40, batch_size=32,
        ...               lr=0.1, progress=False)
        >>> round(model.weight.item(), 2)
        3.0
    """
    _check_settings(n_epochs, batch_size, lr, schedule, patience)
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise TrainingError("`model` has no parameters to train.")
    device = parameters[0].device
    data = _on_device(train, device, "train")
    held_out = _on_device(validation, device, "validation")
    n_events = len(data[0])
    rates = _learning_rates(schedule, lr, n_epochs * math.ceil(n_events / batch_size))
    optimiser = _adamw(parameters, lr, weight_decay)
    history = History()
    best_weights = copy.deepcopy(model.state_dict())
    best_loss = math.inf
    start = time.perf_counter()
    bar = _progress_bar(n_epochs, label, progress)
    with _seeded(seed, device), contextlib.closing(bar):
        for epoch in range(n_epochs):
            model.train()
            total = _train_epoch(model, loss_fn, data, batch_size, optimiser, rates)
            history.train_loss.append(float(total) / n_events)
            history.learning_rate.append(float(optimiser.param_groups[0]["lr"]))
            model.eval()
            with _seeded(seed + 1, device):
                history.validation_loss.append(_validate(model, loss_fn, held_out, batch_size))
            history.n_events += n_events
            history.seconds = time.perf_counter() - start
            loss = history.validation_loss[-1]
            if not (math.isfinite(history.train_loss[-1]) and math.isfinite(loss)):
                model.load_state_dict(best_weights)
                raise TrainingError(_not_finite_message(history, epoch, lr))
            if loss < best_loss:
                best_loss, history.best_epoch = loss, epoch
                best_weights = copy.deepcopy(model.state_dict())
            bar.set_postfix_str(_summary(history), refresh=False)
            bar.update()
            if patience is not None and epoch - history.best_epoch >= patience:
                break
    model.load_state_dict(best_weights)
    history.seconds = time.perf_counter() - start
    return history


def _train_epoch(
    model: nn.Module,
    loss_fn: LossFunction,
    data: tuple[Tensor, ...],
    batch_size: int,
    optimiser: torch.optim.Optimizer,
    rates: Iterator[float],
) -> Tensor:
    """One pass through the shuffled events; sum of the loss over events, still on the device."""
    n_events, device = len(data[0]), data[0].device
    order = torch.randperm(n_events, device=device)
    shuffled = [tensor.index_select(0, order).split(batch_size) for tensor in data]
    total = torch.zeros((), device=device)
    group = optimiser.param_groups[0]
    for batch in zip(*shuffled, strict=True):
        loss = loss_fn(model, *batch)
        _check_loss(loss, len(batch[0]))
        group["lr"] = next(rates)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total.add_(loss.detach(), alpha=len(batch[0]))
    return total


@torch.no_grad()
def _validate(
    model: nn.Module, loss_fn: LossFunction, data: tuple[Tensor, ...], batch_size: int
) -> float:
    """Mean loss over the validation events, in batches of at least 8192."""
    batches = [tensor.split(max(batch_size, 8192)) for tensor in data]
    total = torch.zeros((), device=data[0].device)
    for batch in zip(*batches, strict=True):
        total.add_(loss_fn(model, *batch), alpha=len(batch[0]))
    return float(total) / len(data[0])


def _learning_rates(schedule: Schedule, lr: float, n_steps: int) -> Iterator[float]:
    """Learning rate of each step."""
    if schedule == "constant":
        return iter([lr] * n_steps)
    if schedule == "cosine":
        return (0.5 * lr * (1 + math.cos(math.pi * step / n_steps)) for step in range(n_steps))
    n_rise = max(1, round(0.3 * n_steps))
    n_fall = max(1, n_steps - n_rise)

    def rate(step: int) -> float:
        if step < n_rise:
            low, part = lr / 25, 1 - step / n_rise
        else:
            low, part = lr / 1e4, (step - n_rise) / n_fall
        return low + 0.5 * (lr - low) * (1 + math.cos(math.pi * part))

    return (rate(step) for step in range(n_steps))


def _adamw(parameters: list[nn.Parameter], lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW, in one kernel for all parameters where the device has it."""
    try:
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay, fused=True)
    except RuntimeError:  # an old device, or parameters that are not floating-point numbers
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)


@contextlib.contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators of the CPU and of `device`; on exit put back their states."""
    backend: Any = None if device.type == "cpu" else getattr(torch, device.type)
    cpu_state = torch.random.get_rng_state()
    device_state = None if backend is None else backend.get_rng_state()
    torch.random.default_generator.manual_seed(seed)
    if backend is not None:
        backend.manual_seed(seed)
    try:
        yield
    finally:
        torch.random.set_rng_state(cpu_state)
        if backend is not None:
            backend.set_rng_state(device_state)


def _progress_bar(n_epochs: int, label: str, progress: bool) -> Any:
    """One line on stdout, renewed at most once a second where it is not a terminal."""
    return _Bar(
        total=n_epochs,
        desc=label,
        file=sys.stdout,
        disable=not progress,
        mininterval=0.1 if sys.stdout.isatty() else 1.0,
        bar_format="{desc}: {n_fmt}/{total_fmt} epochs [{elapsed}<{remaining}]{postfix}",
    )


def _summary(history: History) -> str:
    return (
        f"train {history.train_loss[-1]:.4f}, validation {history.validation_loss[-1]:.4f}, "
        f"{history.events_per_second / 1000:.0f}k events/s"
    )


def _not_finite_message(history: History, epoch: int, lr: float) -> str:
    kind = "training" if not math.isfinite(history.train_loss[-1]) else "validation"
    value = history.train_loss[-1] if kind == "training" else history.validation_loss[-1]
    return (
        f"The {kind} loss became {value} in epoch {epoch + 1}. Check that the inputs are finite, that no log, "
        f"division or exp in the loss can overflow, or try a smaller learning rate (now lr={lr:g})."
    )


def _check_loss(loss: Tensor, n_batch: int) -> None:
    if not isinstance(loss, Tensor):
        raise TrainingError(
            f"your loss is a {type(loss).__name__}, expected a scalar tensor: did you forget the return?"
        )
    if loss.dim() != 0:
        hint = "did you forget the mean?" if n_batch in loss.shape else "reduce it to one number."
        raise TrainingError(f"your loss has shape {tuple(loss.shape)}, expected a scalar: {hint}")
    if not loss.requires_grad:
        raise TrainingError(
            "your loss does not depend on the parameters of the model, expected one with a gradient: "
            "is there a `detach()`, `no_grad()`, `.item()` or a conversion to numpy on the way?"
        )


def _on_device(tensors: Sequence[Tensor], device: torch.device, name: str) -> tuple[Tensor, ...]:
    if isinstance(tensors, Tensor) or not all(isinstance(t, Tensor) for t in tensors):
        raise TrainingError(f"`{name}` must be a tuple of tensors, for example `(x,)` or `(x, y)`.")
    sizes = [len(t) if t.dim() else 0 for t in tensors]
    if not sizes or min(sizes) == 0:
        raise TrainingError(
            f"`{name}` has no events: got shapes {[tuple(t.shape) for t in tensors]}."
        )
    if len(set(sizes)) > 1:
        raise TrainingError(
            f"the tensors of `{name}` have different first dimensions {sizes}, expected one entry per "
            "event in each."
        )
    return tuple(t.detach().to(device) for t in tensors)


def _check_settings(
    n_epochs: int, batch_size: int, lr: float, schedule: str, patience: int | None
) -> None:
    for name, value in (("n_epochs", n_epochs), ("batch_size", batch_size), ("patience", patience)):
        if value is not None and value < 1:
            raise TrainingError(f"`{name}` must be at least 1, got {value}.")
    if not lr > 0:
        raise TrainingError(f"`lr` must be positive, got {lr}.")
    if schedule not in get_args(Schedule):
        raise TrainingError(f"`schedule` must be one of {get_args(Schedule)}, got {schedule!r}.")
