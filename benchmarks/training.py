"""How much faster is `course_utils.training.fit` than the usual loop over a `DataLoader`?

    python benchmarks/training.py

Both train the same variational autoencoder on the same Drell-Yan events with the same loss, in one
thread of a CPU, in turn, so that a busy machine slows both. Two ratios come out:

1. Events per second at equal batch size (256): training events over time, with a pass through
   the validation events after the epoch, as one does in practice. The training alone is shown too.
2. Time to the validation loss that the usual loop reaches after five epochs. Only the training of
   the usual loop is counted, but everything that `fit` does: its validation included. `fit` takes
   a larger batch, a one-cycle learning rate and one epoch: settings that the usual loop could not
   know beforehand, but which carry over between data sets of this kind.

The usual loop is what tutorials show: `DataLoader(TensorDataset(x), batch_size=256, shuffle=True)`,
Adam with learning rate 1e-3, a running sum of `loss.item()`.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils.data import load_drell_yan
from course_utils.preprocessing import DrellYanPreprocessing
from course_utils.training import fit

BATCH_SIZE = 256
N_EPOCHS = 5
BETA = 0.1

Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}


class Autoencoder(nn.Module):
    """Variational autoencoder for three features, with layers of 64 and 32 units."""

    def __init__(self, n_features: int = 3, n_latent: int = 3) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(n_features, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
            nn.Linear(32, 2 * n_latent),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(n_latent, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU(),
            nn.Linear(64, n_features),
        )  # fmt: skip


def elbo_loss(model: Autoencoder, x: Tensor) -> Tensor:
    """Squared error plus BETA times the KL divergence from the prior (without its constant)."""
    mean, log_width = model.encoder(x).chunk(2, dim=-1)
    width = log_width.exp()
    x_model = model.decoder(torch.addcmul(mean, width, torch.randn_like(mean)))
    squared_error = nn.functional.mse_loss(x_model, x, reduction="sum")
    squares = (mean.square() + width.square()).sum()
    loss: Tensor = (squared_error + 0.5 * BETA * squares - BETA * log_width.sum()) / len(x)
    return loss


@dataclass
class Usual:
    """The usual loop: a model, its optimiser and its loaders."""

    model: Autoencoder
    x_train: Tensor
    x_validation: Tensor
    clock: Clock

    def __post_init__(self) -> None:
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.train_loader = DataLoader(TensorDataset(self.x_train), BATCH_SIZE, shuffle=True)
        self.validation_loader = DataLoader(TensorDataset(self.x_validation), BATCH_SIZE)

    def train_epoch(self) -> float:
        """One epoch of training; seconds."""
        start, total = self.clock(), 0.0
        self.model.train()
        for (x,) in self.train_loader:
            self.optimiser.zero_grad()
            loss = elbo_loss(self.model, x)
            loss.backward()
            self.optimiser.step()
            total += loss.item()
        return self.clock() - start

    def validate(self) -> float:
        """One pass through the validation events; seconds."""
        start, total = self.clock(), 0.0
        self.model.eval()
        with torch.no_grad():
            for (x,) in self.validation_loader:
                total += elbo_loss(self.model, x).item()
        return self.clock() - start


def new_model(seed: int) -> Autoencoder:
    torch.manual_seed(seed)
    return Autoencoder()


@torch.no_grad()
def exact_loss(model: Autoencoder, x: Tensor) -> float:
    """Validation loss with the noise of a fixed seed: the same yardstick for both loops."""
    torch.manual_seed(12345)
    return elbo_loss(model, x).item()


def speed(x_train: Tensor, x_validation: Tensor, seed: int, clock: Clock) -> list[float]:
    """Events per second of usual and fit with validation, then the same for training alone."""
    usual = Usual(new_model(seed), x_train, x_validation, clock)
    training = usual.train_epoch()
    whole = training + usual.validate()
    seconds = []
    for held_out in (x_validation, x_validation[:1]):
        model, start = new_model(seed), clock()
        fit(model, elbo_loss, (x_train,), (held_out,), n_epochs=1, batch_size=BATCH_SIZE,
            schedule="constant", seed=seed, progress=False)  # fmt: skip
        seconds.append(clock() - start)
    return [len(x_train) / t for t in (whole, seconds[0], training, seconds[1])]


def time_to_loss(
    x_train: Tensor, x_validation: Tensor, seed: int, batch_size: int, lr: float, clock: Clock
) -> dict[str, float]:
    """Seconds and losses of both loops on the way to the loss of the usual one after 5 epochs."""
    usual = Usual(new_model(seed), x_train, x_validation, clock)
    usual_seconds = sum(usual.train_epoch() for _ in range(N_EPOCHS))
    model, start = new_model(seed), clock()
    fit(model, elbo_loss, (x_train,), (x_validation,), n_epochs=1, batch_size=batch_size,
        lr=lr, schedule="one-cycle", seed=seed, progress=False)  # fmt: skip
    fit_seconds = clock() - start
    return {
        "usual": usual_seconds,
        "fit": fit_seconds,
        "usual loss": exact_loss(usual.model, x_validation),
        "fit loss": exact_loss(model, x_validation),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--speed-pairs", type=int, default=7, help="pairs of measurement 1")
    parser.add_argument("--loss-pairs", type=int, default=3, help="pairs of measurement 2")
    parser.add_argument("--speed-events", type=int, default=100_000, help="of measurement 1")
    parser.add_argument("--batch-size", type=int, default=384, help="of fit in measurement 2")
    parser.add_argument("--lr", type=float, default=0.03, help="of fit in measurement 2")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="cpu: not disturbed by a busy machine"
    )
    options = parser.parse_args()
    clock = CLOCKS[options.clock]
    if min(options.speed_pairs, options.loss_pairs) < 1:
        parser.error("at least one pair of each measurement is needed")
    torch.set_num_threads(1)
    preprocessing = DrellYanPreprocessing().fit(load_drell_yan("train"))
    x_train, x_validation = (
        torch.tensor(preprocessing.transform(x), dtype=torch.float32)
        for x in (load_drell_yan("train"), load_drell_yan("validation"))
    )
    speed_events = x_train[: options.speed_events], x_validation[: options.speed_events // 4]
    speed(x_train[:20_000], x_validation[:5_000], seed=0, clock=clock)  # warm up

    print(f"1. events per second, batches of {BATCH_SIZE}, one thread, {options.clock} time")
    print(f"   {len(speed_events[0])} training and {len(speed_events[1])} validation events")
    print(f"{'':9}{'with validation':>31}{'training alone':>31}")
    print(f"{'':9}{'usual':>11}{'fit':>11}{'ratio':>9}{'usual':>11}{'fit':>11}{'ratio':>9}")
    rows = []
    for k in range(options.speed_pairs):
        result = speed(*speed_events, k, clock)
        rows.append([*result, result[1] / result[0], result[3] / result[2]])
        print_speed(f"pair {k + 1}", rows[-1])
    print_speed("median", [statistics.median(column) for column in zip(*rows, strict=True)])

    print(f"\n2. time to the validation loss of the usual loop after {N_EPOCHS} epochs")
    print(f"   {len(x_train)} training and {len(x_validation)} validation events")
    print(f"   fit: batches of {options.batch_size}, one-cycle up to {options.lr:g}, 1 epoch")
    print(f"{'':9}{'usual [s]':>11}{'loss':>10}{'fit [s]':>11}{'loss':>10}{'ratio':>9}")
    ratios = []
    for k in range(options.loss_pairs):
        result2 = time_to_loss(x_train, x_validation, k, options.batch_size, options.lr, clock)
        ratios.append(result2["usual"] / result2["fit"])
        reached = "" if result2["fit loss"] <= result2["usual loss"] else "  loss not reached"
        print(
            f"pair {k + 1:<4}{result2['usual']:>11.1f}{result2['usual loss']:>10.4f}"
            f"{result2['fit']:>11.2f}{result2['fit loss']:>10.4f}{ratios[-1]:>9.1f}{reached}",
            flush=True,
        )
    print(f"{'median':<9}{'':>42}{statistics.median(ratios):>9.1f}")


def print_speed(name: str, row: list[float]) -> None:
    """One line: rates of usual and fit with their ratio, with validation and without."""
    usual, ours, usual_alone, ours_alone, ratio, ratio_alone = row
    print(
        f"{name:<9}{usual:>11.0f}{ours:>11.0f}{ratio:>9.2f}"
        f"{usual_alone:>11.0f}{ours_alone:>11.0f}{ratio_alone:>9.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
