"""A whole class at once, on Dask: submissions go in, notebooks with outputs and marks come out.

By default the cluster lives in this process: the work is done by sandboxes and test processes, its
threads only wait for them. A scheduler elsewhere (SLURM, HTCondor by dask-jobqueue) can be used
instead, if its workers see the course's folder.
"""

import gc
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import nbformat
from distributed import Client, LocalCluster, get_worker

from course_grader.errors import CourseError
from course_grader.marking.plan import Plan
from course_grader.marking.running import Heard, run_submission
from course_grader.marking.test_server import TestServer, close_servers, server_for
from course_grader.sandbox.box import close_all
from course_grader.sandbox.bubblewrap import font_caches
from course_grader.sandbox.nurseries import close_idle, start

TOPIC = "genlhc-cell"
DASK = {
    "distributed.worker.profile.enabled": False,  # its samples go nowhere
    "distributed.admin.tick.interval": "1s",  # looks at oneself; by default 50 times as often
    "distributed.admin.low-level-log-length": 1,  # past messages hold whole submissions
    "distributed.admin.system-monitor.log-length": 1,
}
QUIET: dict[str, Any] = {  # no dashboard; the server that is there all the same: for this machine
    "dashboard_address": "127.0.0.1:0",
    "scheduler_kwargs": {"dashboard": False},
}


@dataclass(frozen=True)
class Done:
    """A submission that was run.

    Attributes:
        notebooks: with outputs, by name.
        troubles: of tests, for the tutor, by `notebook/cell`.
        seconds: that the cells and tests of each notebook took.
    """

    notebooks: dict[str, Any]
    troubles: dict[str, str]
    seconds: dict[str, float]


class Classroom:
    """Where submissions are run; use it in a `with` statement.

    Args:
        plan: how they are run.
        workers: how many at a time, in this process.
        scheduler: address of a Dask scheduler elsewhere, which takes the place of `workers`.

    Raises:
        CourseError: nobody answers at that address.
    """

    def __init__(self, plan: Plan, workers: int, scheduler: str = "") -> None:
        self.plan = plan
        if "matplotlib.pyplot" in plan.modules and not font_caches():
            command = [sys.executable, "-c", "import matplotlib.font_manager"]
            subprocess.run(command, check=False, capture_output=True)
        # Marking computes while sandboxes are spoken to, a few bytes at a time: let these through.
        sys.setswitchinterval(0.0005)
        self._heard: dict[str, Heard] = {}
        self._cluster = None
        dask.config.set(DASK)
        if not scheduler:
            self._cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=False, **QUIET
            )
        try:
            self._client = Client(self._cluster or scheduler, timeout="10s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise CourseError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        self._client.subscribe_topic(TOPIC, self._hear)
        self.workers = max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def __enter__(self) -> "Classroom":
        gc.collect()
        gc.freeze()  # what is there now, modules above all, is not looked through again and again
        return self

    def __exit__(self, *exc: object) -> None:
        gc.unfreeze()
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()
            close_servers()
            close_idle()

    def run(self, group: str, notebooks: Mapping[str, Any], files: Path, heard: Heard) -> Done:
        """Runs one group's notebooks somewhere; waits for them.

        Args:
            group: its name.
            notebooks: nbformat nodes whose grade cells are the master's.
            files: a folder whose content the notebooks find where they run.
            heard: told of each cell that is done.

        Raises:
            KilledWorker: workers died again and again with this submission.
        """
        self._heard[group] = heard
        texts = {name: nbformat.writes(notebook) for name, notebook in notebooks.items()}
        future = self._client.submit(_run, group, texts, self.plan, files, pure=False)
        try:
            texts, troubles, seconds = future.result()
        finally:
            self._heard.pop(group, None)
            future.release()
        done = {name: nbformat.reads(text, as_version=4) for name, text in texts.items()}
        return Done(done, troubles, seconds)

    def stop(self) -> None:
        """Ends what runs in this process; nothing of it comes back."""
        close_all()

    def _hear(self, event: tuple[Any, Any]) -> None:
        _, (group, notebook, cell, seconds, following) = event
        heard = self._heard.get(group)
        if heard is not None:
            heard(notebook, cell, seconds, following)


def _run(
    group: str, texts: dict[str, str], plan: Plan, files: Path
) -> tuple[dict[str, str], dict[str, str], dict[str, float]]:
    """What a worker does with one submission."""
    worker = get_worker()
    total = dict.fromkeys(texts, 0.0)

    def heard(notebook: str, cell: str, seconds: float, following: str) -> None:
        total[notebook] += seconds
        worker.log_event(TOPIC, [group, notebook, cell, seconds, following])

    made = {name: nbformat.reads(text, as_version=4) for name, text in texts.items()}
    troubles = run_submission(made, plan, _server(plan), heard, files)
    return {name: nbformat.writes(one) for name, one in made.items()}, troubles, total


def prepare(plan: Plan) -> None:
    """Lets what runs submissions and tests in this process get ready in the background."""
    _server(plan)
    if not plan.unsafe:
        start(plan.view, plan.limits, plan.modules)


def _server(plan: Plan) -> TestServer:
    """The tests' server of this process."""
    return server_for(plan.root, plan.test_modules, plan.limits.memory)
