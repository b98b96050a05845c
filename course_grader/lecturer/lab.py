"""JupyterLab in the students' bundle: what they see, on this machine.

The bundle is unpacked into `build/lab/SHEET/`; kernels there import the bundle's own copy of the
course's library. What was worked on in that folder stays as it is: a list of checksums says which
files are still those of the bundle that they came from.
"""

import json
import os
import sys
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from subprocess import Popen

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import write_whole
from course_grader.release.bundle import write_bundle
from course_grader.release.release import release
from course_notebooks.cleaning import json_text

_LIST = ".unpacked.json"


@dataclass(frozen=True)
class Workplace:
    """The students' folder.

    Attributes:
        folder: where JupyterLab starts.
        kept: files that were edited there and of which the bundle now has another version.
    """

    folder: Path
    kept: tuple[str, ...]


def unpack(course: Course, sheet: str) -> Workplace:
    """Unpacks the students' bundle into `build/lab/<sheet>/`, released first if it never was.

    Files of an earlier bundle are replaced or removed, unless they were edited.

    Raises:
        CourseError: there is no such sheet, or it cannot be released.
    """
    course.notebooks(sheet)
    if not any((course.release / sheet).glob("*.ipynb")):
        release(course, sheet)
    folder = course.build / "lab" / sheet
    before = _read_list(folder / _LIST)
    after: dict[str, str] = {}
    kept = []
    with zipfile.ZipFile(write_bundle(course, sheet)) as bundle:
        for name in bundle.namelist():
            content = bundle.read(name)
            name = name.split("/", 1)[1]  # the bundle's own folder is this one
            after[name] = sha256(content).hexdigest()
            there = _checksum(folder / name)
            if there == after[name]:
                continue
            if there is None or there == before.get(name):
                write_whole(folder / name, content)
            else:
                if before.get(name) != after[name]:
                    kept.append(name)
                after[name] = before.get(name, "")
    for name in before.keys() - after.keys():
        if _checksum(folder / name) == before[name]:
            (folder / name).unlink()
    write_whole(folder / _LIST, json_text(after))
    return Workplace(folder, tuple(kept))


def _checksum(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _read_list(path: Path) -> dict[str, str]:
    """What was unpacked before; a list that cannot be read counts as none, so that all is kept."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in names.items()} if isinstance(names, dict) else {}


def lab_command(course: Course, sheet: str, *, browser: bool, port: int) -> list[str]:
    """JupyterLab of this Python, as it is started in the students' folder.

    Raises:
        CourseError: there is no JupyterLab in this Python.
    """
    if find_spec("jupyterlab") is None:
        raise CourseError(
            f"there is no JupyterLab in this Python; install it: {sys.executable} -m pip install "
            "jupyterlab"
        )
    here = f"{course.release.name}/{sheet}"
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.port={port}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    command.append(f"--LabApp.default_url=/lab/tree/{here}")
    return command if browser else [*command, "--no-browser"]


def lab_environment(folder: Path) -> dict[str, str]:
    """The environment of the server and its kernels: the library is the bundle's own copy."""
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(folder), *([before] if before else [])])
    return os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def run_lab(course: Course, sheet: str, folder: Path, *, browser: bool, port: int) -> int:
    """Runs JupyterLab until it is ended; Ctrl-C is its own affair.

    Returns:
        Its exit status.
    """
    command = lab_command(course, sheet, browser=browser, port=port)
    with Popen(command, cwd=folder, env=lab_environment(folder)) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue  # the server got it too and asks whether to end
