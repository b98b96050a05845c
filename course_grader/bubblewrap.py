"""The command that shuts a program in, and what it sees there.

Bubblewrap gives it namespaces of its own (users, files, processes, network, names): it sees this
Python read-only, the course's folders for students, and scratch space of limited size; nothing
else exists there.
"""

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from course_grader.errors import CourseError

HERE = Path(__file__).parent
RUNNER = ("__init__.py", "codec.py", "wire.py", "shell.py", "runner.py")
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/alternatives", "/etc/fonts",
          "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl")  # fmt: skip
HOME = "/home/student"
SUBMISSION = "/submission"
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "BLIS")


class SandboxError(CourseError):
    """The sandbox cannot be used on this machine; the text says what to do."""


@dataclass(frozen=True)
class Limits:
    """Budgets of one sandbox.

    Attributes:
        call: seconds that one call of an answer may take.
        cell: seconds that one cell, or the test of one grade cell, may take.
        notebook: seconds for all cells of a notebook together.
        memory: bytes, for each process and for all that run together.
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
    """

    folders: dict[str, Path] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


def sandboxed(
    view: View, limits: Limits, files: Path | None = None, calls: int | None = None
) -> list[str]:
    """The command that shuts in what follows it.

    Args:
        view: what can be seen from inside.
        limits: of which the scratch space is set here.
        files: shown read-only as `SUBMISSION`.
        calls: descriptor of a filter of system calls, see `course_grader.seccomp`.

    Raises:
        SandboxError: bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "bubblewrap is not installed, so students' code cannot be shut in: install it "
            "(Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), or grade in "
            "a container (docs/tutor.md); --unsafe-no-sandbox grades without"
        )
    scratch = [part for place in ("/tmp", "/dev/shm", HOME) for part in (
        "--size", str(limits.disk), "--tmpfs", place)]  # fmt: skip
    command = [program, "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL",
               "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--die-with-parent",
               "--new-session", "--as-pid-1", "--proc", "/proc", "--dev", "/dev",
               *scratch]  # fmt: skip
    for path in dict.fromkeys([*SYSTEM, sys.base_prefix, sys.prefix]):
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            command += ["--ro-bind", path, path]
    for name in view.hidden:
        for place in _installed(name):
            command += ["--tmpfs", place, "--remount-ro", place]
    for name in RUNNER:
        command += ["--ro-bind", str(HERE / name), f"/runner/course_grader/{name}"]
    for cached in font_caches():
        command += ["--ro-bind", str(cached), f"{HOME}/.cache/matplotlib/{cached.name}"]
    for name, folder in view.folders.items():
        command += ["--ro-bind", str(folder), f"/course/{name}"]
    if files is not None:
        command += ["--ro-bind", str(files), SUBMISSION]
    if calls is not None:
        command += ["--seccomp", str(calls)]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"]


def font_caches() -> list[Path]:
    """What Matplotlib found out about this machine's fonts: seconds, in every new home."""
    known = os.environ.get("MPLCONFIGDIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return sorted((Path(known) if known else cache / "matplotlib").glob("fontlist-*.json"))


def child_environment(view: View, *, unsafe: bool = False) -> dict[str, str]:
    """The environment of what runs in the sandbox: nothing of the outside but the search path."""
    path = ["/runner", "/course"]
    if unsafe:
        path = [str(HERE.parent), *(str(folder.parent) for folder in view.folders.values())]
    return {f"{name}_NUM_THREADS": "1" for name in _THREADS} | {
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
