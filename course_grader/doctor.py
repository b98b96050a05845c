"""Is this machine fit to grade? What is missing, and how to mend it."""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from packaging.requirements import Requirement

from course_grader.course import Course
from course_grader.execute import TrustedExecute
from course_grader.handout import shown
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, SandboxError, View, sandboxed
from course_grader.sandbox.cgroups import guard

SYSCTL = Path("/proc/sys")
REACH_OUT = """
import os, socket
try:
    socket.create_connection(("1.1.1.1", 53), 1)
    print("the network can be reached")
except OSError:
    pass
try:
    open("/usr/x", "w")
    print("system files can be written")
except OSError:
    pass
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: was looked at.
        good: whether it is as it should be.
        seen: what was found.
        mend: what to do where it is not good.
    """

    what: str
    good: bool
    seen: str
    mend: str = ""


def examine(course: Course) -> list[Finding]:
    """Everything that grading needs, the most basic first."""
    limits = TrustedExecute(config=course.config).limits
    view = View(shown(course, ""))
    found = [*_bubblewrap(), *_namespaces(view, limits)]
    if all(one.good for one in found):
        found += _trial(view, limits)
    return [*found, *_room(course, limits), *_data(course), *_versions(course)]


def _bubblewrap() -> Iterator[Finding]:
    program = shutil.which("bwrap")
    if program is None:
        mend = "Debian, Ubuntu: apt install bubblewrap; elsewhere use the Containerfile"
        yield Finding("bubblewrap", False, "not installed", mend)
        return
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = said.stdout.strip().removeprefix("bubblewrap ") or "unknown"
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    yield Finding(
        "bubblewrap", numbers >= [0, 8], f"version {version}", "version 0.8 or newer is needed"
    )


def _namespaces(view: View, limits: Limits) -> Iterator[Finding]:
    """Whether a sandbox of the kind that is used can be made at all."""
    try:
        command = [*sandboxed(view, limits), "/bin/true"]
    except SandboxError:
        return
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        yield Finding("user namespaces", True, "a sandbox can be made")
        return
    yield Finding("user namespaces", False, done.stderr.strip() or "no sandbox", namespace_advice())


def namespace_advice(root: Path = SYSCTL) -> str:
    """What to do on this machine, as the kernel's settings in `root` have it."""

    def setting(name: str) -> str:
        try:
            return (root / name).read_text().strip()
        except OSError:
            return ""

    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor forbids it (Ubuntu 23.10 and newer): apt install apparmor-profiles and "
            "enable its profile bwrap-userns-restrict, or allow it for all with "
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        )
    if setting("kernel/unprivileged_userns_clone") == "0":
        return "the kernel forbids it: sysctl kernel.unprivileged_userns_clone=1"
    if setting("user/max_user_namespaces") == "0":
        return "the kernel forbids it: sysctl user.max_user_namespaces=15000"
    return (
        "in a container it must be allowed to make namespaces: docker run --security-opt "
        "seccomp=unconfined --security-opt apparmor=unconfined, or podman run --privileged"
    )


def _trial(view: View, limits: Limits) -> Iterator[Finding]:
    """Runs a cell in a real sandbox, which looks around and tries to reach out."""
    try:
        with Sandbox(view, limits) as box:
            link = box.notebook()
            link.channel.send({"do": "run", "source": REACH_OUT, "seed": 1})
            reply = link.channel.receive(30.0)
            has_rooms = box.has_rooms
        reached = reply.get("text", "").strip() if isinstance(reply, dict) else "it does not answer"
        yield Finding("sandbox", not reached, reached or "a cell ran in it and could reach nothing",
                      "this sandbox holds nothing back: do not grade here")  # fmt: skip
        yield Finding(
            "namespaces within",
            True,
            "submissions share imports"
            if has_rooms
            else "forbidden here: each submission imports everything anew, some seconds",
        )
    except Exception as error:
        yield Finding("sandbox", False, str(error), "see the message; packages may be missing")


def _room(course: Course, limits: Limits) -> Iterator[Finding]:
    yield Finding("guard of memory and processes", True, guard())
    memory = psutil.virtual_memory().available
    fit = int(memory // limits.memory)
    yield Finding(
        "memory", fit >= 1,
        f"{memory / 2**30:.0f} GiB free, enough for {fit} groups at a time that use all they may",
        "close other programs, or lower c.TrustedExecute.memory",
    )  # fmt: skip
    free = shutil.disk_usage(course.root).free
    yield Finding(
        "disk", free > 5 << 30, f"{free / 2**30:.0f} GiB free", "make room: 5 GiB are needed"
    )
    yield Finding(
        "course's folder", os.access(course.root, os.W_OK), str(course.root), "make it writable"
    )


def _data(course: Course) -> Iterator[Finding]:
    """Files against the `SHA256SUMS` beside them."""
    for name in (*course.settings.bundle, *course.settings.checks):
        for sums in sorted((course.root / name).rglob("SHA256SUMS")):
            bad = [
                line.split(maxsplit=1)[1]
                for line in sums.read_text(encoding="utf-8").splitlines()
                if len(line.split(maxsplit=1)) == 2 and not _matches(sums.parent, line)
            ]
            place = str(sums.parent.relative_to(course.root))
            seen = f"{', '.join(bad)} missing or changed" if bad else "as they should be"
            yield Finding(f"files in {place}", not bad, seen, "take them from the course again")


def _matches(folder: Path, line: str) -> bool:
    digest, name = line.split(maxsplit=1)
    try:
        return hashlib.sha256((folder / name.lstrip("*")).read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _versions(course: Course) -> Iterator[Finding]:
    """Installed packages against the course's `requirements.lock`."""
    lock = course.root / "requirements.lock"
    if not lock.is_file():
        return
    other = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith(("#", "-")):
            pin = Requirement(line)
            try:
                version = importlib.metadata.version(pin.name)
            except importlib.metadata.PackageNotFoundError:
                version = "missing"
            if not pin.specifier.contains(version if version != "missing" else "0", True):
                other.append(f"{pin.name} {version}")
    shown = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
    seen = f"not as in requirements.lock: {shown}" if other else "as in requirements.lock"
    yield Finding("packages", not other, seen, "pip install -r requirements.lock")
