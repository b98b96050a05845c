"""Drell-Yan events: physics, reproducibility, and what the command does to files."""

import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from scipy import stats
from typer.testing import CliRunner

from course_utils.simulation import MissingExtraError, SimulationError, chunks
from course_utils.simulation.chunks import CHUNK_TRIED
from course_utils.simulation.drell_yan import DrellYanRun, generate_drell_yan
from course_utils.simulation.output import save_events

ROOT = Path(__file__).parents[1]
N_EVENTS = 20_000  # three chunks
Z_MASS = 91.188
SAME_ARITHMETIC = (platform.system(), platform.machine()) == ("Linux", "x86_64")


@pytest.fixture(scope="module")
def run() -> DrellYanRun:
    return generate_drell_yan(N_EVENTS, 1, workers=1, progress=False)


def invoke(app: typer.Typer, *arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def mass(events: np.ndarray) -> np.ndarray:
    """Of the massless pair: m² = 2 pT² (cosh Δη + 1), as the muons are back to back."""
    pt, eta_1, eta_2, _ = events.astype(np.float64).T
    return np.sqrt(2 * pt**2 * (np.cosh(eta_1 - eta_2) + 1))


def test_exactly_the_wanted_number_of_events_within_the_cuts(run: DrellYanRun) -> None:
    assert run.events.shape == (N_EVENTS, 4)
    assert run.events.dtype == np.float32
    assert (run.events[:, 0] > 10).all()
    assert (np.abs(run.events[:, 1:3]) < 2.5).all()
    assert (np.abs(run.events[:, 3]) <= np.pi + 1e-6).all()
    # what is computed from the stored numbers is finite too
    assert np.isfinite(np.log(run.events[:, 0] - np.float32(10))).all()
    assert np.isfinite(np.arctanh(run.events[:, 1:3] / np.float32(2.5))).all()


def test_efficiency_is_that_of_the_large_sample(run: DrellYanRun) -> None:
    expected = 0.4506  # 600,000 events
    assert run.efficiency == pytest.approx(expected, abs=5 * np.sqrt(0.25 / run.n_tried))


def test_pairs_come_from_a_z(run: DrellYanRun) -> None:
    m = mass(run.events)
    assert m.min() > 40 - 0.01  # mHatMin; the muons' masses are left out here
    assert np.median(m) == pytest.approx(Z_MASS, abs=0.1)
    lower, upper = np.quantile(m, [0.25, 0.75])
    assert upper - lower == pytest.approx(2.495, rel=0.1)  # quartiles of a Breit-Wigner: ± Γ/2


def test_azimuth_is_uniform_and_muons_mirror_each_other(run: DrellYanRun) -> None:
    phi = run.events[:, 3].astype(np.float64)
    assert stats.kstest(phi, "uniform", (-np.pi, 2 * np.pi)).pvalue > 1e-4
    # beams of equal particles: (eta1, eta2) and (-eta1, -eta2) are equally likely
    rapidity = run.events[:, 1:3].sum(axis=1).astype(np.float64)
    assert stats.ks_2samp(rapidity, -rapidity).pvalue > 1e-4


def test_events_are_different_ones(run: DrellYanRun) -> None:
    assert len(np.unique(run.events, axis=0)) == N_EVENTS


def test_number_of_workers_does_not_change_a_bit(run: DrellYanRun) -> None:
    again = generate_drell_yan(N_EVENTS, 1, workers=2, progress=False)
    assert again.events.tobytes() == run.events.tobytes()
    assert again.n_tried == run.n_tried > 2 * CHUNK_TRIED


def test_fewer_events_are_the_first_ones_and_seeds_matter(run: DrellYanRun) -> None:
    fewer = generate_drell_yan(1000, 1, workers=1, progress=False)
    assert fewer.events.tobytes() == run.events[:1000].tobytes()
    assert fewer.n_tried < run.n_tried
    other = generate_drell_yan(1000, 2, workers=1, progress=False)
    assert not np.isin(other.events[:, 0], run.events[:1000, 0]).all()


@pytest.mark.skipif(not SAME_ARITHMETIC, reason="bits depend on compiler and C library")
@pytest.mark.parametrize(
    ("path", "seed"),
    [("data/drell_yan_train.npy", 20261122), ("autograde_tests/data/drell_yan.npy", 20261123)],
)
def test_committed_files_can_be_made_again(path: str, seed: int) -> None:
    made = generate_drell_yan(2000, seed, workers=1, progress=False).events
    assert made.tobytes() == np.load(ROOT / path, mmap_mode="r")[:2000].tobytes()


@pytest.mark.parametrize(
    ("n_events", "seed", "workers"), [(0, 1, 1), (10, -1, 1), (10, 1, 0)], ids=str
)
def test_arguments_out_of_range_are_refused(n_events: int, seed: int, workers: int) -> None:
    with pytest.raises(SimulationError, match=r"must be at least \d, got -?\d"):
        generate_drell_yan(n_events, seed, workers=workers, progress=False)


def test_another_event_layout_is_noticed() -> None:
    """A version of Pythia that numbers its rows in another way must not yield wrong events."""

    class Process(list[Any]):
        def size(self) -> int:
            return len(self)

    def muon(ident: int, px: float) -> SimpleNamespace:
        return SimpleNamespace(id=lambda: ident, px=lambda: px, e=lambda: 50.0)

    good = Process([None] * 6 + [muon(13, 30.0), muon(-13, -30.0)])
    chunks._check_rows(good, good[6], good[7])
    for first, second in ((muon(-13, 30.0), muon(13, -30.0)), (muon(13, 30.0), muon(-13, 30.0))):
        bad = Process([None] * 6 + [first, second])
        with pytest.raises(SimulationError, match="pinned version"):
            chunks._check_rows(bad, first, second)
    with pytest.raises(SimulationError, match="pinned version"):
        chunks._check_rows(good, muon(13, 30.0), good[7])


def test_package_imports_without_generators_and_says_what_to_install() -> None:
    script = """
import sys
for name in ("pythia8mc", "pylhe", "fastjet"):
    sys.modules[name] = None  # importing it fails
from course_utils.simulation import chunks, drell_yan, feed, jets, lhe, ttbarj
try:
    drell_yan.generate_drell_yan(10, 1, progress=False)
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert "install with  pip install -e '.[simulation]'" in done.stdout
    assert done.stderr == ""
    assert issubclass(MissingExtraError, SimulationError)


def test_command_writes_the_three_parts_in_order(tmp_path: Path, app: typer.Typer) -> None:
    options = ("drell-yan", "--n-events", "3001", "--seed", "5", "--workers", "1")
    whole, parts = tmp_path / "all.npy", tmp_path / "parts"
    parts.mkdir()
    done = invoke(app, *options, "--out", str(whole))
    assert done.exit_code == 0, done.output
    assert "efficiency 0.4" in done.output
    assert "tried events/s per core" in done.output
    assert invoke(app, *options, "--split-into", str(parts)).exit_code == 0
    split = [np.load(parts / f"drell_yan_{k}.npy") for k in ("train", "validation", "test")]
    assert [len(part) for part in split] == [2001, 500, 500]
    np.testing.assert_array_equal(np.concatenate(split), np.load(whole))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.npy", "parts"]


def test_command_replaces_a_file_only_when_told(tmp_path: Path, app: typer.Typer) -> None:
    out = tmp_path / "events.npy"
    out.write_bytes(b"precious")
    options = ("drell-yan", "--n-events", "10", "--seed", "5", "--workers", "1", "--out", str(out))
    refused = invoke(app, *options)
    assert refused.exit_code == 1
    assert "replace it with --force" in refused.output
    assert out.read_bytes() == b"precious"
    assert invoke(app, *options, "--force").exit_code == 0
    assert np.load(out).shape == (10, 4)


@pytest.mark.parametrize(
    ("target", "message"), [("missing/x.npy", "make it first"), (".", "is a folder")]
)
def test_command_refuses_impossible_targets(
    tmp_path: Path, app: typer.Typer, target: str, message: str
) -> None:
    out = str(tmp_path / target)
    done = invoke(app, "drell-yan", "--n-events", "10", "--seed", "5", "--out", out)
    assert done.exit_code == 1
    assert message in done.output


def test_command_needs_one_target(app: typer.Typer) -> None:
    options = ("drell-yan", "--n-events", "10", "--seed", "5")
    assert invoke(app, *options).exit_code == 2
    assert invoke(app, *options, "--out", "a.npy", "--split-into", ".").exit_code == 2


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "events.npy"
    save_events(out, np.ones((2, 4), np.float32))

    def full_disk(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full_disk)
    with pytest.raises(SimulationError, match="No space left"):
        save_events(out, np.zeros((2, 4), np.float32))
    assert (np.load(out) == 1).all()
    assert [p.name for p in tmp_path.iterdir()] == ["events.npy"]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way")
def test_interrupt_ends_all_processes_and_writes_nothing(tmp_path: Path) -> None:
    script = (
        "import typer; from course_utils.simulation import commands; "
        "from course_utils.simulation import output; output.SECONDS_BETWEEN_LINES = 0.0; "
        "app = typer.Typer(); commands.register(app); app()"
    )
    arguments = ["--n-events", "1000000000", "--seed", "1", "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-c", script, "drell-yan", *arguments, "--out", str(tmp_path / "x.npy")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Drell-Yan:")  # both workers are busy now
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does
    output, _ = process.communicate(timeout=180)
    assert process.returncode == 1
    assert output.splitlines()[-1] == "Stopped: nothing was written."
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
    deadline = time.monotonic() + 10
    while _group_alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _group_alive(process.pid)


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
