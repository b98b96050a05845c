"""Event files: loaders, their messages, and the physics of what is committed."""

import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import data, verification
from course_utils import kinematics as kin
from course_utils.data import DataError

ROOT = Path(__file__).parents[1]
HIDDEN = ROOT / "autograde_tests"
seeds = st.integers(0, 2**32 - 1)


def columns(seed: int, n: int = 100) -> np.ndarray:
    rng = np.random.default_rng(seed)
    eta = rng.uniform(-2.4, 2.4, (n, 2))
    table = np.column_stack((rng.uniform(11, 500, n), eta, rng.uniform(-3, 3, n)))
    return table.astype(np.float32)


def jets(n: int = 10) -> np.ndarray:
    rng = np.random.default_rng(1)
    angles = rng.uniform(-2, 2, (2, n, 7))
    return kin.p4_from_ptetaphim(50.0, *angles, 5.0).reshape(n, 28).astype(np.float32)


# --- the committed files --------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["lo", "nlo"])
def test_ttbarj_events_have_shape_type_and_physics(order):
    x = data.load_ttbarj(order)
    assert x.shape == (75_000, 28)
    assert x.dtype == np.float32
    assert verification.ttbarj_problems(x) == []


@pytest.mark.parametrize(
    ("split", "n"), [("train", 400_000), ("validation", 100_000), ("test", 100_000)]
)
def test_drell_yan_events_have_shape_type_and_physics(split, n):
    x = data.load_drell_yan(split)
    assert x.shape == (n, 8)
    assert x.dtype == np.float64
    assert verification.drell_yan_problems(x) == []


def test_drell_yan_pairs_peak_at_the_z_mass():
    x = data.load_drell_yan("test")
    pair_mass = kin.mass(x[:, :4] + x[:, 4:])
    assert pair_mass.min() > 40
    counts, edges = np.histogram(pair_mass, bins=120, range=(60, 120))
    assert abs(edges[counts.argmax()] - 91.2) < 1
    low, high = np.quantile(pair_mass, [0.25, 0.75])
    assert high - low < 4  # the width of the Z is 2.5 GeV


def test_lo_has_the_harder_extra_jet():
    pt_lo, pt_nlo = (kin.pt(data.load_ttbarj(order)[:, 24:]).mean() for order in ("lo", "nlo"))
    assert pt_lo > 1.1 * pt_nlo


def test_hold_out_has_the_shapes_of_the_students_files_and_other_events():
    for order in ("lo", "nlo"):
        x = data.read_ttbarj(HIDDEN / "sheet01" / "data" / f"ttbarj_{order}.npy")
        assert x.shape == (25_000, 28)
        assert verification.ttbarj_problems(x) == []
    assert data.read_drell_yan(HIDDEN / "data" / "drell_yan.npy").shape == (50_000, 8)
    for name in ("ttbarj", "drell_yan"):
        paths = [*(ROOT / "data").glob(f"{name}*.npy"), *HIDDEN.rglob(f"{name}*.npy")]
        assert len(paths) == 4
        assert verification.repeated_events(paths) == []


def test_both_parts_of_the_split_are_alike():
    for order in ("lo", "nlo"):
        a = data.load_ttbarj(order).astype(np.float64)
        hidden = HIDDEN / "sheet01" / "data" / f"ttbarj_{order}.npy"
        b = data.read_ttbarj(hidden).astype(np.float64)
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) / error).max() < 4.5  # 28 means, p = 2e-4


@pytest.mark.parametrize(
    "folder",
    [ROOT / "data", *verification.event_folders(HIDDEN)],
    ids=lambda path: path.parent.name,
)
def test_checksums_cover_every_file_and_agree(folder):
    sums = verification.read_sums(folder)
    assert set(sums) == {path.name for path in folder.glob("*.npy")}
    assert all(verification.sha256(folder / name) == value for name, value in sums.items())


@pytest.mark.parametrize("folder", verification.event_folders(HIDDEN), ids=lambda p: p.parent.name)
def test_folders_with_hidden_events_say_where_these_are_from(folder):
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{path.name}` |" in page for path in folder.glob("*.npy"))


# --- layouts --------------------------------------------------------------------------------------


@given(seeds)
def test_four_columns_give_back_to_back_muons_of_the_right_mass(seed):
    table = columns(seed)
    p4 = data.drell_yan_p4(table)
    np.testing.assert_array_equal(p4[:, 1:3], -p4[:, 5:7])
    muons = p4.reshape(-1, 2, 4)
    np.testing.assert_allclose(kin.mass(muons), data.MUON_MASS, atol=1e-6)
    np.testing.assert_allclose(kin.pt(muons), table[:, [0, 0]].astype(np.float64), rtol=1e-12)
    np.testing.assert_allclose(kin.eta(muons), table[:, 1:3], atol=1e-6)
    np.testing.assert_allclose(kin.phi(muons[:, 0]), table[:, 3], atol=1e-6)
    turned = np.pi - np.abs(table[:, 3].astype(np.float64))
    np.testing.assert_allclose(np.abs(kin.phi(muons[:, 1])), turned, atol=1e-12)


def test_drell_yan_columns_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"`columns` must have shape \(n, 4\), got \(3, 8\)"):
        data.drell_yan_p4(np.zeros((3, 8)))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GENLHC_DATA", str(tmp_path))
    return tmp_path


def test_files_of_the_original_course_are_read(folder):
    p4 = data.drell_yan_p4(columns(1))
    for name in ("dy_trn_data.npy", "dy_val_data.npy", "dy_tst_data.npy"):
        np.save(folder / name, p4)
    for name in ("ttbarj_LO.npy", "ttbarj_NLO.npy"):
        np.save(folder / name, jets().astype(np.float64))
    for split in ("train", "validation", "test"):
        np.testing.assert_array_equal(data.load_drell_yan(split), p4)
    for order in ("lo", "nlo"):
        np.testing.assert_array_equal(data.load_ttbarj(order), jets())
        assert data.load_ttbarj(order).dtype == np.float32


def test_energies_of_original_float32_files_are_computed_anew(folder):
    p4 = data.drell_yan_p4(columns(1))
    np.save(folder / "dy_trn_data.npy", p4.astype(np.float32))
    x = data.load_drell_yan("train")
    assert verification.drell_yan_problems(x) == []
    np.testing.assert_array_equal(x[:, 1:4], p4[:, 1:4].astype(np.float32))


def test_own_layout_wins_over_the_original_one(folder):
    np.save(folder / "drell_yan_test.npy", columns(1, 7))
    np.save(folder / "dy_tst_data.npy", data.drell_yan_p4(columns(2, 9)))
    assert len(data.load_drell_yan("test")) == 7


# --- where files are looked for -------------------------------------------------------------------


def test_environment_variable_is_first(folder):
    assert data.data_dir() == folder


def test_folder_is_found_from_below_and_beside_the_package(tmp_path, monkeypatch):
    monkeypatch.delenv("GENLHC_DATA", raising=False)
    deep = tmp_path / "exercises" / "sheet01"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert data.data_dir().samefile(ROOT / "data")
    (tmp_path / "data").mkdir()  # somebody's own folder of that name is not taken for ours
    assert data.data_dir().samefile(ROOT / "data")
    np.save(tmp_path / "data" / "ttbarj_lo.npy", jets())
    assert data.data_dir().samefile(tmp_path / "data")


def test_environment_variable_that_names_no_folder_is_explained(tmp_path, monkeypatch):
    monkeypatch.setenv("GENLHC_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"GENLHC_DATA names .*nowhere, which is not a folder: set"):
        data.load_ttbarj("lo")


def test_missing_file_is_explained(folder):
    with pytest.raises(DataError, match=r"holds none of ttbarj_lo.npy, ttbarj_LO.npy: copy .*GENL"):
        data.load_ttbarj("lo")
    with pytest.raises(DataError, match=r"nothing\.npy does not exist: copy the file again"):
        data.read_drell_yan(folder / "nothing.npy")


def test_unknown_choice_names_the_right_ones(folder):
    with pytest.raises(ValueError, match=r'`order` must be one of "lo", "nlo", got \'NLO\''):
        data.load_ttbarj("NLO")
    with pytest.raises(ValueError, match='must be one of "train", "validation", "test"'):
        data.load_drell_yan("val")


# --- damaged files --------------------------------------------------------------------------------


def damaged(kind: str, path: Path) -> None:
    good = columns(1)
    if kind == "nan":
        good[17, 2] = np.nan
    if kind == "infinite":
        good[0, 0] = np.inf
    np.save(path, good)
    raw = path.read_bytes()
    if kind == "cut short":
        path.write_bytes(raw[:-10])
    elif kind == "cut in the header":
        path.write_bytes(raw[:50])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("<html>404 not found</html>")
    elif kind == "broken header":
        path.write_bytes(raw.replace(b"'descr'", b"'d\xffscr'"))
    elif kind == "huge header":
        path.write_bytes(raw.replace(b"(100, 4), }           ", b"(10000000000000, 4), }"))
    elif kind == "object":
        np.save(path, np.array([[1.0, None, "x", 2]], dtype=object), allow_pickle=True)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(good))
    elif kind == "integers":
        np.save(path, good.astype(np.int32))
    elif kind == "complex":
        np.save(path, good.astype(np.complex64))
    elif kind == "structured":
        np.save(path, np.zeros(4, dtype=[("pt", "f4"), ("eta", "f4")]))
    elif kind == "columns":
        np.save(path, good[:, :3])
    elif kind == "flat":
        np.save(path, good.ravel())
    elif kind == "no events":
        np.save(path, good[:0])


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nan", r"NaN or infinite numbers in 1 of 100 rows, the first is row 17; expected none"),
        ("infinite", "the first is row 0"),
        ("cut short", r"is cut short: got 1,718 bytes, expected 1,728: copy the file again"),
        ("cut in the header", "is not a readable .npy file"),
        ("empty", "is not a readable .npy file"),
        ("text", "is not a readable .npy file"),
        ("broken header", "is not a readable .npy file"),
        ("huge header", r"is cut short: got 1,728 bytes, expected 160,000,000,000,128"),
        ("object", r"holds object values, expected float32 or float64: save it as"),
        ("pickle", "is not a readable .npy file"),
        ("integers", "holds int32 values, expected float32 or float64"),
        ("complex", "holds complex64 values"),
        ("structured", "expected float32 or float64"),
        ("columns", r"has shape \(100, 3\), expected \(n, 4\) or \(n, 8\) with n > 0"),
        ("flat", r"has shape \(400,\), expected"),
        ("no events", r"has shape \(0, 4\), expected"),
    ],
)
def test_damage_is_named_with_the_file_and_what_to_do(folder, kind, message):
    path = folder / "drell_yan_test.npy"
    damaged(kind, path)
    with pytest.raises(DataError, match=message) as caught:
        data.load_drell_yan("test")
    assert str(path) in str(caught.value)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_nothing_is_ever_unpickled(folder, monkeypatch):
    monkeypatch.chdir(folder)
    np.save("ttbarj_lo.npy", np.array([[Bomb()] * 28], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="holds object values"):
        data.load_ttbarj("lo")
    assert not (folder / "exploded").exists()


def test_files_swapped_by_name_are_noticed(folder):
    np.save(folder / "ttbarj_lo.npy", columns(1))
    with pytest.raises(DataError, match=r"has shape \(100, 4\), expected \(n, 28\)"):
        data.load_ttbarj("lo")


def test_fortran_order_and_big_endian_files_are_read(folder):
    table = columns(1)
    np.save(folder / "drell_yan_test.npy", np.asfortranarray(table))
    expected = data.drell_yan_p4(table)
    np.testing.assert_array_equal(data.load_drell_yan("test"), expected)
    np.save(folder / "drell_yan_test.npy", table.astype(">f4"))
    np.testing.assert_array_equal(data.load_drell_yan("test"), expected)
    np.save(folder / "ttbarj_lo.npy", jets().astype(">f4"))
    assert data.load_ttbarj("lo").dtype == np.float32


# --- invariants -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p4: p4[0].__imul__([1.001, 1, 1, 1, 1, 1, 1, 1]), "1 of 100 .* mass other than"),
        (lambda p4: p4[:2, 5].__iadd__(0.1), "2 of 100 events have a pair with transverse mom"),
        (lambda p4: p4[3].__imul__(0.01), "1 of 100 events have a muon with pT not above 10 GeV"),
        (lambda p4: p4[4].__setitem__(3, 1e5), r"1 of 100 events have a muon with \|η\| not below"),
    ],
)
def test_broken_drell_yan_invariant_is_named(change, message):
    p4 = data.drell_yan_p4(columns(1))
    assert verification.drell_yan_problems(p4) == []
    change(p4)
    assert any(re.match(message, text) for text in verification.drell_yan_problems(p4))


@pytest.mark.parametrize(
    ("row", "jet", "message"),
    [
        (0, (-50.0, 30.0, 0.0, 0.0), "1 of 10 events have a jet without positive energy"),
        (0, (49.0, 50.0, 0.0, 0.0), "1 of 10 events have a jet with E² < p²"),
        (0, (50.0, 19.0, 0.0, 0.0), "1 of 10 events have a jet with pT not above 20 GeV"),
        (0, (3000.0, 25.0, 0.0, 2900.0), "1 of 10 events have a jet with |η| not below 4.5"),
        (6, (50.0, 29.0, 0.0, 0.0), "1 of 10 events have an extra jet with pT not above 30 GeV"),
    ],
)
def test_broken_ttbarj_invariant_is_named(row, jet, message):
    x = jets()
    assert verification.ttbarj_problems(x) == []
    x[4, 4 * row : 4 * row + 4] = jet
    assert verification.ttbarj_problems(x) == [message]


def test_rounding_to_float32_is_no_broken_invariant():
    jet = kin.p4_from_ptetaphim(40.0, np.linspace(-4.49, 4.49, 700), 0.3, 0.0).astype(np.float32)
    assert verification.ttbarj_problems(jet.reshape(100, 28)) == []


def test_events_in_two_files_are_found(tmp_path):
    table = columns(1)
    np.save(tmp_path / "a.npy", table[:60])
    np.save(tmp_path / "b.npy", table[57:])
    np.save(tmp_path / "c.npy", columns(2))
    (sentence,) = verification.repeated_events(sorted(tmp_path.glob("*.npy")))
    assert sentence.endswith("b.npy share 3 events")


def test_a_failed_write_leaves_the_old_file_and_no_trace(tmp_path):
    target = tmp_path / "SHA256SUMS"
    target.write_text("old")

    def interrupted() -> None:
        with verification.replacing(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
