"""GANs trained side by side are those that a loop trains, each by its own seed."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.training import Gans, GanSettings, Replicas, TrainingError, gans, train_gans

SETTINGS = GanSettings((3, 8, 2), (2, 8, 8, 1), n_steps=70, batch_size=16, schedule="cosine")


def discriminator_loss(D, x_data: Tensor, x_model: Tensor) -> Tensor:
    """Cross-entropy with a penalty on the gradient by the data."""
    point = x_data.clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(point).sum(), point, create_graph=True)
    penalty = slope.square().sum(dim=-1)
    return (softplus(-D(x_data)) + softplus(D(x_model)) + 0.1 * penalty).mean(dim=-1)


def generator_loss(D, x_data: Tensor, x_model: Tensor) -> Tensor:
    return softplus(D(x_data) - D(x_model)).mean(dim=-1)


def events(n_features: int = 2) -> Tensor:
    stream = torch.Generator().manual_seed(9)
    return torch.randn(200, n_features, generator=stream, dtype=torch.float64)


def trained(seeds, x_data: Tensor | None = None, **changes) -> Gans:
    settings = dataclasses.replace(SETTINGS, **changes)
    data = events() if x_data is None else x_data
    return train_gans(data, discriminator_loss, generator_loss, settings, seeds)


def sequential(replicas: Replicas, number: int) -> nn.Sequential:
    """One of the networks as torch's modules."""
    layers: list[nn.Module] = []
    for weights, biases in zip(replicas.weights, replicas.biases, strict=True):
        linear = nn.Linear(*weights.shape[1:], dtype=weights.dtype)
        linear.weight.data = weights[number].detach().T.clone()
        linear.bias.data = biases[number, 0].detach().clone()
        layers += [linear, nn.LeakyReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("changes", [{}, {"n_critic": 3}, {"clip": 0.2}, {"betas": (0.0, 0.9)}])
def test_a_replica_is_what_a_loop_over_torch_modules_gives(changes):
    seeds, number = (4, 5, 6), 1
    settings = dataclasses.replace(SETTINGS, **changes)
    start: dict[int, list[nn.Module]] = {}
    together = train_gans(
        events(), discriminator_loss, generator_loss, settings, seeds,
        look=lambda step, *pair: start.update({step: [sequential(one, number) for one in pair]}),
    )  # fmt: skip
    generator, discriminator = start[0]
    stream = torch.Generator().manual_seed(seeds[number])
    for network in ((3, 8, 2), (2, 8, 8, 1)):  # its first numbers are the weights
        Replicas(network, [stream], dtype=torch.float64)
    batches = gans._batches(events(), settings, [stream])
    adam_g, adam_d = (
        torch.optim.Adam(one.parameters(), lr=1e-3, betas=settings.betas) for one in start[0]
    )
    cosine_g, cosine_d = (
        torch.optim.lr_scheduler.CosineAnnealingLR(adam, settings.n_steps)
        for adam in (adam_g, adam_d)
    )

    def critic(x: Tensor) -> Tensor:
        return discriminator(x).squeeze(-1)

    for step in range(settings.n_steps):
        for adam, loss in (
            *[(adam_d, discriminator_loss)] * settings.n_critic,
            (adam_g, generator_loss),
        ):
            (x,), (z,) = next(batches)
            adam.zero_grad()
            value = loss(critic, x, generator(z))
            value.backward()
            adam.step()
            if adam is adam_d and settings.clip:
                for p in discriminator.parameters():
                    p.data.clamp_(-settings.clip, settings.clip)
        torch.testing.assert_close(together.losses[step, 1, number], value.detach())
        cosine_g.step(), cosine_d.step()
    for ours, theirs in ((together.last, generator), (together.discriminator, discriminator)):
        for one, other in zip(
            sequential(ours, number).parameters(), theirs.parameters(), strict=True
        ):
            torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)


def test_no_replica_depends_on_the_others():
    alone, together = trained([7]), trained([3, 7, 9])
    torch.testing.assert_close(alone.losses[..., 0], together.losses[..., 1])
    torch.testing.assert_close(alone.sample(5)[0], together.sample(5)[1])
    assert not torch.allclose(together.sample(5)[0], together.sample(5)[1])


def test_a_replica_that_breaks_leaves_the_others_alone():
    def breaks(D, x_data: Tensor, x_model: Tensor) -> Tensor:
        return discriminator_loss(D, x_data, x_model) / torch.tensor([1.0, 0.0])

    broken = train_gans(events(), breaks, generator_loss, SETTINGS, seeds=[1, 2])
    assert not broken.losses[-1, :, 1].isfinite().any()
    torch.testing.assert_close(broken.sample(5)[:1], trained([1]).sample(5))


def test_average_of_the_weights_follows_them():
    path = []
    found = train_gans(
        events(), discriminator_loss, generator_loss, SETTINGS, [1, 2],
        look=lambda step, G, D: path.append(nn.utils.parameters_to_vector(G.parameters()).detach()),
    )  # fmt: skip
    path.append(nn.utils.parameters_to_vector(found.last.parameters()).detach())
    average = path[0]
    for step, weights in enumerate(path[1:]):
        keep = min(SETTINGS.averaging, (1 + step) / (10 + step))
        average = keep * average + (1 - keep) * weights
    torch.testing.assert_close(
        nn.utils.parameters_to_vector(found.generator.parameters()).detach(), average
    )


def test_normalised_weights_are_used_and_others_are_trained():
    def halved(layer: int, weights: Tensor) -> Tensor:
        assert weights.shape == (2, *SETTINGS.discriminator[layer : layer + 2])
        return weights / 2

    found = trained([1, 2], normalise=halved)
    plain = Replicas((2, 8, 8, 1), [torch.Generator()] * 2, dtype=torch.float64)
    plain.load_state_dict(found.discriminator.state_dict())
    with torch.no_grad():
        for weights in plain.weights:
            weights /= 2
    torch.testing.assert_close(plain(events()), found.discriminator(events()))


def test_clipped_weights_stay_small():
    found = trained([1], clip=0.03)
    assert max(p.abs().max() for p in found.discriminator.parameters()) <= 0.03
    assert max(p.abs().max() for p in found.last.parameters()) > 0.03


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_data": events(3)}, r"events have 3 features; .* got 2 and 1"),
        ({"x_data": events()[0]}, r"shape \(2,\), expected real numbers \(n_events, n_features\)"),
        ({"discriminator": (2, 8, 2)}, "a discriminator that ends with 1, got 2 and 2"),
        ({"seeds": []}, "one seed for each replica"),
        ({"n_critic": 0}, "`n_critic` must be at least 1, got 0"),
    ],
)
def test_what_does_not_fit_is_explained(changes, message):
    with pytest.raises(TrainingError, match=message):
        trained(**{"seeds": [1], **changes})


def test_a_mean_over_all_replicas_is_explained():
    def mixed(D, x_data: Tensor, x_model: Tensor) -> Tensor:
        return generator_loss(D, x_data, x_model).mean()

    with pytest.raises(TrainingError, match=r"shape \(\), expected \(2,\).*`\.mean\(dim=-1\)`"):
        train_gans(events(), discriminator_loss, mixed, SETTINGS, seeds=[1, 2])
