"""The command group `genlhc data`."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from course_utils import data, verification
from course_utils.cli import app

ROOT = Path(__file__).parents[1]
HIDDEN = ("autograde_tests/data", "autograde_tests/sheet02/data")


@pytest.fixture
def genlhc(monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


def columns(seed: int, n: int = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    eta = rng.uniform(-2.4, 2.4, (n, 2))
    return np.column_stack((rng.uniform(11, 99, n), eta, rng.uniform(-3, 3, n))).astype(np.float32)


@pytest.fixture
def course(tmp_path) -> Path:
    (tmp_path / "data").mkdir()
    for folder in HIDDEN:
        (tmp_path / folder).mkdir(parents=True)
    np.save(tmp_path / "data" / "drell_yan_test.npy", columns(1))
    np.save(tmp_path / "data" / "ttbarj_lo.npy", data.load_ttbarj("lo")[:300])
    np.save(tmp_path / HIDDEN[0] / "drell_yan.npy", columns(2))
    np.save(tmp_path / HIDDEN[1] / "drell_yan_2.npy", columns(4))
    for folder in ("data", *HIDDEN):
        verification.write_sums(tmp_path / folder)
    return tmp_path


def test_committed_files_pass_the_check(genlhc):
    result = genlhc("check", "--course", ROOT)
    assert result.exit_code == 0, result.output
    assert "✗" not in result.output
    lines = result.output.splitlines()
    hidden = list((ROOT / "autograde_tests").rglob("*.npy"))
    assert len(hidden) >= 3
    for path in [*(ROOT / "data").glob("*.npy"), *hidden]:
        assert sum(f" {path} " in line and "✓" in line for line in lines) == 1
    assert "no event is in two files" in lines[-1]


def test_check_covers_the_hold_out_where_there_is_one(genlhc, course):
    checked = genlhc("check", "--course", course).output
    assert all(str(course / folder) in checked for folder in HIDDEN)
    shutil.rmtree(course / "autograde_tests")  # as in the students' bundle
    result = genlhc("check", "--course", course)
    assert result.exit_code == 0
    assert "autograde_tests" not in result.output


def test_check_of_chosen_folders(genlhc, course):
    result = genlhc("check", "--path", course / "autograde_tests" / "data")
    assert result.exit_code == 0
    assert "ttbarj" not in result.output


def spoil(course: Path, fault: str) -> None:
    path = course / "data" / "drell_yan_test.npy"
    if fault == "checksum":
        np.save(path, columns(3))
    elif fault == "missing":
        path.unlink()
    elif fault == "unlisted":
        np.save(course / "data" / "drell_yan_extra.npy", columns(3))
    elif fault == "damaged":
        path.write_bytes(path.read_bytes()[:-4])
    elif fault == "cuts":
        table = columns(3)
        table[5, 0] = 9.0
        np.save(path, table)
    elif fault == "repeated":
        np.save(path, columns(2))
    elif fault == "other":
        np.save(course / "data" / "weights.npy", np.full((3, 1), np.nan))
    if fault not in ("checksum", "missing", "unlisted"):
        verification.write_sums(course / "data")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("checksum", "differs from its checksum: copy it again"),
        ("missing", "named in SHA256SUMS, but missing"),
        ("unlisted", "not in SHA256SUMS: run `genlhc data sums`"),
        ("damaged", "is cut short: got"),
        ("cuts", "1 of 200 events have a muon with pT not above 10 GeV"),
        ("repeated", "drell_yan.npy share 200 events"),
        ("other", "NaN or infinite numbers in 3 of 3 rows"),
    ],
)
def test_check_names_the_fault_and_exits_1(genlhc, course, fault, message):
    spoil(course, fault)
    result = genlhc("check", "--course", course)
    assert result.exit_code == 1
    assert message in result.output
    assert "✗" in result.output
    assert "All files are intact" not in result.output


def test_check_of_an_empty_folder_is_no_success(genlhc, tmp_path):
    (tmp_path / "data").mkdir()
    result = genlhc("check", "--course", tmp_path)
    assert result.exit_code == 1
    assert "no event files" in result.output


def test_check_of_no_folder_is_a_usage_error(genlhc, tmp_path):
    result = genlhc("check", "--course", tmp_path)
    assert result.exit_code == 2
    assert "is not a folder" in result.output


def test_unreadable_checksums_are_a_usage_error(genlhc, course):
    (course / "data" / "SHA256SUMS").write_text("nonsense\n")
    result = genlhc("check", "--course", course)
    assert result.exit_code == 2
    assert "SHA256SUMS, line 1: got 'nonsense', expected a sha256 checksum" in result.output


def test_sums_make_the_check_pass_and_are_what_sha256sum_reads(genlhc, course):
    np.save(course / "data" / "drell_yan_test.npy", columns(3))
    result = genlhc("sums", "--course", course)
    assert result.exit_code == 0
    assert genlhc("check", "--course", course).exit_code == 0
    tool = shutil.which("sha256sum")
    if tool:
        subprocess.run([tool, "--check", "--quiet", "SHA256SUMS"], cwd=course / "data", check=True)


def test_sums_are_written_in_every_folder_with_hidden_events(genlhc, course):
    before = {folder: verification.read_sums(course / folder) for folder in HIDDEN}
    for folder in HIDDEN:
        np.save(course / folder / "more.npy", columns(5))
    assert genlhc("sums", "--course", course).exit_code == 0
    for folder in HIDDEN:
        assert set(verification.read_sums(course / folder)) == {*before[folder], "more.npy"}


def test_sums_of_nothing_are_refused(genlhc, tmp_path):
    (tmp_path / "data").mkdir()
    result = genlhc("sums", "--course", tmp_path)
    assert result.exit_code == 2
    assert "holds no .npy file" in result.output


def split_arguments(folder: Path, *more: object) -> list[object]:
    targets = ["--students", folder / "a.npy", "--hold-out", folder / "b.npy"]
    return ["split", folder / "all.npy", *targets, "--fraction", 0.75, "--seed", 7, *more]


def test_split_is_a_partition_and_repeats_itself(genlhc, tmp_path):
    table = columns(1)
    np.save(tmp_path / "all.npy", table)
    assert genlhc(*split_arguments(tmp_path)).exit_code == 0
    a, b = np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy")
    assert (len(a), len(b)) == (150, 50)
    assert a.dtype == b.dtype == np.float32
    rows = [row.tobytes() for row in np.concatenate((a, b))]
    assert sorted(rows) == sorted(row.tobytes() for row in table)
    assert not np.array_equal(a, table[:150])
    assert genlhc(*split_arguments(tmp_path, "--force")).exit_code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), a)
    assert genlhc(*split_arguments(tmp_path, "--force", "--seed", 8)).exit_code == 0
    assert not np.array_equal(np.load(tmp_path / "a.npy"), a)


def test_split_replaces_only_with_force(genlhc, tmp_path):
    np.save(tmp_path / "all.npy", columns(1))
    (tmp_path / "b.npy").write_text("mine")
    result = genlhc(*split_arguments(tmp_path))
    assert result.exit_code == 2
    assert "b.npy; give --force to replace" in result.output
    assert (tmp_path / "b.npy").read_text() == "mine"
    assert not (tmp_path / "a.npy").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--fraction", 1.0], "leaves one part empty"),
        (["--fraction", -0.1], "leaves one part empty"),
        (["--hold-out", "a.npy", "--students", "a.npy"], "give two files"),
    ],
)
def test_split_refuses_what_makes_no_sense(genlhc, tmp_path, monkeypatch, more, message):
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "all.npy", columns(1))
    result = genlhc(*split_arguments(tmp_path, *more))
    assert result.exit_code == 2
    assert message in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["all.npy"]


def test_split_of_a_missing_file_is_a_usage_error(genlhc, tmp_path):
    result = genlhc(*split_arguments(tmp_path))
    assert result.exit_code == 2
    assert "all.npy does not exist" in result.output


def test_simulation_commands_are_in_the_group(genlhc):
    text = genlhc("--help").output
    assert all(name in text for name in ("check", "sums", "split", "drell-yan", "ttbarj"))


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)


def test_missing_typer_says_what_to_install():
    result = python("import sys; sys.modules['typer'] = None; import course_utils.cli")
    assert "needs the package typer, which is not installed: install the grader" in result.stderr


def test_commands_import_without_the_simulation_extra():
    blocked = "dict.fromkeys(['pythia8mc', 'pylhe', 'fastjet'])"
    result = python(f"import sys; sys.modules.update({blocked}); import course_utils.cli")
    assert result.returncode == 0, result.stderr
