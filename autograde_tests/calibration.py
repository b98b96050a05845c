"""Seeds and mutants against the checks: the measurement behind `genlhc calibrate`."""

import hashlib
import inspect
import json
import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

import course_utils
from autograde_tests import reference
from autograde_tests.cases import Answers, Case, MetricCase, cases, metric_cases
from course_utils.checks import CheckFailed

Report = Callable[[str], None]
Measured = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Verdict:
    """How a check fared.

    Attributes:
        check: its name.
        n_seeds: hidden inputs tried with the right answer.
        n_passed: how many of them passed.
        mutants: for each wrong answer `"refused"` or what went wrong.
    """

    check: str
    points: float
    n_seeds: int
    n_passed: int
    mutants: dict[str, str]

    @property
    def sound(self) -> bool:
        """All right answers pass, all wrong ones are refused for their reason."""
        refused = all(word == "refused" for word in self.mutants.values())
        return self.n_passed == self.n_seeds and refused


def judge(case: Case, namespace: dict[str, Any], seeds: range) -> Verdict:
    """Tries a check on the right answer for every seed and on every mutant."""
    right = case.right_answers(namespace)
    n_passed = sum(_failure(case, right, seed) is None for seed in seeds)
    mutants = {}
    for name, mutant in case.mutants.items():
        message = _failure(case, mutant.answers(namespace), seeds[0])
        if message is None:
            mutants[name] = "PASSED"
        elif re.search(mutant.reason, message):
            mutants[name] = "refused"
        else:
            mutants[name] = f"refused for another reason: {message}"
    return Verdict(case.name, case.points, len(seeds), n_passed, mutants)


def _failure(case: Case, answers: Answers, seed: int) -> str | None:
    """The check's message, or None where it gave all the points."""
    try:
        points = case.check(*answers, seed=seed)
    except CheckFailed as failed:
        return str(failed)
    if points is not None and points < case.points:
        return f"{points:.3g} of {case.points:.3g} points"
    return None


def measure_seed(sheet: str, notebook: str, seed: int) -> list[Measured]:
    """Trains a solution notebook with `seed` and measures it, case by case.

    Returns:
        For each `MetricCase` of the notebook `{"reference", "weak", "floor"}`, each with a value
        for every metric name.
    """
    torch.set_num_threads(1)
    namespace = reference.load(notebook, sheet=sheet, seed=seed, trained=True)
    return [
        {
            "reference": case.measure(*case.right_answers(namespace), seed=seed),
            "weak": case.measure(*case.weak(namespace), seed=seed),
            "floor": case.floor(seed),
        }
        for case in _measured_on(sheet, notebook)
    ]


def _measured_on(sheet: str, notebook: str) -> list[MetricCase]:
    return [case for case in metric_cases(sheet) if case.notebook == notebook]


def _fingerprint(sheet: str, notebook: str) -> str:
    """Changes with the code that trains the answers and with how they are measured."""
    measures = {Path(inspect.getfile(case.measure)) for case in _measured_on(sheet, notebook)}
    library = Path(course_utils.__file__).parent.rglob("*.py")
    sources = [reference.source(notebook, sheet=sheet, trained=True)]
    sources += [path.read_text(encoding="utf-8") for path in sorted([*measures, *library])]
    return hashlib.sha256("".join(sources).encode()).hexdigest()[:12]


def measure(
    sheet: str, n_seeds: int, workers: int, cache: Path, report: Report = print
) -> dict[str, Any]:
    """Metric table of a sheet over seeds 1 … `n_seeds`.

    Finished seeds are kept in `cache`, so that an interrupted run goes on where it was. The weak
    answer and the floor are averages over the seeds.
    """
    table: dict[str, Any] = {}
    for notebook in dict.fromkeys(case.notebook for case in metric_cases(sheet)):
        rows = dict(_measured(sheet, notebook, n_seeds, workers, cache, report))
        for number, case in enumerate(_measured_on(sheet, notebook)):
            for name in rows[1][number]["reference"]:
                table[name] = {
                    "notebook": notebook,
                    "weak_name": case.weak_name,
                    "weak": fmean(row[number]["weak"][name] for row in rows.values()),
                    "floor": fmean(row[number]["floor"][name] for row in rows.values()),
                    "seeds": list(rows),
                    "values": [row[number]["reference"][name] for row in rows.values()],
                }
    return table


def _measured(
    sheet: str, notebook: str, n_seeds: int, workers: int, cache: Path, report: Report
) -> Iterator[tuple[int, list[Measured]]]:
    cache.mkdir(parents=True, exist_ok=True)
    mark = _fingerprint(sheet, notebook)
    files = {seed: cache / f"{notebook}-{mark}-{seed}.json" for seed in range(1, n_seeds + 1)}
    open_seeds = [seed for seed, path in files.items() if not path.exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = {pool.submit(measure_seed, sheet, notebook, seed): seed for seed in open_seeds}
        for n_done, job in enumerate(as_completed(jobs), start=1):
            files[jobs[job]].write_text(json.dumps(job.result()), encoding="utf-8")
            report(f"{notebook}: seed {jobs[job]} measured ({n_done} of {len(open_seeds)})")
    for seed, path in files.items():
        yield seed, json.loads(path.read_text(encoding="utf-8"))


def judge_all(
    sheet: str, n_seeds: int, *, trained: bool = False, report: Report = print
) -> list[Verdict]:
    """Verdicts on all checks of a sheet that need training, or on all that need none.

    Args:
        sheet: name of the sheet.
        n_seeds: hidden inputs for each right answer.
        trained: which of the two kinds; checks of trained answers need the metric table.
        report: told of each verdict.
    """
    verdicts = []
    namespaces: dict[str, dict[str, Any]] = {}
    for case in cases(sheet):
        if case.trained is not trained:
            continue
        if case.notebook not in namespaces:
            namespaces[case.notebook] = reference.load(case.notebook, sheet=sheet, trained=trained)
        verdicts.append(judge(case, namespaces[case.notebook], range(1, n_seeds + 1)))
        report(f"{case.name}: {'sound' if verdicts[-1].sound else verdicts[-1]}")
    return verdicts
