"""The training loop.

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
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from course_utils.training import _checks
from course_utils.training.history import History, TrainingError
from course_utils.training.optimiser import FlatAdamW, Schedule, learning_rates

LossFunction = Callable[..., Tensor]

# tqdm starts a watcher thread by default; a thread gets in the way of processes that fork.
_Bar: Any = type("_Bar", (tqdm,), {"monitor_interval": 0})


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
        >>> data = (x, 3 * x)
        >>> history = fit(model, mean_squared_error, data, data, n_epochs=40, batch_size=32, lr=0.1,
        ...               progress=False)
        >>> round(model.weight.item(), 2)
        3.0
    """
    _checks.check_settings(n_epochs, batch_size, lr, schedule, patience)
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise TrainingError("`model` has no parameters to train.")
    device = parameters[0].device
    data = _checks.on_device(train, device, "train")
    held_out = _checks.on_device(validation, device, "validation")
    n_events = len(data[0])
    rates = learning_rates(schedule, lr, n_epochs * math.ceil(n_events / batch_size))
    history, best_loss = History(), math.inf
    best_weights = copy.deepcopy(model.state_dict())
    bar = _progress_bar(n_epochs, label, progress)
    start = time.perf_counter()
    optimiser = FlatAdamW(parameters, weight_decay)
    try:
        with _seeded(seed, device), contextlib.closing(bar):
            for epoch in range(n_epochs):
                model.train()
                mean, rate = _train_epoch(model, loss_fn, data, batch_size, optimiser, rates)
                model.eval()
                with _seeded(seed + 1, device):
                    loss = _validate(model, loss_fn, held_out, batch_size)
                history.train_loss.append(mean)
                history.validation_loss.append(loss)
                history.learning_rate.append(rate)
                history.n_events += n_events
                history.seconds = time.perf_counter() - start
                _checks.check_finite(mean, loss, epoch, lr)
                if loss < best_loss:
                    best_loss, history.best_epoch = loss, epoch
                    best_weights = copy.deepcopy(model.state_dict())
                bar.set_postfix_str(_summary(history), refresh=False)
                bar.update()
                if patience is not None and epoch - history.best_epoch >= patience:
                    break
    finally:  # also after an error or an interrupt by the user
        model.load_state_dict(best_weights)
        model.eval()
        optimiser.release()
    history.seconds = time.perf_counter() - start
    return history


def _train_epoch(
    model: nn.Module,
    loss_fn: LossFunction,
    data: tuple[Tensor, ...],
    batch_size: int,
    optimiser: FlatAdamW,
    rates: Iterator[float],
) -> tuple[float, float]:
    """One pass through the shuffled events; mean loss and last learning rate.

    The loop never waits for the device: losses are collected there and read once at the end.
    """
    n_events, device = len(data[0]), data[0].device
    order = torch.randperm(n_events, device=device)
    batches = zip(
        *(torch.split(tensor.index_select(0, order), batch_size) for tensor in data), strict=True
    )
    losses, rate = [], 0.0
    for batch in batches:
        loss = loss_fn(model, *batch)
        _checks.check_loss(loss, len(batch[0]))
        optimiser.zero_grad()
        loss.backward()
        rate = next(rates)
        optimiser.step(rate)
        losses.append(loss.detach())
    return _mean(losses, batch_size, n_events), rate


@torch.no_grad()
def _validate(
    model: nn.Module, loss_fn: LossFunction, data: tuple[Tensor, ...], batch_size: int
) -> float:
    """Mean loss over the validation events, in batches of at least 8192."""
    size, losses = max(batch_size, 8192), []
    for batch in zip(*(torch.split(tensor, size) for tensor in data), strict=True):
        losses.append(loss_fn(model, *batch).detach())
    return _mean(losses, size, len(data[0]))


def _mean(losses: list[Tensor], batch_size: int, n_events: int) -> float:
    """Mean over events of the mean losses of batches, of which the last may be smaller."""
    values = torch.stack(losses).tolist()
    n_last = n_events - batch_size * (len(values) - 1)
    return float((math.fsum(values[:-1]) * batch_size + values[-1] * n_last) / n_events)


@contextlib.contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators of the CPU and of `device`; on exit put back their states."""
    backend: Any = None if device.type == "cpu" else getattr(torch, device.type)
    cpu_state = torch.random.get_rng_state()
    device_state = None if backend is None else backend.get_rng_state()
    torch.default_generator.manual_seed(seed)
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
