"""Submissions as they come: each is taken, mended and said, or refused and said why."""

import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_grader_archives import tarred, zipped
from test_grader_cli import Result

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import notebook_text, read_notebook
from course_grader.grading.grade import Grading
from course_grader.grading.handed import solutions_of
from course_grader.intake.collect import Collected, Collection, collect
from course_grader.intake.merge import merge
from course_grader.intake.recognise import grade_id
from course_grader.intake.roster import Person, Roster
from course_grader.intake.submission import lay_out, read_submission
from course_grader.intake.unpack import Limits
from course_grader.lecturer.demo_class import fill
from course_grader.results.report import rows

SHEET = tiny.SHEET


class Room:
    """Notebooks to hand in."""

    def __init__(self, root: Path) -> None:
        self.course = Course.open(root)
        self.stubs = {name: self._read(self.course.release, name) for name in tiny.NOTEBOOKS}
        source = {name: self._read(self.course.source, name) for name in tiny.NOTEBOOKS}
        self.solved = {name: fill(self.stubs[name], source[name]) for name in tiny.NOTEBOOKS}
        self.adding = notebook_text(self.solved["adding"]).encode()
        self.means = notebook_text(self.solved["means"]).encode()

    def _read(self, folder: Path, name: str) -> Any:
        return read_notebook(folder / SHEET / f"{name}.ipynb")

    def collect(self, path: Path, *, roster: Roster | None = None) -> Collection:
        return collect(self.course, SHEET, path, roster, Limits())

    def files(self, group: str) -> dict[str, bytes]:
        folder = self.course.submitted / group / SHEET
        found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        return {name: p.read_bytes() for name, p in found.items() if name[0] != "."}

    def earlier(self, group: str) -> list[bytes]:
        folder = self.course.submitted / ".earlier" / group / SHEET
        return [path.read_bytes() for path in sorted(folder.rglob("*.ipynb"))]


@pytest.fixture
def room(course_root):
    return Room(course_root)


@pytest.fixture
def give(room, tmp_path):
    """Collects what lies in a folder, a zip or a tar."""

    def put(files: dict[str, bytes], name: str = "export", **options: Any) -> Collection:
        path = tmp_path / name
        if name.endswith(".zip"):
            path.write_bytes(zipped(files))
        elif name.endswith(".tar.gz"):
            path.write_bytes(tarred(files))
        else:
            shutil.rmtree(path, ignore_errors=True)
            for inner, data in files.items():
                (path / inner).parent.mkdir(parents=True, exist_ok=True)
                (path / inner).write_bytes(data)
        return room.collect(path, **options)

    return put


def problems(collection: Collection) -> list[str]:
    return [text for one in collection.groups for text in one.problems]


def only(collection: Collection) -> Collected:
    assert collection.stray == []
    assert len(collection.groups) == 1
    return collection.groups[0]


MOODLE = "Name Surname_12345_assignsubmission_file_"


@pytest.mark.parametrize("kind", ["folder", "all.zip", "all.tar.gz"])
@pytest.mark.parametrize(
    "path",
    [
        "group-07/{}.ipynb",
        "group-07/deep/er/{}.ipynb",
        "group-07_{}.ipynb",
        f"group-07-{MOODLE}/{{}}.ipynb",
        "Group 7_12345_assignsubmission_file_{}.ipynb",
    ],
)
def test_folders_and_names_of_groups_are_understood(give, room, kind, path):
    files = {path.format("adding"): room.adding, path.format("means"): room.means}
    done = give(files, kind)
    assert only(done).group == "group-07"
    assert done.is_clean
    got = room.files("group-07")
    assert set(got) == {"adding.ipynb", "means.ipynb", "timestamp.txt"}
    assert (got["adding.ipynb"], got["means.ipynb"]) == (room.adding, room.means)


def test_a_zip_of_zips_is_opened(give, room):
    inner = zipped({"my work/adding.ipynb": room.adding, "my work/table.csv": b"1"})
    other = tarred({"means.ipynb": room.means})
    done = give({"group-07.zip": inner, f"group-08-{MOODLE}/w.tar.gz": other}, "all.zip")
    assert [one.group for one in done.groups] == ["group-07", "group-08"]
    assert set(room.files("group-07")) == {"adding.ipynb", "table.csv", "timestamp.txt"}
    assert room.files("group-08")["means.ipynb"] == room.means


def test_one_groups_own_archive_is_known_by_its_name(give, room):
    assert only(give({"adding.ipynb": room.adding}, "group-07.zip")).new == ["adding"]
    stamp = room.files("group-07")["timestamp.txt"].decode()
    assert not stamp.startswith("2026-05-04")  # the time within the archive


@pytest.mark.parametrize("kind", ["folder", "all.zip", "all.tar.gz", "group-07.zip", "nested"])
def test_who_hands_in_a_checkpoint_alone_is_named_in_one_line(give, room, kind):
    files = {".ipynb_checkpoints/adding-checkpoint.ipynb": room.adding, ".DS_Store": b"x"}
    if kind == "nested":
        done = give({"group-07.zip": zipped(files)}, "all.zip")
    elif kind == "group-07.zip":
        done = give(files, kind)
    else:
        done = give({f"group-07/{name}": data for name, data in files.items()}, kind)
    (text,) = problems(done)
    assert only(done).group == "group-07"
    assert "nothing else was handed in" in text
    assert not done.is_clean
    assert only(done).arrived is None
    handed = read_submission(room.course.submitted / "group-07" / SHEET, room.stubs)
    assert {one.status for one in handed} == {"ungradable"}


def test_junk_beside_a_hand_in_or_elsewhere_names_nobody(give, room):
    junk = (
        ".DS_Store", "__MACOSX/group-08/._means.ipynb", ".git/group-09/means.ipynb",
        "group-07/.ipynb_checkpoints/adding-checkpoint.ipynb", "group-07/__pycache__/x.pyc",
    )  # fmt: skip
    done = give({"group-07/adding.ipynb": room.adding, **dict.fromkeys(junk, b"x")}, "all.zip")
    assert only(done).new == ["adding"]
    assert done.is_clean


def test_browser_copies_count_by_time_then_by_number(give, room):
    done = give(
        {"group-07/adding.ipynb": b"old", "group-07/adding (2).ipynb": room.adding}, "all.zip"
    )
    assert room.files("group-07")["adding.ipynb"] == room.adding
    assert room.earlier("group-07") == [b"old"]
    assert any("adding (2).ipynb was taken as adding.ipynb" in t for t in only(done).remarks)


def test_the_latest_hand_in_counts_and_both_are_kept(give, room, tmp_path):
    give({"group-07/adding.ipynb": b"first", "group-07/means.ipynb": room.means})
    later = tmp_path / "later" / "group-07" / "adding.ipynb"
    later.parent.mkdir(parents=True)
    later.write_bytes(room.adding)
    os.utime(later, (4_000_000_000, 4_000_000_000))
    one = only(room.collect(tmp_path / "later"))
    assert room.files("group-07")["adding.ipynb"] == room.adding
    assert room.files("group-07")["means.ipynb"] == room.means
    assert room.earlier("group-07") == [b"first"]
    assert any("an earlier one is kept" in text for text in one.remarks)
    assert room.files("group-07")["timestamp.txt"].startswith(b"2096-10-02 07:06:40")
    # once more: nothing changes, nothing is kept twice
    assert only(room.collect(tmp_path / "later")).same == ["adding"]
    os.utime(later, (1_000_000_000, 1_000_000_000))
    later.write_bytes(b"older")
    os.utime(later, (1_000_000_000, 1_000_000_000))
    one = only(room.collect(tmp_path / "later"))
    assert any("a later one was there already" in text for text in one.remarks)
    assert room.files("group-07")["adding.ipynb"] == room.adding
    assert sorted(room.earlier("group-07")) == [b"first", b"older"]
    assert room.course.groups(SHEET) == ["group-07"]


def test_files_beside_the_notebooks_are_those_of_the_latest_hand_in(room, tmp_path):
    def later(name: str, seconds: int, files: dict[str, bytes]) -> Collected:
        for inner, data in files.items():
            path = tmp_path / name / "group-07" / inner
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (seconds, seconds))
        return only(room.collect(tmp_path / name))

    notebooks = {"adding.ipynb": room.adding, "means.ipynb": room.means}
    first = {"helper.py": b"1", "parts/random.py": b"1", "data.csv": b"1", "own.ipynb": b"{}"}
    later("first", 1_000_000_000, notebooks | first)
    assert set(first) <= set(room.files("group-07"))
    later("part", 2_000_000_000, {"adding.ipynb": room.adding, "more.csv": b"2"})
    assert set(first) | {"more.csv"} <= set(room.files("group-07"))  # the other one may need them
    one = later("second", 3_000_000_000, notebooks | {"helper.py": b"3"})
    got = room.files("group-07")
    assert set(got) == {*notebooks, "helper.py", "timestamp.txt"}
    assert got["helper.py"] == b"3"
    assert not (room.course.submitted / "group-07" / SHEET / "parts").exists()
    assert any("parts/random.py: an earlier one is kept in .earlier/group-07" in t
               for t in one.remarks)  # fmt: skip
    kept = room.course.submitted / ".earlier" / "group-07" / SHEET
    assert {path.name for path in kept.rglob("*.*")} >= {"random.py", "data.csv", "more.csv"}
    # what is collected again is earlier than what is there
    one = only(room.collect(tmp_path / "first"))
    assert room.files("group-07") == got
    assert any("helper.py: belongs to an earlier hand-in" in text for text in one.remarks)
    alone = later("alone", 2_500_000_000, {"helper.py": b"2", "scan.pdf": b"2"})
    assert any("helper.py: belongs to an earlier" in text for text in alone.remarks)
    assert room.files("group-07") == got | {"scan.pdf": b"2"}


def test_two_members_who_hand_in_for_one_group_are_one_submission(give, room):
    people = [Person(f"p00{n}", "blue", name) for n, name in enumerate(("Ann One", "Bo Two"))]
    files = {
        "Ann One_1_assignsubmission_file_/adding.ipynb": room.adding,
        "Bo Two_2_assignsubmission_file_/means.ipynb": room.means,
        "Cy Three_3_assignsubmission_file_/means.ipynb": room.means,
    }
    done = give(files, "all.zip", roster=Roster([*people, Person("p009", "red")]))
    assert [one.group for one in done.groups] == ["blue"]
    assert set(room.files("blue")) == {"adding.ipynb", "means.ipynb", "timestamp.txt"}
    assert ["no group of the roster" in text for text in done.stray] == [True]
    assert done.absent == ["red"]


def test_nothing_of_another_group_is_taken(give, room):
    inner = zipped({"group-08/adding.ipynb": room.adding, "../group-08/x.ipynb": room.adding})
    done = give({"group-07.zip": inner}, "all.zip")
    assert only(done).group == "group-07"
    assert len(only(done).problems) >= 2
    assert any("names group-07 and group-08: whose is it?" in text for text in problems(done))
    assert room.course.groups(SHEET) == ["group-07"]
    assert "adding.ipynb" not in room.files("group-07")
    handed = read_submission(room.course.submitted / "group-07" / SHEET, room.stubs)
    assert {one.status for one in handed} == {"ungradable"}
    assert "something was rejected" in handed[0].reason


def test_the_course_itself_is_no_collection(room):
    for path in (room.course.submitted, room.course.root, room.course.root.parent):
        path.mkdir(exist_ok=True)
        with pytest.raises(CourseError, match="expected where they come from"):
            room.collect(path)


def test_files_of_nobody_are_told(give, room):
    done = give({"work/adding.ipynb": room.adding})
    assert done.groups == []
    assert "expected a folder or file such as group-07" in done.stray[0]


def test_a_bomb_is_told_to_the_tutor_and_is_no_silent_zero(give, room, monkeypatch):
    monkeypatch.setattr("course_grader.intake.unpack._FREE", 1000)
    files = {"group-07/adding.ipynb": bytes(1_000_000), "group-08/adding.ipynb": room.adding}
    done = give(files, "all.zip")
    assert [bool(one.problems) for one in done.groups] == [True, False]
    handed = read_submission(room.course.submitted / "group-07" / SHEET, room.stubs)
    assert "zip bomb" in handed[0].reason
    assert handed[0].status == "ungradable"


def test_a_notebook_of_another_sheet_is_rejected(give, room):
    notebook = tiny.notebook(tiny.solution("def f():\n    pass", "task-9-other"))
    path = room.course.source / "week2" / "other.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    done = give({"group-07/other.ipynb": path.read_bytes()})
    assert any("it is other of week2" in text for text in problems(done))
    assert "other.ipynb" not in room.files("group-07")


def test_a_notebook_under_another_name_is_known_by_its_cells(give, room):
    done = give({"group-07/our final version.ipynb": room.adding})
    assert only(done).new == ["adding"]
    assert room.files("group-07")["adding.ipynb"] == room.adding


def test_a_notebook_in_anothers_place_is_ungradable(give, room):
    done = give({"group-07/adding.ipynb": room.means, "group-07/means.ipynb": room.adding})
    assert sum("holds the cells of another notebook" in text for text in problems(done)) == 2


def test_names_that_differ_in_case_only_do_not_collide(give, room):
    files = {
        "group-07/Adding.ipynb": room.adding,
        "group-07/Data.csv": b"1",
        "group-07/data.CSV": b"2",
        "group-07/TimeStamp.txt": b"2000-01-01 00:00:00 UTC",
    }
    done = give(files, "all.zip")
    got = room.files("group-07")
    assert len([name for name in got if name.lower() == "data.csv"]) == 1
    assert any("differ in case only" in text for text in only(done).remarks)
    assert any("nobody can set it" in text for text in problems(done))
    assert not got["timestamp.txt"].startswith(b"2000")


def test_late_hand_ins_get_nbgraders_penalty(give, room):
    grading = Grading(room.course, SHEET)
    grading._learn(solutions_of(grading.course, SHEET))
    with room.course.gradebook() as gradebook:
        gradebook.find_assignment(SHEET).duedate = datetime(2026, 5, 1)
        gradebook.db.commit()
    room.course.config.LateSubmissionPlugin.penalty_method = "zero"
    done = give({"group-07/means.ipynb": room.means}, "all.zip")
    assert only(done).late > 3 * 24 * 3600
    stamp = room.files("group-07")["timestamp.txt"].decode()
    assert stamp.startswith(f"{datetime(2026, 5, 4, 12).astimezone().astimezone(UTC):%Y-%m-%d %H}")
    Grading(room.course, SHEET).run()
    with room.course.gradebook() as gradebook:
        one = gradebook.find_submission(SHEET, "group-07")
        assert one.total_seconds_late == pytest.approx(done.groups[0].late)
        assert sum(nb.late_submission_penalty or 0 for nb in one.notebooks) == 3


@pytest.mark.parametrize(
    ("path", "complaint"), [("nowhere", "there is no"), ("empty", "no file that could be")]
)
def test_nothing_to_collect_is_a_mistake_of_the_call(room, tmp_path, path, complaint):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match=complaint):
        room.collect(tmp_path / path)


def test_the_command_reports_and_ends_with_1_when_something_needs_a_person(room, tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(
        zipped({"group-07/adding.ipynb": room.adding, "group-08/adding.ipynb": b"{", "x.txt": b""})
    )
    result = Result("collect", SHEET, str(path), "--course", str(room.course.root))
    assert (result.status, result.err) == (1, "")
    for text in (
        "Submissions for week1",
        "group-07: means.ipynb was not handed in",
        "group-08: adding: adding.ipynb is not a notebook",
        "belongs to no group, not taken: x.txt",
        "2 groups; next: `genlhc grade week1`",
    ):
        assert text in result.out
    for arguments in (("nowhere.zip",), (str(path), "--roster", "nowhere.csv")):
        assert Result("collect", SHEET, *arguments, "--course", str(room.course.root)).status == 2


# What is wrong with the bytes of a notebook


def cells_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = content["cells"]
    return found


def without_ids(content: dict[str, Any]) -> None:
    content["nbformat_minor"] = 4
    for cell in cells_of(content):
        del cell["id"]


def equal_ids(content: dict[str, Any]) -> None:
    for cell in cells_of(content):
        cell["id"] = "same"


def newer_minor(content: dict[str, Any]) -> None:
    content.update(nbformat_minor=99, unheard_of=True)
    cells_of(content)[0]["unheard_of"] = 1


def newer_major(content: dict[str, Any]) -> None:
    content.update(nbformat=6, nbformat_minor=0)


def no_number(content: dict[str, Any]) -> None:
    del content["nbformat"], content["nbformat_minor"]


def no_metadata(content: dict[str, Any]) -> None:
    del content["metadata"]
    for cell in cells_of(content):
        if "nbgrader" not in cell["metadata"]:
            del cell["metadata"]
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def huge_outputs(content: dict[str, Any]) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 11_000_000}
    next(cell for cell in cells_of(content) if cell["cell_type"] == "code")["outputs"] = [output]


def windows(content: dict[str, Any]) -> None:
    for cell in cells_of(content):
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


def stale_kernel(content: dict[str, Any]) -> None:
    content["metadata"]["kernelspec"] = {"name": "conda-env-x", "display_name": "x"}


def surrogates(content: dict[str, Any]) -> None:
    cells_of(content)[0]["source"] = "\ud800 text"


def odd_metadata(content: dict[str, Any]) -> None:
    cells_of(content)[0]["metadata"] = {"tags": 3, "name": [], "collapsed": "no"}
    content["metadata"]["authors"] = 3


def changed(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    content = json.loads(data)
    change(content)
    return json.dumps(content).encode()


def in_format_3(data: bytes) -> bytes:
    content = json.loads(data)
    for cell in content["cells"]:
        del cell["id"]
        if cell["cell_type"] == "code":
            cell["input"], cell["language"] = cell.pop("source"), "python"
            cell["prompt_number"] = cell.pop("execution_count")
    sheets = [{"cells": content["cells"], "metadata": {}}]
    return json.dumps(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}
    ).encode()


REPAIRED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "bom": (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
    "utf-16": (lambda data: data.decode().encode("utf-16"), "saved as UTF-16"),
    "utf-16-le": (lambda data: data.decode().encode("utf-16-le"), "saved as UTF-16-LE"),
    "latin-1": (
        lambda data: data.replace(b"# Adding", b"# \xe4dding"),
        "saved as LATIN-1",
    ),
    "crlf": (lambda data: data.replace(b"\n", b"\r\n"), ""),
    "crlf in cells": (lambda data: changed(data, windows), "line ends of Windows"),
    "format 3": (in_format_3, "format 3.0 is old"),
    "format 4.99": (lambda data: changed(data, newer_minor), "4.99 is newer"),
    "format 6": (lambda data: changed(data, newer_major), "6.0 is newer"),
    "no format": (lambda data: changed(data, no_number), "format's number was missing"),
    "no ids": (lambda data: changed(data, without_ids), ""),
    "equal ids": (lambda data: changed(data, equal_ids), "ids of cells occurred more than once"),
    "no metadata": (lambda data: changed(data, no_metadata), "without metadata"),
    "odd metadata": (lambda data: changed(data, odd_metadata), ""),
    "huge outputs": (lambda data: changed(data, huge_outputs), "outputs of 11 MB were left out"),
    "stale kernel": (
        lambda data: changed(data, stale_kernel),
        "saved for the kernel 'conda-env-x'",
    ),
    "surrogates": (lambda data: changed(data, surrogates), ""),
}


@pytest.mark.parametrize("case", REPAIRED)
def test_a_notebook_is_repaired_and_said_and_its_bytes_are_kept(give, room, case):
    change, remark = REPAIRED[case]
    data = change(room.adding)
    done = give({"group-07/adding.ipynb": data})
    assert problems(done) == []
    assert remark in " ".join(only(done).remarks)
    assert room.files("group-07")["adding.ipynb"] == data
    handed = read_submission(room.course.submitted / "group-07" / SHEET, room.stubs)
    laid = lay_out(room.course, SHEET, "group-07", handed) / "group-07" / SHEET / "adding.ipynb"
    notebook = read_notebook(laid)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    answers = {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}
    expected = {grade_id(cell): cell.source for cell in room.solved["adding"].cells}
    assert answers == {name: text for name, text in expected.items() if name}
    assert notebook.metadata.kernelspec == room.stubs["adding"].metadata.kernelspec


EMPTY = [{"cell_type": "code", "source": "", "metadata": {}, "id": "a", "execution_count": None}]


def test_a_thousand_copies_of_a_test_are_told_in_a_few_remarks(give, room):
    def copies(content: dict[str, Any]) -> None:
        (cell,) = (one for one in cells_of(content) if one["id"] == "check-1-add")
        cells_of(content).extend([cell] * 1_000)

    give(
        {"group-07/adding.ipynb": changed(room.adding, copies), "group-07/means.ipynb": room.means}
    )
    handed = read_submission(room.course.submitted / "group-07" / SHEET, room.stubs)
    assert [one.status for one in handed] == ["graded", "graded"]
    assert len(handed[0].remarks) == 21
    assert re.fullmatch(r"and \d+ remarks more", handed[0].remarks[-1])


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "is empty"),
    "only a mark": (lambda data: b"\xff\xfe", "is empty"),
    "half": (lambda data: data[:300], "breaks off or is damaged"),
    "noise": (lambda data: bytes(range(256)) * 9, "breaks off or is damaged"),
    "zip": (lambda data: zipped({"adding.ipynb": data}), "but a zip archive"),
    "web page": (lambda data: b"<!DOCTYPE html><html>", "but a web page"),
    "pdf": (lambda data: b"%PDF-1.7", "but a PDF"),
    "list": (lambda data: b"[1]", "it has no cells"),
    "nested": (lambda data: b"[" * 100_000, "breaks off or is damaged"),
    "long number": (lambda data: b'{"cells": ' + b"9" * 9000 + b"}", "breaks off or is damaged"),
    "cells": (lambda data: b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5}', "not a list"),
    "cell": (lambda data: b'{"cells": [7], "nbformat": 4, "nbformat_minor": 5}', "no known kind"),
    "no cell": (
        lambda data: b'{"cells": [], "nbformat": 4, "nbformat_minor": 5}',
        "none of the cells for answers",
    ),
    "many cells": (
        lambda data: changed(data, lambda content: cells_of(content).extend(EMPTY * 100_000)),
        "more than 2,000; delete those that are not yours",
    ),
    "many old cells": (
        lambda data: in_format_3(
            changed(data, lambda content: cells_of(content).extend(EMPTY * 2_000))
        ),
        "more than 2,000; delete those that are not yours",
    ),
    "a long answer": (
        lambda data: data.replace(b"# Adding", b"<" * 200_001),
        "200 kB of text in its cell 1, more than 200 kB",
    ),
    "huge cells": (lambda data: data.replace(b"# Adding", b"x" * 21_000_000), "keep data in files"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_notebook_that_cannot_be_repaired_is_ungradable_with_a_reason(give, room, case):
    change, reason = BROKEN[case]
    done = give({"group-07/adding.ipynb": change(room.adding), "group-07/means.ipynb": room.means})
    assert [reason in text for text in problems(done)] == [True]
    handed = read_submission(room.course.submitted / "group-07" / SHEET, room.stubs)
    assert [one.status for one in handed] == ["ungradable", "graded"]
    assert len(handed[0].reason) < 400


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON document that can hold something else."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, Any]] = []
    for key, inner in pairs:
        found.append((value, key))
        if isinstance(inner, dict | list):
            found += nodes(inner)
    return found


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=80)
@given(data=st.data())
def test_whatever_stands_in_a_notebook_it_is_graded_or_ungradable_with_a_reason(
    released_course, tmp_path_factory, data
):
    content = json.loads(nbformat.writes(tiny.adding()))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(nodes(content)))
        holder[key] = data.draw(JUNK)
    folder = tmp_path_factory.mktemp("junk")
    (folder / "adding.ipynb").write_text(json.dumps(content))
    stub = read_notebook(released_course / "exercises" / SHEET / "adding.ipynb")
    (one,) = read_submission(folder, {"adding": stub})
    if one.status == "graded":
        nbformat.validate(one.notebook)
        assert {grade_id(c) for c in one.notebook.cells} >= {grade_id(c) for c in stub.cells}
        notebook_text(one.notebook).encode()
    else:
        assert one.reason.startswith("adding.ipynb ")


def test_links_in_submitted_are_not_read(room):
    folder = room.course.submitted / "group-07" / SHEET
    folder.mkdir(parents=True)
    (folder / "adding.ipynb").symlink_to(room.course.source / SHEET / "adding.ipynb")
    os.mkfifo(folder / "means.ipynb")
    handed = read_submission(folder, room.stubs)
    assert ["not a file but a link" in one.reason for one in handed] == [True, True]


def test_pages_are_not_laid_out_where_a_tutor_clicks(room):
    folder = room.course.submitted / "group-07" / SHEET
    folder.mkdir(parents=True)
    for name in ("a.html", "b.SVG", "c.csv"):
        (folder / name).write_text("x")
    laid = lay_out(room.course, SHEET, "group-07", []) / "group-07" / SHEET
    assert [path.name for path in laid.iterdir()] == ["c.csv"]


# What students do to cells


def by_id(notebook: Any, name: str) -> Any:
    return next(cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == name)


def altered(notebook: Any) -> None:
    by_id(notebook, "check-1-add").source = "pass"


def retyped(notebook: Any) -> None:
    index = notebook.cells.index(by_id(notebook, "check-1-add"))
    old = notebook.cells[index]
    new = nbformat.v4.new_markdown_cell(old.source, metadata=old.metadata, id=old.id)
    new["attachments"] = {"x.png": {"image/png": tiny.DOT}}
    notebook.cells[index] = new


def deleted(notebook: Any) -> None:
    notebook.cells.remove(by_id(notebook, "check-1-add"))


def reordered(notebook: Any) -> None:
    cell = by_id(notebook, "check-1-add")
    notebook.cells.remove(cell)
    notebook.cells.insert(1, cell)


def doubled(notebook: Any) -> None:
    notebook.cells.append(copy.deepcopy(by_id(notebook, "task-1-add")))


def rewritten(notebook: Any) -> None:
    cell = by_id(notebook, "check-1-add")
    cell.metadata.nbgrader.update(points=100, locked=False, grade=False)
    cell.metadata["timeout"] = 1e9


MEDDLED = {
    altered: "check-1-add was altered: it is as handed out again",
    retyped: "check-1-add was made a markdown cell: it is a code cell again",
    deleted: "check-1-add was deleted: it was put back as handed out",
    reordered: "cells changed places: put back in order",
    doubled: "task-1-add occurs more than once: the last copy counts",
    rewritten: "",
}


@pytest.mark.parametrize("change", MEDDLED)
def test_test_cells_are_restored_from_the_master_and_said(room, change):
    notebook = copy.deepcopy(room.solved["adding"])
    notebook.cells = notebook.cells[1:]
    change(notebook)
    merged, remarks = merge(notebook, room.stubs["adding"])
    master = [cell for cell in room.stubs["adding"].cells if grade_id(cell)]
    known = [cell for cell in merged.cells if grade_id(cell)]
    assert [grade_id(cell) for cell in known] == [grade_id(cell) for cell in master]
    for mine, theirs in zip(known, master, strict=True):
        assert mine.metadata == theirs.metadata
        assert mine.cell_type == theirs.cell_type
        if theirs.metadata.nbgrader.locked:
            assert mine.source == theirs.source
    assert MEDDLED[change] in " ".join(remarks)
    nbformat.validate(merged)


@pytest.mark.parametrize("ids", ["kept", "lost"])
@pytest.mark.parametrize("name", tiny.NOTEBOOKS)
def test_answers_are_found_when_the_metadata_is_lost(room, name, ids):
    notebook = copy.deepcopy(room.solved[name])
    for index, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({})
        if ids == "lost":
            cell.id = f"new-{index}"
    notebook.cells.insert(3, nbformat.v4.new_code_cell("print('mine')"))
    merged, remarks = merge(notebook, room.stubs[name])
    got = {grade_id(cell): cell.source for cell in merged.cells if grade_id(cell)}
    expected = {grade_id(cell): cell.source for cell in room.solved[name].cells if grade_id(cell)}
    assert got == expected
    assert "metadata was lost: found again" in remarks[0]


def test_what_is_collected_is_graded(give, room):
    done = give(
        {
            "group-07/adding (1).ipynb": b"\xef\xbb\xbf" + room.adding,
            "group-08/adding.ipynb": b"{",
            "group-08/link.zip": b"no zip",
        },
        "all.zip",
    )
    assert [one.group for one in done.groups] == ["group-07", "group-08"]
    Grading(room.course, SHEET).run()
    table = {(row.group, row.task): row for row in rows(room.course, SHEET)}
    assert table["group-07", "check-1-add"].score == 2
    assert table["group-07", "check-4-mean"].status == "missing"
    assert table["group-08", "check-1-add"].status == "ungradable"
    assert table["group-08", "check-4-mean"].status == "ungradable"
    assert "link.zip" in table["group-08", "check-4-mean"].reason
