"""Folders and archives: everything plain is found, nothing hostile gets out or in."""

import io
import os
import stat
import tarfile
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from course_grader.intake.names import (
    groups_in,
    notebook_named,
    person_in,
    person_key,
)
from course_grader.intake.unpack import Limits, Unpacker
from course_notebooks.file_names import is_junk, safe_parts

SMALL = Limits(
    files=30,
    total_bytes=3_000_000,
    archive_files=10,
    archive_bytes=1_000_000,
    file_bytes=600_000,
    ratio=50,
    depth=3,
)


def zipped(files: dict[str, bytes], **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", options.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 4, 12, 0, 0)), data, 8)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], *special: tarfile.TarInfo, mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), 1_777_888_999
            archive.addfile(entry, io.BytesIO(data))
        for entry in special:
            archive.addfile(entry)
    return buffer.getvalue()


class Look:
    """What is found in a file or folder."""

    def __init__(self, path: Path, workspace: Path, limits: Limits = SMALL) -> None:
        workspace.mkdir(exist_ok=True)
        unpacker = Unpacker(workspace, limits)
        unpacker.look(path)
        self.items = {"/".join(one.parts): one for one in unpacker.items}
        self.found = {name: one.file.read_bytes() for name, one in self.items.items()}
        self.refused = {"/".join(one.parts): one.reason for one in unpacker.refused}
        self.spooled = sum(path.stat().st_size for path in workspace.iterdir())


@pytest.fixture
def look(tmp_path):
    def unpack(data: bytes, name: str = "all.zip", limits: Limits = SMALL) -> Look:
        path = tmp_path / name
        path.write_bytes(data)
        return Look(path, Path(tempfile.mkdtemp(dir=tmp_path)), limits)

    return unpack


def test_zip_tar_and_archives_within_are_opened(look):
    inner = zipped({"b/two.txt": b"2", "c.tar.gz": tarred({"three.txt": b"3"})})
    for data, name in (
        (zipped({"one.txt": b"1", "g.zip": inner}), "all.zip"),
        (tarred({"one.txt": b"1", "g.zip": inner}), "all.tar.gz"),
        (tarred({"one.txt": b"1", "g.zip": inner}), "ALL.TGZ"),
        (tarred({"one.txt": b"1", "g.zip": inner}, mode="w"), "all.tar"),
    ):
        found = look(data, name)
        assert found.refused == {}
        assert found.found == {
            "one.txt": b"1",
            "g.zip/b/two.txt": b"2",
            "g.zip/c.tar.gz/three.txt": b"3",
        }


def test_who_packs_an_archive_does_not_choose_when_it_arrived(look):
    inner = tarred({"x.txt": b""})
    item = look(zipped({"g.tar.gz": inner})).items["g.tar.gz/x.txt"]
    assert item.modified == datetime.fromtimestamp(1_777_888_999, UTC)
    assert item.arrived == datetime(2026, 5, 4, 12, 0, 0).astimezone()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../outside.txt", "'..'"),
        ("a/../../outside.txt", "'..'"),
        ("..\\outside.txt", "'..'"),
        ("/etc/outside.txt", "absolute"),
        ("C:\\outside.txt", "absolute"),
        ("\\\\host\\outside.txt", "absolute"),
        ("a/con.txt", "Windows"),
        ("a\x07b.txt", "cannot be seen"),
        ("a\u202eb.txt", "cannot be seen"),
        ("x" * 300, "longer than 200 bytes"),
        ("/".join("abcdefghijklmnopqrstuvwxyz") + ".txt", "20 folders deep"),
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_lead_out_or_mislead_are_refused(look, tmp_path, name, reason, pack):
    found = look(pack({name: b"x", "good.txt": b"y"}), f"all.{'zip' if pack is zipped else 'tgz'}")
    assert found.found == {"good.txt": b"y"}
    assert [reason in text for text in found.refused.values()] == [True]
    assert not (tmp_path.parent / "outside.txt").exists()


def test_names_in_other_scripts_and_forms_are_kept_composed(look):
    data = zipped({"Übung/u\u0308bung.txt": b"1", "数.txt": b"2"})
    assert set(look(data).found) == {"Übung/übung.txt", "数.txt"}


def test_names_in_utf8_without_the_mark_are_read():
    name = "é.txt".encode().decode("cp437")
    entry = zipfile.ZipInfo("x")
    entry.filename, entry.flag_bits = name, 0
    from course_grader.intake.archives import _from_zip

    assert _from_zip(zipfile.ZipFile(io.BytesIO(zipped({})), "r"), entry).name == "é.txt"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(look, kind):
    entry = tarfile.TarInfo("odd.ipynb")
    entry.type, entry.linkname = kind, "/etc/passwd"
    found = look(tarred({"good.txt": b""}, entry), "all.tar.gz")
    assert set(found.found) == {"good.txt"}
    assert "not a file" in found.refused["odd.ipynb"]


def test_links_in_a_zip_are_refused(look):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("odd.ipynb")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    found = look(buffer.getvalue())
    assert (found.found, found.refused) == ({}, {"odd.ipynb": "it is a link, not a file"})


def test_links_pipes_and_junk_in_a_folder_are_not_followed(tmp_path):
    folder = tmp_path / "in"
    (folder / "group-01").mkdir(parents=True)
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "x.txt").write_text("junk")
    (folder / "group-01" / ".ipynb_checkpoints").mkdir()
    (folder / "group-01" / ".ipynb_checkpoints" / "a.ipynb").write_text("junk")
    (folder / "group-01" / "a.txt").write_text("a")
    (folder / "group-01" / "link.txt").symlink_to("/etc/passwd")
    (folder / "group-01" / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "group-01" / "pipe.ipynb")
    found = Look(folder, tmp_path / "workspace")
    assert set(found.found) == {"group-01/a.txt"}
    assert found.refused == {
        "group-01/link.txt": "it is a link, not a file",
        "group-01/up": "it is a link, not a file",
        "group-01/pipe.ipynb": "it is a pipe, not a file",
    }


def test_a_file_that_blows_up_is_refused_alone(look, monkeypatch):
    monkeypatch.setattr("course_grader.intake.unpack._FREE", 100_000)
    found = look(zipped({"group-01/bomb.ipynb": bytes(500_000), "group-02/a.txt": b"a"}))
    assert set(found.found) == {"group-02/a.txt"}
    assert "as a zip bomb does" in found.refused["group-01/bomb.ipynb"]
    assert found.spooled < 10


def test_a_tar_that_blows_up_is_refused_while_it_is_read(look, monkeypatch):
    monkeypatch.setattr("course_grader.intake.unpack._FREE", 100_000)
    data = tarred({"a.ipynb": bytes(500_000)})
    found = look(zipped({"group-01.tar.gz": data, "group-02/a.txt": b"a"}))
    assert set(found.found) == {"group-02/a.txt"}
    assert "as a zip bomb does" in found.refused["group-01.tar.gz"]


def test_sizes_that_an_archive_claims_do_not_count(look):
    data = bytearray(zipped({"a.txt": os.urandom(1000)}))
    place = data.rfind(b"PK\x01\x02") + 24
    data[place : place + 4] = (4).to_bytes(4, "little")  # uncompressed size, a lie
    found = look(bytes(data))
    assert found.found == {} or len(found.found["a.txt"]) <= 1000
    big = look(zipped({"big.bin": os.urandom(700_000)}))
    assert "larger than 1 MB" in big.refused["big.bin"]


def test_an_archive_with_too_much_is_refused_and_its_neighbours_stay(look):
    many = zipped({f"{n}.txt": b"" for n in range(11)})
    large = zipped({f"{n}.bin": os.urandom(400_000) for n in range(3)}, compression=0)
    data = zipped({"group-01.zip": many, "group-02/a.txt": b"a"})
    found = look(data)
    assert set(found.found) == {"group-02/a.txt"}
    assert "more than 10 files" in found.refused["group-01.zip"]
    limits = Limits(archive_bytes=1_000_000)
    found = look(zipped({"group-03.zip": large, "group-04/a.txt": b"a"}), limits=limits)
    assert set(found.found) == {"group-04/a.txt"}
    assert "more bytes than are unpacked" in found.refused["group-03.zip"]


def test_a_collection_with_too_much_is_one_refusal(look):
    found = look(zipped({f"group-{n}/a.txt": b"" for n in range(31)}))
    assert "more than 30 files" in found.refused["all.zip"]
    limits = Limits(total_bytes=100)
    found = look(zipped({f"group-{n}/a.txt": b"x" * 30 for n in range(9)}), limits=limits)
    assert "hand it over in parts" in found.refused["all.zip"]


def test_archives_in_archives_in_archives_end(look):
    data = zipped({"x.txt": b"x"})
    for depth in range(6):
        data = zipped({f"{depth}.zip": data, "beside.txt": b""})
    found = look(data)
    assert not any(name.endswith("x.txt") for name in found.found)
    assert any("3 deep" in reason for reason in found.refused.values())
    assert "5.zip/4.zip/beside.txt" in found.found


@pytest.mark.parametrize("name", ["x.rar", "x.7z", "x.tar.bz2", "x.ipynb.gz"])
def test_other_archives_are_refused_with_advice(look, name):
    found = look(zipped({name: b"Rar!", "a.txt": b""}))
    assert "ask for a .zip or .tar.gz" in found.refused[name]
    assert set(found.found) == {"a.txt"}


@pytest.mark.parametrize("name", ["g.zip", "g.tar", "g.tar.gz"])
@pytest.mark.parametrize("damage", ["empty", "half", "noise", "flipped"])
def test_damaged_archives_are_told_and_crash_nothing(look, name, damage):
    good = zipped({"a.txt": b"a" * 5000}) if name == "g.zip" else tarred({"a.txt": b"a" * 5000})
    flipped = bytearray(good)
    flipped[30:60] = os.urandom(30)
    data = {"empty": b"", "half": good[:70], "noise": os.urandom(900), "flipped": bytes(flipped)}
    found = look(zipped({name: data[damage], "b.txt": b"b"}))
    assert found.found["b.txt"] == b"b"
    if damage != "flipped":
        assert any(key.startswith(name) for key in found.refused)
    assert look(data[damage], name).refused or damage == "flipped"


def test_a_locked_zip_is_told(look):
    data = bytearray(zipped({"a.txt": b"a"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + place] |= 1
    assert "password" in look(bytes(data)).refused["a.txt"]


@pytest.mark.parametrize(
    ("name", "known", "groups"),
    [
        ("group-07", [], {"group-07"}),
        ("Group 7_adding.ipynb", [], {"group-07"}),
        ("GRUPPE_07-work.zip", [], {"group-07"}),
        ("group-123.zip", [], {"group-123"}),
        ("subgroup-7", [], set()),
        ("group-7 and group-8", [], {"group-07", "group-08"}),
        ("week1", [], set()),
        ("Group-7.zip", ["group-7"], {"group-7"}),
        ("sheet_red-team_x", ["red-team", "red"], {"red-team"}),
        ("blueish", ["blue"], set()),
    ],
)
def test_groups_are_found_in_names(name, known, groups):
    assert groups_in(name, known) == groups


def test_people_are_found_in_names_of_moodle():
    people = {person_key("Zoé Example"): "group-03"}
    assert person_in("Example Zoe_12345_assignsubmission_file_", people) == "group-03"
    assert person_in("Zoé Example", people) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("adding.ipynb", ("adding", 0)),
        ("adding (1).ipynb", ("adding", 1)),
        ("adding(12).ipynb", ("adding", 12)),
        ("Adding.IPYNB", ("adding", 0)),
        ("adding.ipynb.txt", ("adding", 0)),
        ("adding.ipynb.json", ("adding", 0)),
        ("adding-Copy2.ipynb", ("adding", 2)),
        ("adding - Kopie.ipynb", ("adding", 1)),
        ("group-07_adding.ipynb", ("adding", 0)),
        ("A B_123_assignsubmission_file_adding.ipynb", ("adding", 0)),
        ("two_words.ipynb", ("two words", 0)),
        ("adding2.ipynb", (None, 0)),
        ("notes.ipynb", (None, 0)),
    ],
)
def test_notebooks_are_known_by_their_names(name, found):
    assert notebook_named(name, ["adding", "two words"]) == found


def test_junk_is_junk():
    assert is_junk(("__MACOSX", "a"))
    assert is_junk(("a", ".DS_Store"))
    assert not is_junk(safe_parts("a/b.ipynb"))
