"""The training loop: right numbers, right order, repeatable, helpful when it cannot go on."""

import math
import re

import pytest
import torch
from torch import Tensor, nn

from course_utils.training import History, TrainingError, choose_device, fit
from course_utils.training.optimiser import FlatAdamW, learning_rates


class Slope(nn.Module):
    """One number w; its prediction is w x."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([start]))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.w


def squared_error(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return (model(x) - y).square().mean()


def noisy_line(n_events: int, slope: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_events, 1, generator=generator)
    return x, slope * x


def small_network() -> nn.Module:
    torch.manual_seed(7)
    return nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "constant"])
def test_finds_the_slope_of_a_line(schedule):
    model = Slope()
    train, validation = noisy_line(1000, 2.5), noisy_line(200, 2.5, seed=1)
    history = fit(
        model,
        squared_error,
        train,
        validation,
        n_epochs=30,
        batch_size=64,
        lr=0.05,
        schedule=schedule,
        progress=False,
    )
    assert model.w.item() == pytest.approx(2.5, abs=1e-3)
    assert history.best_validation_loss < 1e-5
    assert len(history.train_loss) == len(history.validation_loss) == 30
    assert history.n_events == 30_000
    assert history.events_per_second > 0


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_optimiser_follows_torch_adamw(weight_decay):
    def network() -> nn.Module:
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2)).double()

    x = torch.randn(64, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    flat_model, torch_model = network(), network()
    flat = FlatAdamW(list(flat_model.parameters()), weight_decay)
    reference = torch.optim.AdamW(torch_model.parameters(), weight_decay=weight_decay)
    for step in range(50):
        lr = 0.01 / (1 + step)
        flat.zero_grad()
        flat_model(x).square().mean().backward()
        flat.step(lr)
        reference.param_groups[0]["lr"] = lr
        reference.zero_grad()
        torch_model(x).square().mean().backward()
        reference.step()
    flat.release()
    pairs = zip(flat_model.parameters(), torch_model.parameters(), strict=True)
    for ours, theirs in pairs:
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def test_each_epoch_sees_every_event_once_in_a_new_order():
    seen: list[Tensor] = []

    def record(model: nn.Module, x: Tensor) -> Tensor:
        if model.training:
            seen.append(x.flatten())
        return model(x).mean()

    x = torch.arange(10.0)[:, None]
    fit(Slope(), record, (x,), (x,), n_epochs=2, batch_size=4, progress=False)
    assert [len(batch) for batch in seen] == [4, 4, 2, 4, 4, 2]
    first, second = torch.cat(seen[:3]), torch.cat(seen[3:])
    assert torch.equal(first.sort().values, x.flatten())
    assert torch.equal(second.sort().values, x.flatten())
    assert not torch.equal(first, second)


def test_tensors_of_a_batch_belong_to_the_same_events():
    def check(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        assert torch.equal(y, 10 * x)
        return model(x).mean()

    x = torch.arange(100.0)[:, None]
    fit(Slope(), check, (x, 10 * x), (x, 10 * x), n_epochs=2, batch_size=7, progress=False)


def test_losses_are_means_over_events_also_with_a_smaller_last_batch():
    def mean_of_x(model: nn.Module, x: Tensor) -> Tensor:
        return x.mean() + 0.0 * model.w.sum()

    x = torch.arange(10.0)[:, None]
    y = torch.arange(9000.0)[:, None]
    history = fit(Slope(), mean_of_x, (x,), (y,), n_epochs=1, batch_size=4, progress=False)
    assert history.train_loss == pytest.approx([4.5])
    assert history.validation_loss == pytest.approx([4499.5])


def test_validation_runs_in_evaluation_mode_without_gradients():
    modes = set()

    def record(model: nn.Module, x: Tensor) -> Tensor:
        modes.add((model.training, torch.is_grad_enabled()))
        return model(x).mean()

    x = torch.ones(4, 1)
    model = Slope()
    fit(model, record, (x,), (x,), n_epochs=1, progress=False)
    assert modes == {(True, True), (False, False)}
    assert not model.training


def test_best_weights_are_restored():
    # Training pulls w from 0 to 1 and passes 0.4, where the validation loss is smallest.
    x = torch.ones(64, 1)
    model = Slope()
    history = fit(
        model,
        squared_error,
        (x, x),
        (x, 0.4 * x),
        n_epochs=30,
        batch_size=64,
        lr=0.05,
        schedule="constant",
        progress=False,
    )
    assert 0 < history.best_epoch < 29
    assert history.best_validation_loss == min(history.validation_loss)
    assert (model.w.item() - 0.4) ** 2 == pytest.approx(history.best_validation_loss, abs=1e-7)


def test_patience_stops_after_epochs_without_improvement():
    x = torch.ones(64, 1)
    history = fit(
        Slope(),
        squared_error,
        (x, x),
        (x, 0.4 * x),
        n_epochs=100,
        lr=0.05,
        schedule="constant",
        patience=3,
        progress=False,
    )
    assert len(history.train_loss) == history.best_epoch + 1 + 3


def test_buffers_return_to_the_best_epoch_too():
    class Counter(Slope):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("n_batches", torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            if self.training:
                self.n_batches += 1
            return super().forward(x)

    x, model = torch.ones(64, 1), Counter()
    history = fit(
        model,
        squared_error,
        (x, x),
        (x, 0.4 * x),
        n_epochs=30,
        lr=0.05,
        schedule="constant",
        progress=False,
    )
    assert model.n_batches.item() == history.best_epoch + 1


def test_same_seed_same_weights_and_other_seed_other_weights():
    def weights(seed: int) -> Tensor:
        model = small_network()
        torch.manual_seed(seed + 100)  # what the caller did before does not matter
        fit(
            model,
            squared_error,
            noisy_line(300, 2.0),
            noisy_line(100, 2.0),
            n_epochs=3,
            batch_size=32,
            seed=seed % 2,
            progress=False,
        )
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(weights(0), weights(2))
    assert not torch.equal(weights(0), weights(1))


def test_random_numbers_of_the_caller_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    data = noisy_line(50, 1.0)
    fit(small_network_without_seeding(), squared_error, data, data, n_epochs=1, progress=False)
    assert torch.equal(torch.rand(3), expected)


def small_network_without_seeding() -> nn.Module:
    model = nn.Sequential(nn.Linear(1, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    torch.manual_seed(5)
    return model


def test_validation_uses_the_same_noise_in_each_epoch():
    def noise(model: nn.Module, x: Tensor) -> Tensor:
        return torch.randn(len(x)).mean() + 0.0 * model.w.sum()

    x = torch.ones(100, 1)
    history = fit(Slope(), noise, (x,), (x,), n_epochs=3, progress=False)
    assert len(set(history.validation_loss)) == 1
    assert len(set(history.train_loss)) == 3


def test_frozen_parameters_stay_and_trained_ones_own_their_memory():
    model = nn.Sequential(nn.Linear(1, 4), nn.Linear(4, 1))
    frozen = model[0].weight.requires_grad_(False)
    before = frozen.clone()
    data = noisy_line(100, 2.0)
    fit(model, squared_error, data, data, n_epochs=2, batch_size=10, progress=False)
    assert torch.equal(frozen, before)
    for parameter in model.parameters():
        assert parameter.grad is None
        assert parameter.untyped_storage().nbytes() == parameter.numel() * 4


@pytest.mark.parametrize("n_steps", [1, 2, 3, 10, 1000])
def test_one_cycle_rises_to_its_maximum_and_falls_to_almost_zero(n_steps):
    rates = list(learning_rates("one-cycle", 0.5, n_steps))
    assert len(rates) == n_steps
    assert rates[0] == pytest.approx(0.5 / 25)
    assert all(0 < rate <= 0.5 for rate in rates)
    if n_steps == 1000:
        peak = rates.index(max(rates))
        assert peak == 300
        assert rates[peak] == 0.5
        assert rates[:301] == sorted(rates[:301])
        assert rates[300:] == sorted(rates[300:], reverse=True)
        assert rates[-1] < 1e-3


def test_history_holds_the_learning_rate():
    data = noisy_line(100, 1.0)
    history = fit(
        Slope(),
        squared_error,
        data,
        data,
        n_epochs=4,
        batch_size=10,
        lr=0.3,
        schedule="cosine",
        progress=False,
    )
    expected = [0.15 * (1 + math.cos(math.pi * (10 * k + 9) / 40)) for k in range(4)]
    assert history.learning_rate == pytest.approx(expected)


def test_progress_is_one_line_on_stdout(capfd):
    data = noisy_line(100, 1.0)
    fit(Slope(), squared_error, data, data, n_epochs=5, label="slope")
    out, err = capfd.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    last = out.split("\r")[-1]
    pattern = r"slope: 5/5 epochs \[.*\], train \d\.\d{4}, validation \d\.\d{4}, \d+k events/s"
    assert re.search(pattern, last)
    fit(Slope(), squared_error, data, data, n_epochs=5, progress=False)
    assert capfd.readouterr() == ("", "")


def per_event_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return (model(x) - y).square().squeeze(-1)


def detached_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return squared_error(model, x, y).detach()


def number_loss(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return squared_error(model, x, y).item()


@pytest.mark.parametrize(
    ("loss_fn", "message"),
    [
        (per_event_loss, r"shape \(256,\), expected a scalar: did you forget the mean\?"),
        (detached_loss, "does not depend on the parameters"),
        (number_loss, r"of type float, expected a scalar tensor"),
    ],
)
def test_unusable_losses_are_explained(loss_fn, message):
    data = noisy_line(256, 1.0)
    with pytest.raises(TrainingError, match=message):
        fit(Slope(), loss_fn, data, data, n_epochs=1, batch_size=256, progress=False)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ((torch.ones(5, 1), torch.ones(4, 1)), r"`train` have different first dimensions \[5, 4\]"),
        ((torch.ones(0, 1), torch.ones(0, 1)), "`train` has no events"),
        ((), "`train` has no events"),
        (torch.ones(5, 1), "must be a tuple of tensors"),
        (([1.0, 2.0],), "must be a tuple of tensors"),
    ],
)
def test_unusable_tensors_are_explained(train, message):
    with pytest.raises(TrainingError, match=message):
        fit(Slope(), squared_error, train, noisy_line(5, 1.0), n_epochs=1, progress=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_epochs": 0}, "`n_epochs` must be at least 1, got 0"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"patience": 0}, "`patience` must be at least 1"),
        ({"lr": 0.0}, "`lr` must be positive"),
        ({"lr": math.nan}, "`lr` must be positive"),
        ({"schedule": "linear"}, "`schedule` must be one of .*'one-cycle'.*got 'linear'"),
    ],
)
def test_unusable_settings_are_explained(settings, message):
    data = noisy_line(5, 1.0)
    with pytest.raises(TrainingError, match=message):
        fit(Slope(), squared_error, data, data, **{"n_epochs": 1, "progress": False, **settings})


def test_models_without_common_parameters_are_refused():
    data = noisy_line(5, 1.0)
    with pytest.raises(TrainingError, match="no parameters to train"):
        fit(nn.Identity(), squared_error, data, data, n_epochs=1, progress=False)
    mixed = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1).double())
    with pytest.raises(TrainingError, match=r"one real floating-point type .*float32.*float64"):
        fit(mixed, squared_error, data, data, n_epochs=1, progress=False)


def test_nan_names_the_epoch_and_keeps_the_best_weights():
    n_calls = 0

    def breaks_in_epoch_three(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        nonlocal n_calls
        n_calls += model.training
        return squared_error(model, x, y) * (math.nan if n_calls == 3 else 1.0)

    model, data = Slope(), noisy_line(10, 1.0)
    with pytest.raises(TrainingError, match=r"training loss became nan in epoch 3.*smaller learn"):
        fit(model, breaks_in_epoch_three, data, data, n_epochs=5, lr=0.1, progress=False)
    assert 0 < model.w.item() < 1


def test_an_interrupt_leaves_a_usable_model_and_the_random_state():
    n_calls = 0

    def interrupted(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        nonlocal n_calls
        n_calls += model.training
        if n_calls == 3:
            raise KeyboardInterrupt
        return squared_error(model, x, y)

    model, data = Slope(), noisy_line(10, 1.0)
    state = torch.random.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        fit(model, interrupted, data, data, n_epochs=5, lr=0.1, progress=False)
    assert 0 < model.w.item() < 1
    assert not model.training
    assert torch.equal(torch.random.get_rng_state(), state)


def test_an_empty_history_has_no_speed_and_no_best_loss():
    assert History().events_per_second == 0
    assert History().best_validation_loss == math.inf


def test_trains_on_the_device_of_this_machine():
    device = choose_device()
    assert device.type == ("cuda" if torch.cuda.is_available() else device.type)
    model, data = Slope().to(device), noisy_line(1000, 2.5)
    fit(model, squared_error, data, data, n_epochs=30, batch_size=64, lr=0.05, progress=False)
    assert model.w.device.type == device.type
    assert model.w.item() == pytest.approx(2.5, abs=1e-3)
