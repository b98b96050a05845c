"""What two groups can do to each other while both run: nothing, and honest things still work.

The partners meet at a barrier of the trusted side after each cell, so that they overlap for sure.
"""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.marking.plan import Plan
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.sandbox import nursery
from course_grader.sandbox.bubblewrap import Limits, View
from course_grader.sandbox.processes import memory, sockets

LIMITS = Limits(call=30, cell=60, notebook=120, memory=2 << 30, disk=32 << 20)
NOTHING = View({})
PATIENCE = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with TestServer(tmp_path_factory.mktemp("tests")) as server:
        yield server


def run(server, *sources, heard=None, modules=(), view=NOTHING):
    """Cells through the sandbox; what they printed, and their errors."""
    made = tiny.notebook(*map(new_code_cell, sources))
    plan = Plan(Path.cwd(), view, modules, (), LIMITS)
    run_submission({"n": made}, plan, server, heard)
    return [
        "".join(one.get("text", "") or one.get("evalue", "") for one in cell.outputs)
        for cell in made.cells
    ]


def meet(server, *partners, view=NOTHING):
    """Runs notebooks at the same time, cell by cell; what each of them printed."""
    barrier = threading.Barrier(len(partners))

    def heard(*_):
        barrier.wait(PATIENCE)

    with ThreadPoolExecutor(len(partners)) as pool:
        return list(pool.map(lambda cells: run(server, *cells, heard=heard, view=view), partners))


READY = """
import ctypes, fcntl, os, socket, struct
libc = ctypes.CDLL(None)
file = open(os.__file__)
null = open("/dev/null", "r+b", 0)
lock = lambda kind: struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 1, 0)
F_OFD_GETLK, F_OFD_SETLK, F_GET_RW_HINT, F_SET_RW_HINT = 36, 37, 1035, 1036
def tried(what, *arguments):
    try:
        return what(*arguments)
    except OSError as error:
        return None
def hint():
    return tried(fcntl.fcntl, file, F_GET_RW_HINT, bytes(8))
"""
LISTEN = """
events = libc.inotify_init1(os.O_NONBLOCK)
libc.inotify_add_watch(events, os.__file__.encode(), 0xFFF)
before = os.stat("/dev/null").st_mtime_ns, fcntl.fcntl(0, fcntl.F_GETFL), hint()
"""
SEND = """
fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
tried(fcntl.flock, file, fcntl.LOCK_EX)
tried(fcntl.fcntl, null, fcntl.F_SETLK, lock(fcntl.F_WRLCK))
tried(fcntl.fcntl, file, F_OFD_SETLK, lock(fcntl.F_RDLCK))
tried(fcntl.fcntl, file, F_SET_RW_HINT, struct.pack("q", 5))
tried(os.utime, "/dev/null")
terminal = os.openpty()
open(os.__file__).read(1)
"""
HEAR = """
found = []
try:
    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
except BlockingIOError:
    found.append("flock")
for name, where, get in (("posix", null, fcntl.F_GETLK), ("ofd", file, F_OFD_GETLK)):
    said = tried(fcntl.fcntl, where, get, lock(fcntl.F_WRLCK))
    if said is None or struct.unpack_from("h", said)[0] != fcntl.F_UNLCK:
        found.append(name)
if tried(os.read, events, 4096):
    found.append("inotify")
after = os.stat("/dev/null").st_mtime_ns, fcntl.fcntl(0, fcntl.F_GETFL), hint()
found += [name for name, old, new in zip(("times", "flags", "hint"), before, after) if old != new]
if any(name.isdigit() for name in os.listdir("/dev/pts")):
    found.append("terminal")
print(found)
"""
PARTNERS = (
    (READY, SEND, "terminal"),
    (READY + LISTEN, "pass", HEAR),
)


def test_two_groups_that_overlap_tell_each_other_nothing(server):
    assert meet(server, *PARTNERS)[1] == ["", "", "[]\n"]


def test_without_the_filter_they_would(server, monkeypatch):
    """The attack of the test before is one."""
    monkeypatch.setattr(nursery, "program", lambda: b"")
    said = meet(server, *PARTNERS)[1][2]
    assert all(f"'{name}'" in said for name in ("flock", "posix", "ofd", "inotify")), said


LEAVE = """
import os
os.makedirs("../plots", exist_ok=True)
for name in ("../plots/mine.txt", "../../data/more.txt", "../../../mine.txt"):
    open(name, "w").write("for you")
os.unlink("../../data/given.txt")
open("../../data/given.txt", "w").write("changed")
os.unlink("../../lib/given.txt")
"""
FIND = """
import os
print(os.listdir(".."), os.listdir("../../data"), os.listdir("../../lib"))
print(os.path.exists("../../../mine.txt"))
print(open("../../data/given.txt").read(), open("../../lib/given.txt").read())
"""


def test_folders_of_the_bundle_are_each_rooms_own(server, tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "given.txt").write_text("given")
    view = View({"data": given, "lib": given}, place="course/exercises/week1")
    seen = "['week1'] ['given.txt'] ['given.txt']\nFalse\ngiven given\n"
    assert meet(server, (LEAVE, "pass"), ("pass", FIND), view=view) == [["", ""], ["", seen]]
    assert run(server, FIND, view=view) == [seen]
    assert (given / "given.txt").read_text() == "given"


HONEST = """
import multiprocessing, os, pty, sqlite3, tempfile
from concurrent.futures import ProcessPoolExecutor
import h5py, matplotlib.pyplot as plt, numpy, torch
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.arange(100)), batch_size=10, num_workers=2)
assert sum(int(batch.sum()) for (batch,) in loader) == 4950
with multiprocessing.get_context("fork").Pool(4) as pool:
    assert sum(pool.map(abs, range(10))) == 45
with ProcessPoolExecutor(2) as pool:
    assert list(pool.map(abs, [1, -2])) == [1, 2]
first = sqlite3.connect("own.db")
first.execute("pragma journal_mode=wal")
first.execute("create table t (a)")
first.execute("insert into t values (1)")
first.commit()
with sqlite3.connect("own.db") as second:
    second.execute("insert into t values (2)")
assert first.execute("select sum(a) from t").fetchone() == (3,)
with h5py.File("own.h5", "w") as file:
    file["x"] = numpy.arange(3)
with h5py.File("own.h5") as file:
    assert file["x"][2] == 2
torch.save(torch.ones(3), "own.pt")
assert torch.load("own.pt").sum() == 3
assert numpy.memmap("own.bin", "f8", "w+", shape=100).sum() == 0
for k in range(20):
    plt.plot([1, 2])
    plt.savefig(f"{k}.png")
    plt.close()
assert os.read(os.openpty()[0], 0) == b""
print("all well")
"""


def test_what_honest_notebooks_use_still_works(server):
    assert run(server, HONEST, modules=("torch", "matplotlib.pyplot")) == ["all well\n"]


TABLES = """
import mmap, sys
whole = mmap.mmap(-1, 8 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
for part in range(0, len(whole), 1 << 21):
    whole[part]
print("there", flush=True)
sys.stdin.read()
"""


def test_page_tables_count_as_memory():
    command = [sys.executable, "-c", TABLES]
    with subprocess.Popen(command, stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        one = psutil.Process(process.pid)
        tables = memory([one], "rss") - one.memory_info().rss
        process.stdin.close()
    assert 16 << 20 <= tables < 24 << 20
    assert memory([one], "rss") == sockets(one) == 0  # it has gone


LOOK = """
import asyncio, os
loop = asyncio.get_event_loop()
own = {str(one.fileno()) for one in (loop._selector, loop._ssock, loop._csock)}
with open("/proc/self/maps") as maps:
    shared = [line for line in maps if line.split()[1][1:].endswith("s") and "w" in line.split()[1]]
kinds = [os.readlink(f"/proc/self/fd/{fd}").split(":")[0] for fd in os.listdir("/proc/self/fd")
         if os.path.exists(f"/proc/self/fd/{fd}") and fd not in own]
print(shared, sorted(kinds))
"""


def test_a_room_inherits_no_shared_memory_and_no_open_file(server):
    """Beside its own connection, its own terminal and its own event loop."""
    (said,) = run(server, LOOK, modules=("torch", "matplotlib.pyplot"))
    assert said == "[] ['/dev/null', 'pipe', 'pipe', 'socket']\n"
