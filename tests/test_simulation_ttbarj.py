"""tt̄ + jet events: jets, matching, physics against the stored samples, and the command."""

import gzip
import math
import platform
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjet
import numpy as np
import pytest
import typer
from scipy import stats
from typer.testing import CliRunner

from course_utils import kinematics
from course_utils.simulation import SimulationError, jets, ttbarj
from course_utils.simulation.ttbarj import TtbarjRun, convert_lhe, generate_tree_level

ROOT = Path(__file__).parents[1]
SLICE = Path(__file__).parent / "data" / "ttbarj_slice.lhe.gz"
TEXT = gzip.decompress(SLICE.read_bytes()).decode()
HEAD = TEXT[: TEXT.index("<event>")]
EVENTS = re.findall(r"<event>.*?</event>\n", TEXT[len(HEAD) : len(HEAD) + 100_000], re.DOTALL)[:30]
END = "</LesHouchesEvents>\n"
N_SHOWERED = 800
NLO_SEED = 101  # the one with which the stored sample was showered
LO_SEED = 301
SAME_ARITHMETIC = (platform.system(), platform.machine()) == ("Linux", "x86_64")
bitwise = pytest.mark.skipif(not SAME_ARITHMETIC, reason="bits depend on compiler and C library")


def stored(name: str) -> np.ndarray:
    """All events of a stored sample: the students' part and the hold-out."""
    files = [
        ROOT / folder / f"ttbarj_{name}.npy" for folder in ("data", "autograde_tests/sheet01/data")
    ]
    return np.concatenate([np.load(file) for file in files])


def observables(events: np.ndarray) -> dict[str, np.ndarray]:
    p4 = events.astype(np.float64).reshape(-1, 7, 4)
    top, antitop, jet = p4[:, :3].sum(1), p4[:, 3:6].sum(1), p4[:, 6]
    leading = np.where((kinematics.pt(top) > kinematics.pt(antitop))[:, None], top, antitop)
    return {
        "pT(t1)": kinematics.pt(leading),
        "m(t1)": kinematics.mass(leading),
        "pT(j)": kinematics.pt(jet),
        "pT(tt)": kinematics.pt(top + antitop),
        "m(W)": kinematics.mass(p4[:, 1:3].sum(1)),
    }


def assert_same_distributions(made: np.ndarray, reference: np.ndarray) -> None:
    ours, theirs = observables(made), observables(reference)
    for name, values in ours.items():
        assert stats.ks_2samp(values, theirs[name]).pvalue > 1e-4, name
        # means at the 4.5 sigma level, tails (which make the spread) as in the reference
        error = theirs[name].std() / math.sqrt(len(values))
        assert values.mean() == pytest.approx(theirs[name].mean(), abs=4.5 * error), name


@pytest.fixture(scope="module")
def nlo() -> TtbarjRun:
    return convert_lhe(SLICE, seed=NLO_SEED, max_events=N_SHOWERED, progress=False)


@pytest.fixture(scope="module")
def lo() -> TtbarjRun:
    return generate_tree_level(60, seed=LO_SEED, progress=False)


def invoke(app: typer.Typer, *arguments: str) -> Any:
    return CliRunner().invoke(app, ("ttbarj", *arguments))


def test_efficiency_is_that_of_the_stored_sample(nlo: TtbarjRun) -> None:
    assert nlo.showered + nlo.failed == N_SHOWERED
    assert nlo.failed <= 2
    error = math.sqrt(0.127 * 0.873 / nlo.showered)
    assert nlo.efficiency == pytest.approx(0.127, abs=4.5 * error)


def test_showered_powheg_events_agree_with_the_stored_sample(nlo: TtbarjRun) -> None:
    assert_same_distributions(nlo.events, stored("nlo"))


def test_tree_level_agrees_with_the_stored_sample(lo: TtbarjRun) -> None:
    assert lo.events.shape == (60, 28)
    error = math.sqrt(0.153 * 0.847 / lo.showered)
    assert lo.efficiency == pytest.approx(0.153, abs=4.5 * error)
    assert_same_distributions(lo.events, stored("lo"))


@bitwise
def test_seeds_of_the_stored_samples_give_their_events(nlo: TtbarjRun, lo: TtbarjRun) -> None:
    """All tree-level events; of the NLO ones 1.5 % were left over when it was cut to 100,000."""
    for run, name, least in ((lo, "lo", 1.0), (nlo, "nlo", 0.94)):
        known = {row.tobytes() for row in stored(name)}
        assert np.mean([row.tobytes() in known for row in run.events]) >= least


def test_selection_holds_for_every_row(nlo: TtbarjRun) -> None:
    p4 = nlo.events.astype(np.float64).reshape(-1, 7, 4)
    assert (kinematics.pt(p4) > 20 - 1e-3).all()
    assert (kinematics.pt(p4[:, 6]) > 30 - 1e-3).all()
    assert (np.abs(kinematics.eta(p4)) < 4.5 + 1e-5).all()
    distances = [kinematics.delta_r(p4[:, i], p4[:, j]) for i in range(7) for j in range(i)]
    assert np.min(distances) > 0.3  # anti-kT jets of R = 0.4 are six (seven) different ones


def test_same_seed_same_events(nlo: TtbarjRun) -> None:
    again = convert_lhe(SLICE, seed=NLO_SEED, max_events=40, progress=False)
    assert again.events.tobytes() == nlo.events[: len(again.rows)].tobytes()
    other = convert_lhe(SLICE, seed=NLO_SEED + 1, max_events=40, progress=False)
    assert other.events.tobytes() != again.events.tobytes()


@pytest.fixture(scope="module")
def pythia() -> Any:
    return ttbarj._pythia(ttbarj.TREE_LEVEL_SETTINGS, 5)


def test_jets_agree_with_fastjet(pythia: Any) -> None:
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, jets.JET_RADIUS)
    finder = jets.make_jet_finder()
    for _ in range(40):
        assert pythia.next()
        finder.analyze(pythia.event)
        ours = [finder.p(k) for k in range(finder.sizeJet())]
        particles = [
            fastjet.PseudoJet(p.px(), p.py(), p.pz(), p.e())
            for p in pythia.event
            if p.isFinal() and abs(p.eta()) < jets.PARTICLE_ETA
        ]
        clusters = fastjet.ClusterSequence(particles, definition)
        theirs = fastjet.sorted_by_pt(clusters.inclusive_jets(jets.JET_PT))
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            expected = (b.e(), b.px(), b.py(), b.pz())
            assert (a.e(), a.px(), a.py(), a.pz()) == pytest.approx(expected, rel=1e-9, abs=1e-7)


def test_decay_quarks_have_the_charges_of_the_order(pythia: Any) -> None:
    """b W+ and bbar W-: charges -1/3, 2/3, 1/3 and opposite; masses of the tops near 172.5 GeV."""
    for _ in range(20):
        assert pythia.next()
        quarks = jets.decay_quarks(pythia.event)
        charges = [round(3 * q.charge()) for q in quarks]
        assert charges == [-1, 2, 1, 1, -2, -1]
        for three in (quarks[:3], quarks[3:]):
            total = three[0].p() + three[1].p() + three[2].p()
            assert abs(total.mCalc() - 172.5) < 30


@pytest.mark.parametrize("first", [True, False])
def test_event_without_enough_jets_or_top_is_no_event(pythia: Any, first: bool) -> None:
    assert pythia.next()
    event = pythia.event
    if first:  # no final particle, no jet
        event.clear()
        assert jets.select_event(event, jets.make_jet_finder()) is None
    else:
        event.clear()
        with pytest.raises(SimulationError, match="no top pair"):
            jets.decay_quarks(event)


def write(path: Path, events: list[str], end: str = END) -> Path:
    path.write_text(HEAD + "".join(events) + end)
    return path


def undecayed(event: str) -> str:
    """As of MadGraph without decays: two final tops and a parton."""
    lines = event.splitlines()
    for k in (4, 5):
        lines[k] = lines[k].replace("     2     1     2", "     1     1     2", 1)
    return "\n".join([lines[0], lines[1].replace("13 ", "5 ", 1), *lines[2:7], "</event>\n"])


def without_w(event: str) -> str:
    """As MadGraph writes a W far off its mass shell: t -> b q qbar' at once."""
    lines = event.splitlines()
    rows = [line.split() for line in lines[2:15]]
    keep = [k for k, row in enumerate(rows) if abs(int(row[0])) != 24]
    new = {0: 0, 6: 3, 8: 4} | {old + 1: k + 1 for k, old in enumerate(keep)}
    for row in rows:
        row[2:4] = [str(new[int(row[2])]), str(new[int(row[3])])]
    info = lines[1].replace("13 ", "11 ", 1)
    return "\n".join([lines[0], info, *(" ".join(rows[k]) for k in keep), "</event>\n"])


@pytest.mark.parametrize("layout", [undecayed, without_w])
def test_other_layouts_of_the_decay_are_understood(
    tmp_path: Path, layout: Callable[[str], str]
) -> None:
    path = write(tmp_path / "events.lhe", [layout(event) for event in EVENTS])
    run = convert_lhe(path, seed=1, progress=False)
    assert (run.showered, run.failed) == (len(EVENTS), 0)
    assert run.rows


def test_negative_weights_are_dropped_and_said(tmp_path: Path, app: typer.Typer) -> None:
    turned = [event.replace(" 3.22474E+02", " -3.22474E+02", 1) for event in EVENTS]
    plain = convert_lhe(write(tmp_path / "plain.lhe", EVENTS), progress=False)
    mixed = convert_lhe(write(tmp_path / "mixed.lhe", EVENTS[:15] + turned[15:]), progress=False)
    assert mixed.negative == len(EVENTS) - 15
    assert mixed.negative_dropped > 0  # some of them are selected
    assert len(mixed.rows) + mixed.negative_dropped == len(plain.rows)
    assert mixed.efficiency == plain.efficiency
    assert mixed.rows == plain.rows[: len(mixed.rows)]  # the sign changes nothing else
    out = tmp_path / "mixed.npy"
    done = invoke(app, "--lhe", str(tmp_path / "mixed.lhe"), "--out", str(out))
    assert done.exit_code == 0
    assert f"{mixed.negative_dropped} of them selected and dropped" in done.output


def test_weighted_events_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttbarj, "PATIENCE", 10)
    events = [event.replace("3.22474E+02", f"{k + 1}.0E+02", 1) for k, event in enumerate(EVENTS)]
    with pytest.raises(SimulationError, match=r"event 12: 11 of 12 .* unweight the file first"):
        convert_lhe(write(tmp_path / "weighted.lhe", events), progress=False)


def joined(path: Path, second: str) -> Path:
    """Ten events, and ten more of a run that found another cross section."""
    others = [event.replace("3.22474E+02", second, 1) for event in EVENTS[10:20]]
    parts = ("".join([HEAD, *part, END, "\n"]) for part in (EVENTS[:10], others))
    path.write_text("".join(parts))
    return path


def test_joined_files_are_showered_whole_and_said(tmp_path: Path, app: typer.Typer) -> None:
    path = joined(tmp_path / "joined.lhe", "3.23000E+02")
    run = convert_lhe(path, progress=False)
    assert run.showered == 20
    assert run.other_weight == 0
    assert run.rows == convert_lhe(write(tmp_path / "one.lhe", EVENTS[:20]), progress=False).rows
    done = invoke(app, "--lhe", str(path), "--out", str(tmp_path / "out.npy"))
    assert done.exit_code == 0
    assert "note: 2 Les Houches files were joined: all were read" in done.output


def test_joined_files_of_different_weight_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"have \|weights\| of 322.474, 644.9, and"):
        convert_lhe(joined(tmp_path / "joined.lhe", "6.44900E+02"), progress=False)


def test_events_that_cannot_be_showered_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ttbarj, "PATIENCE", 10)
    path = tmp_path / "beams.lhe"
    path.write_text(HEAD.replace("6.50000E+03", "1.00000E+01") + "".join(EVENTS) + END)
    with pytest.raises(SimulationError, match="could not shower 11 of 11 events"):
        convert_lhe(path, progress=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TtbarjRun:
    path = write(tmp_path_factory.mktemp("whole") / "events.lhe", EVENTS)
    return convert_lhe(path, seed=3, progress=False)


@pytest.mark.parametrize(
    ("events", "end", "message"),
    [
        (EVENTS, "", "ends after event 30"),
        ([*EVENTS, EVENTS[0][:700]], "", "in event 31"),
        ([*EVENTS, EVENTS[0].replace("     6     2", "    21     2", 1)], END, "event 31: 0 top"),
    ],
)
def test_command_keeps_what_came_before_an_error(
    tmp_path: Path,
    app: typer.Typer,
    whole: TtbarjRun,
    events: list[str],
    end: str,
    message: str,
) -> None:
    path, out = write(tmp_path / "damaged.lhe", events, end), tmp_path / "out.npy"
    done = invoke(app, "--lhe", str(path), "--out", str(out), "--seed", "3")
    assert done.exit_code == 1
    assert message in done.output
    assert f"{len(whole.rows)} events, a part only" in done.output
    assert np.load(out).tobytes() == whole.events.tobytes()


def test_command_says_nothing_of_pythia_and_little_else(
    tmp_path: Path, app: typer.Typer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Banners come from C++, hence the file descriptors."""
    path = write(tmp_path / "events.lhe", EVENTS)
    out = tmp_path / "out.npy"
    done = invoke(app, "--lhe", str(path), "--out", str(out), "--max-events", "20")
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].startswith("showered 20, selected ")
    assert capfd.readouterr() == ("", "")


def test_nothing_selected_writes_nothing(tmp_path: Path, app: typer.Typer) -> None:
    path, out = write(tmp_path / "all.lhe", EVENTS), tmp_path / "out.npy"
    done = invoke(app, "--lhe", str(path), "--out", str(out), "--max-events", "1")
    assert done.exit_code == 1
    assert "no event was selected" in done.output
    assert not out.exists()


def test_interrupt_keeps_what_was_made(
    tmp_path: Path, app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_n: int, *, seed: int, into: TtbarjRun) -> TtbarjRun:
        into.rows.append([float(seed)] * 28)
        into.showered = 5
        raise KeyboardInterrupt

    monkeypatch.setattr(ttbarj, "generate_tree_level", interrupted)
    out = tmp_path / "out.npy"
    done = invoke(app, "--lo", "--n-events", "10", "--out", str(out), "--seed", "9")
    assert done.exit_code == 1
    assert "a part only" in done.output
    assert (np.load(out) == 9).all()


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--lo",),
        ("--lhe", "x.lhe", "--lo", "--n-events", "3"),
        ("--lhe", "x.lhe", "--n-events", "3"),
        ("--lo", "--n-events", "3", "--max-events", "3"),
    ],
    ids=" ".join,
)
def test_contradictory_options_are_a_usage_error(
    app: typer.Typer, options: tuple[str, ...]
) -> None:
    assert invoke(app, "--out", "x.npy", *options).exit_code == 2


def test_missing_file_and_bad_seed_are_refused(tmp_path: Path, app: typer.Typer) -> None:
    out = str(tmp_path / "out.npy")
    done = invoke(app, "--lhe", str(tmp_path / "no.lhe"), "--out", out)
    assert done.exit_code == 1
    assert "no file" in done.output
    done = invoke(app, "--lo", "--n-events", "1", "--seed", "900000001", "--out", out)
    assert done.exit_code == 1
    assert "from 1 to 900,000,000" in done.output
    assert list(tmp_path.iterdir()) == []
