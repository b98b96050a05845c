"""How much faster are GANs trained side by side than one after the other?

    python benchmarks/replicas.py

The same GANs, of two networks with two layers of 64 units, are trained by `train_gans` and by a
loop over `torch.nn` networks with torch's fused Adam, on one thread, in turn. Both have the
non-saturating loss and draw their batches with `torch.randint`.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.training import GanSettings, train_gans

N_LATENT = 2
CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


def discriminator_loss(D: Callable[[Tensor], Tensor], x: Tensor, x_model: Tensor) -> Tensor:
    """Cross-entropy, the mean over the last axis."""
    return (softplus(-D(x)) + softplus(D(x_model))).mean(dim=-1)


def generator_loss(D: Callable[[Tensor], Tensor], x: Tensor, x_model: Tensor) -> Tensor:
    """Non-saturating: −log D."""
    return softplus(-D(x_model)).mean(dim=-1)


def one_after_the_other(x_data: Tensor, n_replicas: int, batch_size: int, n_steps: int) -> None:
    """The usual loop: two modules and two optimisers for each seed."""
    for seed in range(n_replicas):
        torch.manual_seed(seed)
        generator, discriminator = (
            nn.Sequential(
                nn.Linear(n_in, 64), nn.LeakyReLU(), nn.Linear(64, 64), nn.LeakyReLU(),
                nn.Linear(64, n_out),
            )
            for n_in, n_out in ((N_LATENT, 2), (2, 1))
        )  # fmt: skip
        adam_g, adam_d = (
            torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)
            for network in (generator, discriminator)
        )

        def critic(x: Tensor, network: nn.Module = discriminator) -> Tensor:
            logits: Tensor = network(x)
            return logits.squeeze(-1)

        for _ in range(n_steps):
            for adam, loss_of in ((adam_d, discriminator_loss), (adam_g, generator_loss)):
                x = x_data[torch.randint(len(x_data), (batch_size,))]
                with torch.set_grad_enabled(adam is adam_g):
                    x_model = generator(torch.randn(batch_size, N_LATENT))
                adam.zero_grad()
                loss_of(critic, x, x_model).backward()
                adam.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 8, 20])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument(
        "--clock", choices=CLOCKS, default="cpu", help="cpu: not disturbed by a busy machine"
    )
    options = parser.parse_args()
    clock = CLOCKS[options.clock]
    torch.set_num_threads(1)
    x_data = torch.randn(10_000, 2, generator=torch.Generator().manual_seed(1))
    print(f"{options.steps} steps, one thread, {options.clock} time; medians of {options.pairs}")
    print(f"{'batch':>6}{'replicas':>10}{'loop [s]':>10}{'together [s]':>14}{'ratio':>8}")
    for batch_size in options.batch_sizes:
        for n_replicas in options.replicas:
            settings = GanSettings((N_LATENT, 64, 64, 2), (2, 64, 64, 1), options.steps, batch_size)
            seconds: tuple[list[float], list[float]] = [], []
            for _ in range(options.pairs):
                start = clock()
                one_after_the_other(x_data, n_replicas, batch_size, options.steps)
                middle = clock()
                train_gans(x_data, discriminator_loss, generator_loss, settings, range(n_replicas))
                for kept, took in zip(seconds, (middle - start, clock() - middle), strict=True):
                    kept.append(took)
            loop, together = map(statistics.median, seconds)
            ratio = statistics.median(a / b for a, b in zip(*seconds, strict=True))
            print(
                f"{batch_size:>6}{n_replicas:>10}{loop:>10.2f}{together:>14.2f}{ratio:>8.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
