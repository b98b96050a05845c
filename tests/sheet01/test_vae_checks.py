"""Checks of exercise 3: right answers pass however they are written, typical mistakes fail."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from autograde_tests import drell_yan, drell_yan_copies, reference, scoring
from autograde_tests.generated import generated
from autograde_tests.sheet01 import _vae_generation, vae
from autograde_tests.sheet01.mutants._vae_generation import linear_optimised
from autograde_tests.sheet01.mutants.vae import CASES, METRICS
from autograde_tests.wrong_autoencoders import independent_gaussians
from autograde_tests.wrong_generators import (
    disguised_training_events,
    smeared_training_events,
    training_events,
)
from course_utils import checks
from course_utils.data import load_drell_yan
from course_utils.preprocessing import DrellYanPreprocessing

SAMPLE = _vae_generation.SAMPLE
UNTRAINED = [case for case in CASES if not case.trained]
TRAINED = [case for case in CASES if case.trained]


@pytest.fixture(scope="module")
def solution():
    return reference.load("sheet01", "drell_yan_vae")


@pytest.fixture(scope="module")
def gaussian():
    """Encoder, decoder, generator of a correlated Gaussian in the space of the network."""
    return linear_optimised()


@pytest.fixture(scope="module")
def calibration():
    """Metrics with a made-up calibration, so that points do not depend on the kept one."""
    made_up = {
        "drell_yan_auc": scoring.Metric(
            "drell_yan_auc", 1.0, "weak", 0.5, (0.66, 0.67, 0.68, 0.67, 0.67)
        ),
        "drell_yan_w1": scoring.Metric(
            "drell_yan_w1", 0.5, "weak", 0.01, (0.08, 0.08, 0.09, 0.085)
        ),
        "drell_yan_naive": scoring.Metric(
            "drell_yan_naive", 0.155, "weak", 0.01, (0.04, 0.05, 0.04, 0.05, 0.06)
        ),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring.Calibration, "metric", lambda _, name: made_up[name])
        yield made_up


def test_every_check_has_mutants():
    assert {case.name for case in CASES} == {name for name in vae.__all__ if "check" in name}
    assert min(len(case.mutants) for case in CASES) >= 3


@pytest.mark.parametrize("convert", [torch.as_tensor, lambda x: torch.as_tensor(x).float()])
@pytest.mark.parametrize(
    "case",
    [case for case in UNTRAINED if case.name not in {"check_standardise", "check_round_trip"}],
    ids=lambda case: case.name,
)
def test_tensors_of_either_precision_are_right_answers(case, convert, solution):
    def converted(function):
        def answer(*arguments, **options):
            value = function(*arguments, **options)
            if isinstance(value, tuple):
                return tuple(convert(part) for part in value)
            return convert(value)

        return answer

    for seed in range(5):
        case.check(*[converted(answer) for answer in case.right_answers(solution)], seed=seed)


def test_answers_may_be_written_with_other_functions_of_torch(solution):
    normal, divergence = torch.distributions.Normal, torch.distributions.kl_divergence

    def kl(mu, log_var):
        return divergence(normal(mu, (log_var / 2).exp()), normal(0.0, 1.0)).sum(dim=1)

    def loss(x, x_reco, mu, log_var, beta):
        error = torch.nn.functional.mse_loss(x_reco, x, reduction="sum") / len(x)
        return error + beta * kl(mu, log_var).mean()

    def single_precision(mu, log_var, noise):
        mu, log_var, noise = (tensor.float() for tensor in (mu, log_var, noise))
        return torch.addcmul(mu, torch.sqrt(torch.exp(log_var)), noise)

    for seed in range(10):
        vae.check_kl(kl, seed=seed)
        vae.check_vae_loss(loss, seed=seed)
        vae.check_reparametrise(single_precision, seed=seed)
        vae.check_reparametrise(
            lambda mu, log_var, noise: (
                normal(mu, (log_var / 2).exp()).loc + log_var.mul(0.5).exp() * noise
            ),
            seed=seed,
        )


def test_bound_may_come_from_the_exact_posterior_and_torch_distributions():
    """log p(x) − KL(q, posterior) is the same number by another way."""
    normal = torch.distributions.MultivariateNormal

    def posterior(x, W, b, sigma):
        precision = torch.eye(W.shape[1]).double() + W.T @ W / sigma**2
        covariance = torch.linalg.inv(precision)
        return normal((x - b) @ W @ covariance / sigma**2, covariance)

    def elbo(x, W, b, sigma, mu, log_var):
        covariance = (W @ W.T + sigma**2 * torch.eye(len(b)).double()).numpy()
        log_p = multivariate_normal(b.numpy(), covariance).logpdf(x.numpy())
        gap = torch.distributions.kl_divergence(
            normal(mu, torch.diag_embed(log_var.exp())), posterior(x, W, b, sigma)
        )
        return torch.as_tensor(log_p) - gap

    def exact(x, W, b, sigma):
        result = posterior(x, W, b, sigma)
        variance = result.covariance_matrix.diagonal(dim1=-2, dim2=-1)
        return [result.mean, variance.log().expand(len(x), -1)]

    for seed in range(10):
        vae.check_elbo(elbo, exact, seed=seed)


def test_network_space_may_be_written_out_by_hand():
    def reduce(events):
        p1, p2 = events[:, :4].astype(float), events[:, 4:].astype(float)
        u = [np.log(np.hypot(p1[:, 1], p1[:, 2]) - 10)]
        for p in (p1, p2):
            size = np.sqrt((p[:, 1:] ** 2).sum(axis=1))
            u.append(np.arctanh(np.arctanh(p[:, 3] / size) / 2.5))
        return np.stack(u, axis=1)

    def to_network_space(events, events_train):
        train = reduce(events_train)
        return (reduce(events) - train.mean(axis=0)) / train.std(axis=0, ddof=1)

    for seed in range(10):
        vae.check_network_space(to_network_space, seed=seed)


def test_honest_generators_are_no_copies_and_copies_are_none(gaussian):
    generate = gaussian[2]
    for seed in (1, 2):
        assert generated(generate, "generate", seed, SAMPLE).shape == (20_000, 8)
    generated(independent_gaussians()[2], "generate", 1, SAMPLE)
    assert drell_yan_copies.fraction_of_copies(generate(4000, seed=3)) < 0.01
    assert drell_yan_copies.fraction_of_copies(drell_yan.hold_out()[:4000]) < 0.01
    for copies in (training_events, disguised_training_events):
        assert drell_yan_copies.fraction_of_copies(copies(1000, seed=1)) > 0.99


def test_as_many_neighbours_are_known_as_the_numbers_of_events_say(gaussian):
    """Also of bad generators; smeared training events are ten standard deviations off."""
    makers = (gaussian[2], independent_gaussians()[2])
    honest = [make(20_000, seed=seed) for make in makers for seed in (1, 2, 3)]
    excess = np.array([drell_yan_copies.excess_of_known(events) for events in honest])
    assert np.abs(excess).max() < 4
    assert drell_yan_copies.excess_of_known(smeared_training_events(20_000, seed=1)) > 10
    reflected = smeared_training_events(20_000, seed=2)
    reflected[:, [3, 7]] *= -1
    exchanged = np.roll(smeared_training_events(20_000, seed=3), 4, axis=1)
    for events in (reflected, exchanged):
        assert drell_yan_copies.excess_of_known(events) > 10


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in TRAINED for name in case.mutants],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_is_no_generator_is_refused(case, name):
    mutant = case.mutants[name]
    answers = mutant.answers(case.stand_ins)
    with pytest.raises(checks.CheckFailed, match=mutant.reason):
        case.check(*answers, seed=1)


@pytest.mark.parametrize("n_components", [1, 30])
def test_a_mixture_without_a_network_is_no_autoencoder(n_components, gaussian):
    """Its events may be as good as those of the reference: the model itself is asked."""
    encode, decode, _ = gaussian
    preprocessing = DrellYanPreprocessing().fit(load_drell_yan("validation"))
    x = preprocessing.transform(load_drell_yan("validation")[:20_000])
    mixture = GaussianMixture(n_components, random_state=1).fit(x)

    def generate(n_events, seed):
        mixture.random_state = seed
        rng = np.random.default_rng(seed)
        return preprocessing.inverse_transform(rng.permutation(mixture.sample(n_events)[0]), rng)

    def deaf(r, seed):
        return generate(len(r), int(1e6 * np.abs(r).sum()) % 2**31)

    with pytest.raises(checks.CheckFailed, match="variance is lost"):
        vae.check_generation_optimised(encode, deaf, generate, seed=1)
    if n_components > 1:
        with pytest.raises(checks.CheckFailed, match="other events than `decode_optimised`"):
            vae.check_generation_optimised(encode, decode, generate, seed=1)


def test_a_decoder_that_jumps_is_refused(gaussian):
    """Encoded events are looked up, other latent vectors give events without any order."""
    encode, decode, generate = gaussian

    def jumps(r, seed):
        is_known = np.abs(r).max(axis=1) < 1e-9
        rng = np.random.default_rng(int(1e6 * np.abs(r).sum()) % 2**31)
        return decode(np.where(is_known[:, None], r, rng.normal(size=r.shape)), seed)

    def looked_up(events):
        mu, log_var = encode(events)
        memory["mu"] = mu
        return mu, log_var - 50

    def remembers(r, seed):
        near = "mu" in memory and len(r) == len(memory["mu"]) and np.allclose(r, memory["mu"])
        memory.clear()
        return decode(r, seed) if near else jumps(r, seed)

    memory = {}
    with pytest.raises(checks.CheckFailed, match="quite other events"):
        vae.check_generation_optimised(looked_up, remembers, generate, seed=1)


def test_float32_and_tensors_are_measured_like_float64(gaussian):
    encode, decode, generate = gaussian

    def single(x):
        return torch.as_tensor(x).float()

    rounded = vae.measure_generation(
        lambda events: tuple(map(single, encode(events))),
        lambda r, seed: single(decode(r, seed)),
        lambda n_events, seed: single(generate(n_events, seed)),
        seed=1,
    )
    assert rounded == pytest.approx(vae.measure_generation(*gaussian, seed=1), abs=0.01)


def test_truth_against_truth_is_at_the_floor():
    floor = _vae_generation.floor(1)
    assert floor["drell_yan_auc"] == pytest.approx(0.5, abs=0.015)
    assert floor["drell_yan_w1"] < 0.02
    assert _vae_generation.floor_naive(1)["drell_yan_naive"] < 0.02


def test_weak_answers_are_clearly_worse_than_a_correlated_gaussian(gaussian):
    measured = vae.measure_generation(*gaussian, seed=1)
    assert 0.55 < measured["drell_yan_auc"] < 0.99
    weak = vae.measure_generation(*independent_gaussians(), seed=1)
    assert weak["drell_yan_auc"] > 0.99
    assert weak["drell_yan_w1"] > measured["drell_yan_w1"]
    columns = vae.measure_naive_generation(*independent_gaussians(), seed=1)["drell_yan_naive"]
    assert columns == pytest.approx(0.167, abs=0.02)


def test_points_are_linear_and_one_line_says_why(gaussian, calibration, capsys):
    points = vae.check_generation_optimised(*gaussian, seed=1)
    values = vae.measure_generation(*gaussian, seed=1)
    expected = sum(calibration[name].credit(value, 0.5) for name, value in values.items())
    assert points == pytest.approx(expected, abs=1e-4)
    assert 0.0 < points < 1.0
    said = capsys.readouterr().out
    assert said.count("truth against truth") == 2
    assert vae.check_generation_optimised(*independent_gaussians(), seed=1) < 0.1
    assert vae.check_generation_naive(*independent_gaussians(), seed=1) < 0.1


def test_events_still_standardised_are_no_events(gaussian):
    data = load_drell_yan("validation")
    encode, decode, generate = gaussian

    def without_undoing(events):
        return (events - data.mean(axis=0)) / data.std(axis=0)

    with pytest.raises(checks.CheckFailed, match="variance is lost"):
        vae.check_generation_optimised(
            encode,
            lambda r, seed: without_undoing(decode(r, seed)),
            lambda n_events, seed: without_undoing(generate(n_events, seed)),
            seed=1,
        )


def test_each_metric_has_a_floor_and_a_weak_answer(solution):
    names = [set(case.floor(1)) for case in METRICS]
    assert names == [{"drell_yan_naive"}, {"drell_yan_auc", "drell_yan_w1"}]
    encode, decode, generate = independent_gaussians()
    naive = {"encode_naive": encode, "decode_naive": decode, "generate_naive": generate}
    weak = METRICS[1].weak({**solution, **naive})
    assert (weak[0], weak[2]) == (encode, generate)
    assert np.array_equal(weak[1](np.ones((2, 8)), seed=3), decode(np.ones((2, 8))))
