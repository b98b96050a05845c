"""The students' folder in a JupyterLab of its own."""

import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from course_grader.course import Course
from course_grader.lecturer.lab import lab_environment
from course_grader.release.bundle import write_bundle

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # cells out of sight are there too
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Attributes:
        url: its address.
        folder: the unpacked bundle in which it was started.
    """

    url: str
    folder: Path


@pytest.fixture(scope="session")
def student_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of sheet01, unpacked in a folder with a space and an umlaut."""
    folder = tmp_path_factory.mktemp("student") / "Übung 1"
    with zipfile.ZipFile(write_bundle(Course.open(ROOT), "sheet01")) as bundle:
        bundle.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def lab(student_folder: Path) -> Iterator[Lab]:
    """JupyterLab in the students' folder, ended with the tests."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
    ]
    home = student_folder.parent
    for name, text in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environment = lab_environment(student_folder) | {
        "OMP_NUM_THREADS": "1",
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(home / "ipython"),
    }
    log = home / "lab.log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, cwd=student_folder, env=environment, stdout=file, stderr=file
        ) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server, log)
            yield Lab(f"http://127.0.0.1:{port}", student_folder)
        finally:
            server.terminate()
            server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    """Returns when the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"no answer from {url}\n{log.read_text()}")
