"""The command that shuts a program in, and what it sees there.

Bubblewrap gives it namespaces of its own (users, files, processes, network, names): it sees this
Python read-only, the course's folders for students, and scratch space of limited size; nothing
else exists there.
"""

import itertools
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from course_grader import former
from course_grader.errors import CourseError
from course_grader.runner.furnishing import CACHE
from course_grader.runner.rooms import HOME, SCRATCH
from course_notebooks.threads import ONE_THREAD

PACKAGE = Path(__file__).parents[1]
RUNNER = PACKAGE / "runner"
COURSE = "/course"  # where the course's folders are shown
SHARED = ("__init__.py", "figures.py", "unattended.py")  # of course_notebooks
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/alternatives", "/etc/fonts",
          "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl")  # fmt: skip
_numbers = itertools.count()


class SandboxError(CourseError):
    """The sandbox cannot be used on this machine; the text says what to do."""


@dataclass(frozen=True)
class Limits:
    """Budgets of one sandbox.

    Attributes:
        call: seconds that one call of an answer may take.
        cell: seconds that one cell, or the test of one grade cell, may take.
        notebook: seconds for all cells of a notebook together.
        memory: bytes, for each process, and beyond the imports for all that run together.
        disk: bytes of scratch space.
        processes: how many may run at a time.
        output: bytes that one cell may show.
    """

    call: float = 300.0
    cell: float = 600.0
    notebook: float = 1800.0
    memory: int = 4 << 30
    disk: int = 1 << 30
    processes: int = 64
    output: int = 1 << 20


@dataclass(frozen=True)
class View:
    """What a sandbox sees beside the system.

    Attributes:
        folders: files and folders shown read-only under `/course`, by their names there.
        hidden: names of packages that must not be there even if they are installed.
        place: where notebooks run, such as `genlhc/exercises/sheet01`: in the folder that comes
            first, each of `folders` is found by its name, too, as in a bundle that was unpacked.
    """

    folders: dict[str, Path] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    place: str = ""


def sandboxed(view: View, limits: Limits) -> list[str]:
    """The command that shuts in what follows it.

    Root first becomes a user that nothing belongs to: the kernel counts no processes of root, and
    a fork bomb of large ones is faster than anybody who counts from outside.

    Args:
        view: what can be seen from inside.
        limits: of which the scratch space is set here.

    Raises:
        SandboxError: a program is missing, or root's files are for root alone.
    """
    bwrap = _program(
        "bwrap",
        "bubblewrap is not installed, so students' code cannot be shut in: install it "
        "(Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), or grade in "
        "a container (docs/tutor.md); --unsafe-no-sandbox grades without",
    )
    for folder in view.folders.values():
        check_readable(folder)
    apart = ["--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--uid", "1000", "--gid",
             "1000", "--hostname", "sandbox", "--die-with-parent", "--new-session",
             "--as-pid-1"]  # fmt: skip
    own = ["--proc", "/proc", "--dev", "/dev", *_scratch("/dev/shm", limits),
           "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"]  # fmt: skip
    places = _places(view, limits)
    if os.geteuid() != 0:
        return [bwrap, *apart, *places, *own]
    setpriv = _program("setpriv", "setpriv is not installed: it belongs to the package util-linux")
    user = str(_other_user())
    become = [setpriv, "--reuid", user, "--regid", user, "--clear-groups"]
    outside = ["--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--"]
    return [bwrap, "--die-with-parent", *places, *outside, *become,
            bwrap, *apart, "--bind", "/", "/", *own]  # fmt: skip


def _program(name: str, otherwise: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SandboxError(otherwise)
    return found


def _scratch(place: str, limits: Limits) -> list[str]:
    """Space of limited size; its permissions matter where root makes it for somebody else."""
    return ["--perms", "0777", "--size", str(limits.disk), "--tmpfs", place]


def _places(view: View, limits: Limits) -> list[str]:
    """The files that are there, at their places."""
    shown = {path: Path(path) for path in (*SYSTEM, sys.base_prefix, sys.prefix)}
    shown["/runner/course_grader/__init__.py"] = PACKAGE / "__init__.py"
    shown["/runner/course_grader/runner"] = RUNNER
    shown["/runner/former"] = former.FOLDER
    notebooks = PACKAGE.parent / "course_notebooks"
    shown |= {f"/runner/course_notebooks/{name}": notebooks / name for name in SHARED}
    shown |= {f"{CACHE}/matplotlib/{cached.name}": cached for cached in font_caches()}
    shown |= {f"{COURSE}/{name}": folder for name, folder in view.folders.items()}
    command = [part for place in SCRATCH if place != "/dev/shm" for part in _scratch(place, limits)]
    parents = {str(parent) for place in shown for parent in Path(place).parents}
    for folder in sorted(parents - set(shown)):
        command += ["--perms", "0755", "--dir", folder]
    for place, path in shown.items():
        if place in SYSTEM and path.is_symlink():
            command += ["--symlink", str(path.readlink()), place]
        elif place not in SYSTEM or path.exists():
            command += ["--ro-bind", str(path.resolve()), place]
    for name in view.hidden:
        for place in _installed(name):
            command += ["--tmpfs", place, "--remount-ro", place]
    return command


def _other_user() -> int:
    """A user without files, for one sandbox alone as far as possible."""
    first, _, count = map(int, Path("/proc/self/uid_map").read_text().split("\n")[-2].split())
    last = min(first + count, 2_000_000_000)  # in a container there may be few
    return last - 10 - (64 * os.getpid() + next(_numbers)) % 50_000


def check_readable(path: Path) -> None:
    """What the sandbox shows, or copies, must be there, and not for root only.

    Raises:
        SandboxError: it is not.
    """
    if not path.exists():
        raise SandboxError(f"{path} is not there, but the sandbox must show it")
    if os.geteuid() != 0:
        return
    path = path.resolve()
    for one in (path, *(path.rglob("*") if path.is_dir() else ())):
        needed = 0o005 if one.is_dir() else 0o004
        if not one.is_symlink() and one.stat().st_mode & needed != needed:
            raise SandboxError(
                f"{one} can be read by its owner only, and students' code does not run as root: "
                f"run chmod -R o+rX {path}, or grade as an ordinary user"
            )


def font_caches() -> list[Path]:
    """What Matplotlib found out about this machine's fonts: seconds, in every new home."""
    known = os.environ.get("MPLCONFIGDIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return sorted((Path(known) if known else cache / "matplotlib").glob("fontlist-*.json"))


def child_environment(view: View, *, unsafe: bool = False) -> dict[str, str]:
    """The environment of what runs in the sandbox: nothing of the outside but the search path."""
    path, old = ["/runner", COURSE], "/runner/former"
    if unsafe:
        tops = [one for name, one in view.folders.items() if "/" not in name]
        code = [one for one in tops if one.is_dir() or one.suffix == ".py"]
        path, old = [str(PACKAGE.parent), *(str(one.parent) for one in code)], str(former.FOLDER)
    path += [old] if former.is_needed() else []
    return ONE_THREAD | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": HOME if not unsafe else os.environ.get("HOME", "/"),
        "USER": "student",
        "LANG": "C.UTF-8",
        "NBGRADER_EXECUTION": "autograde",
        "PIP_NO_INDEX": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)),
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _installed(name: str) -> list[str]:
    return [str(Path(place) / name) for place in sys.path if (Path(place) / name).is_dir()
            and Path(place).is_relative_to(sys.prefix)]  # fmt: skip
