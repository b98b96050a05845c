"""Limits of cgroup v2, on a tree of plain files: no machine that the tests run on need have it."""

import os

import nbformat
import pytest

from course_grader.doctor import examine
from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import server_for
from course_grader.sandbox import cgroups
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, View
from course_grader.sandbox.cgroups import Cgroup, delegated, group_for, guard

SCOPE = "user.slice/genlhc.scope"
LIMITS = Limits(memory=1 << 30, disk=1 << 20, processes=20)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A delegated part of a tree; this process is in it."""
    tree, own = tmp_path / "tree", tmp_path / "own"
    place = tree / SCOPE
    place.mkdir(parents=True)
    for folder in (tree, place):
        (folder / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
        (folder / "cgroup.subtree_control").write_text("")
        (folder / "cgroup.procs").write_text("")
    own.write_text(f"1:name=systemd:/x\n0::/{SCOPE}\n")
    monkeypatch.setattr(cgroups, "TREE", tree)
    monkeypatch.setattr(cgroups, "OWN", own)
    monkeypatch.setattr(cgroups, "TRIES", 1)  # files that stay make the folder stay
    return place


def text(path):
    return path.read_text().strip()


def groups_in(place):
    return sorted(place.glob(f"genlhc-{os.getpid()}-*"))


def test_a_submission_has_a_group_with_limits(place):
    group = group_for(5 << 30, 99, 4321)
    assert group.folder.parent == place
    assert text(group.folder / "memory.max") == str(5 << 30)
    assert text(group.folder / "memory.swap.max") == "0"
    assert text(group.folder / "pids.max") == "99"
    assert text(group.folder / "cgroup.procs") == "4321"
    assert group_for(1, 1, 1).folder != group.folder


def test_the_grader_makes_room_for_groups_with_limits(place):
    delegated()
    assert text(place / "genlhc" / "cgroup.procs").isdigit()  # the last one that was moved
    assert text(place / "cgroup.subtree_control") == "+memory +pids"


def test_who_has_moved_stays_where_it_is(place):
    (place / "cgroup.subtree_control").write_text("memory pids\n")
    cgroups.OWN.write_text(f"0::/{SCOPE}/genlhc\n")
    assert delegated() == place
    assert not (place / "genlhc").exists()
    assert group_for(1, 1, 1).folder.parent == place


def test_a_group_ends_with_all_that_is_in_it(place):
    group = group_for(1, 1, 1)
    group.close()
    assert text(group.folder / "cgroup.kill") == "1"


def test_a_group_that_has_gone_is_no_trouble(place):
    group = group_for(1, 1, 1)
    for file in group.folder.iterdir():
        file.unlink()
    group.folder.rmdir()
    group.close()
    assert not group.folder.exists()


@pytest.mark.parametrize(
    ("said", "ran_out"),
    [
        ("low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n", True),
        ("low 0\nmax 7\noom 0\noom_kill 0\n", False),
        ("", False),
        ("what is this", False),
        (None, False),
    ],
)
def test_who_was_ended_for_want_of_memory_is_known(place, said, ran_out):
    group = group_for(1, 1, 1)
    if said is not None:
        (group.folder / "memory.events").write_text(said)
    assert group.ran_out is ran_out


def without_memory(place):
    (place / "cgroup.controllers").write_text("cpu pids\n")


def version_one(place):
    (cgroups.TREE / "cgroup.controllers").unlink()


def others_there(place):
    """The kernel refuses to give limits on, as it does where other processes are."""
    (place / "cgroup.subtree_control").unlink()
    (place / "cgroup.subtree_control").mkdir()


def not_ours(place):
    (place / "genlhc").write_text("a file where the group should be")


def nothing_known(place):
    cgroups.OWN.unlink()


def nonsense(place):
    cgroups.OWN.write_text("nonsense\n")


MISSING = {
    without_memory: "has no memory to give",
    version_one: "is not of version 2",
    others_there: "directory",
    not_ours: "exists",
    nothing_known: "No such file",
    nonsense: "is not of version 2",
}


@pytest.mark.parametrize("change", MISSING)
def test_where_there_can_be_none_the_other_limits_are_what_there_is(place, change):
    change(place)
    assert group_for(1, 1, 1) is None
    assert guard().startswith("limits of each process, and watching them")
    assert MISSING[change] in guard()
    assert groups_in(place) == []


def test_a_group_that_takes_nobody_in_is_none(place, monkeypatch):
    def refuse(_group, _pid):
        raise OSError("no such process")

    monkeypatch.setattr(Cgroup, "add", refuse)
    assert group_for(1, 1, 1) is None


def test_the_doctor_says_which_guard_is_in_force(place, course):
    def seen():
        found = {one.what: one for one in examine(course)}
        return found["guard of memory and processes"].seen

    assert seen().startswith(f"cgroup v2 in {place}")
    without_memory(place)
    assert "no cgroup v2" in seen()
    assert "Delegate=yes" in seen()


def test_a_sandbox_is_in_a_group_of_its_own(place):
    with Sandbox(View(), LIMITS, most_parked=3) as box:
        (folder,) = groups_in(place)
        assert text(folder / "cgroup.procs") == str(box.control.pid)
        assert text(folder / "pids.max") == str(2 * 20 + 3 + 16)
        assert int(text(folder / "memory.max")) > 2 * LIMITS.memory + 3 * LIMITS.disk
        assert box.cause == ""
    assert text(folder / "cgroup.kill") == "1"


def test_a_sandbox_needs_no_group(place):
    version_one(place)
    with Sandbox(View(), LIMITS) as box:
        assert box.notebook().is_open
        assert box.cause == ""
    assert groups_in(place) == []


@pytest.mark.parametrize("oom", [True, False])
def test_a_cell_that_the_kernel_ended_has_a_reason(place, tmp_path, monkeypatch, oom):
    monkeypatch.setattr(Cgroup, "ran_out", oom)
    source = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    plan = Plan(tmp_path, limits=LIMITS)
    run_submission({"one": notebook}, plan, server_for(tmp_path, (), LIMITS.memory))
    (error,) = notebook.cells[0].outputs
    assert "the process of this cell died" in error.evalue
    assert ("all its memory, the kernel's for it included, was used up" in error.evalue) == oom
