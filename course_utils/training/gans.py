"""Many small GANs trained side by side.

What a training of a GAN does is known only from many trainings. Small networks and batches spend
much of their time on going from one operation to the next, so that twenty trainings in one go cost
less than twenty: `benchmarks/replicas.py` states the ratio.
"""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.training.history import TrainingError
from course_utils.training.optimiser import FlatAdamW, Schedule, learning_rates
from course_utils.training.replicas import Activation, Normalise, Replicas

Network = Callable[[Tensor], Tensor]
GanLoss = Callable[[Network, Tensor, Tensor], Tensor]
"""`(discriminator, x_data, x_model)` to one number a replica.

The discriminator takes events `(n_replicas, n_events, n_features)` and gives its logits
`(n_replicas, n_events)`; it can be differentiated by the events, for penalties on its gradient. The
loss has shape `(n_replicas,)`.
"""

_STEPS_AT_ONCE = 64  # of random numbers: drawing them for each step would take as long as the step


@dataclass(frozen=True)
class GanSettings:
    """What a training does, apart from its losses, data and seeds.

    Attributes:
        generator: widths of its layers; the first is the size of the latent space.
        discriminator: widths of its layers; the last is 1.
        n_steps: steps of the generator.
        batch_size: events of data and as many generated ones in each step.
        lr_generator: learning rate of the generator.
        lr_discriminator: learning rate of the discriminator.
        betas: of Adam; with a first entry of 0 it is RMSProp with its start corrected.
        n_critic: steps of the discriminator for each one of the generator.
        schedule: of both learning rates, as for `fit`.
        clip: largest size of a weight or bias of the discriminator; None: any.
        averaging: share of the average of the generator's weights that a step keeps.
        activation: between the layers.
        normalise: of the discriminator's weights, as for `Replicas`.
    """

    generator: tuple[int, ...]
    discriminator: tuple[int, ...]
    n_steps: int
    batch_size: int = 64
    lr_generator: float = 1e-3
    lr_discriminator: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)
    n_critic: int = 1
    schedule: Schedule = "constant"
    clip: float | None = None
    averaging: float = 0.99
    activation: Activation = nn.functional.leaky_relu
    normalise: Normalise | None = None


@dataclass(frozen=True)
class Gans:
    """Trained GANs.

    Attributes:
        generator: with the average of the weights on their way; usually the better one.
        last: with the weights of the last step.
        discriminator: of the last step.
        losses: of discriminator and generator in each step, `(n_steps, 2, n_replicas)`.
        seconds: that the training took.
    """

    generator: Replicas
    last: Replicas
    discriminator: Replicas
    losses: Tensor
    seconds: float

    @torch.no_grad()
    def sample(self, n_events: int, seed: int = 0) -> Tensor:
        """Events of each replica, `(n_replicas, n_events, n_features)`, from the same latents."""
        first = self.generator.weights[0]
        stream = torch.Generator().manual_seed(seed)
        z = torch.randn(n_events, first.shape[1], generator=stream, dtype=first.dtype)
        events: Tensor = self.generator(z)
        return events


def train_gans(
    x_data: Tensor,
    discriminator_loss: GanLoss,
    generator_loss: GanLoss,
    settings: GanSettings,
    seeds: Sequence[int],
    *,
    look: Callable[[int, Replicas, Replicas], None] | None = None,
) -> Gans:
    """Trains a GAN for each seed, all at once; none depends on which others are trained.

    Args:
        x_data: events, `(n_events, n_features)`; each batch is drawn from them anew.
        discriminator_loss: what the discriminator makes small.
        generator_loss: what the generator makes small.
        settings: of all trainings.
        seeds: one for each replica.
        look: called before each step of the generator with its number, the generator and the
            discriminator.

    Raises:
        TrainingError: if a loss does not give one number a replica, or the networks do not fit the
            data or each other.

    Example:
        >>> def critic_loss(f, x_data, x_model):
        ...     return (f(x_model) - f(x_data)).mean(dim=-1)
        >>> def score(f, x_data, x_model):
        ...     return -f(x_model).mean(dim=-1)
        >>> settings = GanSettings((1, 8, 1), (1, 8, 1), n_steps=10, clip=0.1)
        >>> gans = train_gans(torch.randn(500, 1), critic_loss, score, settings, seeds=range(4))
        >>> gans.sample(100).shape
        torch.Size([4, 100, 1])
    """
    _check(x_data, settings, seeds)
    start = time.perf_counter()
    streams = [torch.Generator().manual_seed(seed) for seed in seeds]
    generator, discriminator = (
        Replicas(
            widths, streams, activation=settings.activation, normalise=hook, dtype=x_data.dtype
        )
        for widths, hook in (
            (settings.generator, None),
            (settings.discriminator, settings.normalise),
        )
    )

    def critic(x: Tensor) -> Tensor:
        logits: Tensor = discriminator(x)
        return logits.squeeze(-1)

    adam_d, adam_g = (
        FlatAdamW(list(network.parameters()), betas=settings.betas)
        for network in (discriminator, generator)
    )
    average = adam_g.vector.clone()
    losses = torch.empty(settings.n_steps, 2, len(seeds), dtype=x_data.dtype)
    batches = _batches(x_data, settings, streams)
    rates = (
        learning_rates(settings.schedule, lr, settings.n_steps)
        for lr in (settings.lr_discriminator, settings.lr_generator)
    )
    for step, (lr_d, lr_g) in enumerate(zip(*rates, strict=True)):
        if look:
            look(step, generator, discriminator)
        for _ in range(settings.n_critic):
            x, z = next(batches)
            with torch.no_grad():
                x_model = generator(z)
            losses[step, 0] = _step(adam_d, discriminator_loss(critic, x, x_model), lr_d)
            if settings.clip is not None:
                adam_d.vector.clamp_(-settings.clip, settings.clip)
        x, z = next(batches)
        losses[step, 1] = _step(adam_g, generator_loss(critic, x, generator(z)), lr_g)
        keep = min(settings.averaging, (1 + step) / (10 + step))  # forget the start soon
        average.lerp_(adam_g.vector, 1 - keep)
    for adam in (adam_d, adam_g):
        adam.release()
    averaged = copy.deepcopy(generator)
    nn.utils.vector_to_parameters(average, averaged.parameters())
    return Gans(averaged, generator, discriminator, losses, time.perf_counter() - start)


def _step(adam: FlatAdamW, loss: Tensor, lr: float) -> Tensor:
    """One update of a player; its losses, one a replica."""
    n_replicas = len(adam.parameters[0])
    if loss.shape != (n_replicas,):
        raise TrainingError(
            f"a loss has shape {tuple(loss.shape)}, expected ({n_replicas},), one number a "
            "replica: the mean over the events is that over the last axis, `.mean(dim=-1)`."
        )
    adam.zero_grad()
    loss.sum().backward(inputs=list(adam.parameters))
    adam.step(lr)
    return loss.detach()


def _batches(
    x_data: Tensor, settings: GanSettings, streams: Sequence[torch.Generator]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Events and latent vectors of one step after the other, each replica's from its own stream."""
    n_events, n_latent, size = len(x_data), settings.generator[0], settings.batch_size
    while True:
        shape = (_STEPS_AT_ONCE, size)
        chosen = [torch.randint(n_events, shape, generator=one) for one in streams]
        latent = [
            torch.randn(*shape, n_latent, generator=one, dtype=x_data.dtype) for one in streams
        ]
        yield from zip(x_data[torch.stack(chosen, dim=1)], torch.stack(latent, dim=1), strict=True)


def _check(x_data: Tensor, settings: GanSettings, seeds: Sequence[int]) -> None:
    if x_data.dim() != 2 or not len(x_data) or not x_data.is_floating_point():
        raise TrainingError(
            f"`x_data` is {x_data.dtype} of shape {tuple(x_data.shape)}, expected real numbers "
            "(n_events, n_features)."
        )
    if settings.generator[-1] != x_data.shape[1] or settings.discriminator[-1] != 1:
        raise TrainingError(
            f"events have {x_data.shape[1]} features; expected a generator that ends with as many, "
            f"and a discriminator that ends with 1, got {settings.generator[-1]} and "
            f"{settings.discriminator[-1]}."
        )
    if not len(seeds):
        raise TrainingError("`seeds` is empty: expected one seed for each replica.")
    counts = {"n_steps": settings.n_steps, "batch_size": settings.batch_size}
    for name, value in {**counts, "n_critic": settings.n_critic}.items():
        if value < 1:
            raise TrainingError(f"`{name}` must be at least 1, got {value}.")
