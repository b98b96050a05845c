"""The solution trained with many seeds, and what its measured tasks reach."""

import hashlib
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import torch

import course_utils
from autograde_tests import reference
from autograde_tests.cases import MetricCase, Variant
from autograde_tests.errors import ChecksError
from autograde_tests.sheets import metric_cases, variants

Report = Callable[[str], None]
Measured = dict[str, dict[str, float]]

SEEDS_VARIANT = 4
"""Trainings of each variant; the spread is taken from all trainings together."""


def measure_seed(
    sheet: str, notebook: str, seed: int, variant: Variant | None = None
) -> list[Measured]:
    """Trains a solution notebook, or a variant of it, with `seed` and measures it, case by case.

    Returns:
        For each `MetricCase` of the notebook `{"reference", "weak", "floor"}`, each with a value
        for every metric name; of a variant the first alone.

    Raises:
        ChecksError: if the notebook does not run, or an answer cannot be measured.
    """
    torch.set_num_threads(1)
    changes = variant.changes if variant else ()
    namespace = reference.load(sheet, notebook, seed=seed, trained=True, changes=changes)
    measured = []
    for case in _measured_on(sheet, notebook):
        right = case.right_answers(namespace)
        try:
            values = {"reference": case.measure(*right, seed=seed)}
            if variant is None:
                values["weak"] = case.measure(*case.weak(namespace), seed=seed)
                values["floor"] = case.floor(seed)
        except Exception as error:
            named = f" ({variant.name})" if variant else ""
            raise ChecksError(
                f"{notebook}.ipynb{named}, trained with seed {seed}: "
                f"{case.measure.__name__} ends with "
                f"{type(error).__name__}: {error}"
            ) from error
        measured.append(values)
    return measured


def _measured_on(sheet: str, notebook: str) -> list[MetricCase]:
    return [case for case in metric_cases(sheet) if case.notebook == notebook]


def _fingerprint(sheet: str, notebook: str, variant: Variant | None) -> str:
    """Changes with the code that trains the answers and with how they are measured."""
    measures = _modules_behind(case.measure for case in _measured_on(sheet, notebook))
    library = Path(course_utils.__file__).parent.rglob("*.py")
    changes = variant.changes if variant else ()
    sources = [reference.source(sheet, notebook, trained=True, changes=changes)]
    sources += [path.read_text(encoding="utf-8") for path in sorted([*measures, *library])]
    return hashlib.sha256("".join(sources).encode()).hexdigest()[:12]


def _modules_behind(functions: Iterable[Callable[..., Any]]) -> set[Path]:
    """Files of the modules of checks that hold these functions, and of those that they use."""
    names = [function.__module__ for function in functions]
    files: dict[str, Path] = {}
    while names:
        name = names.pop()
        if name in files or not name.startswith(f"{__package__}."):
            continue
        files[name] = Path(str(sys.modules[name].__file__))
        for value in vars(sys.modules[name]).values():
            names.append(
                value.__name__
                if isinstance(value, ModuleType)
                else str(getattr(value, "__module__", ""))
            )
    return set(files.values())


def measure(
    sheet: str, n_seeds: int, workers: int, cache: Path, report: Report = print
) -> dict[str, Any]:
    """Metric table of a sheet over seeds 1 … `n_seeds`, and over fewer of each variant.

    Finished trainings are kept in `cache`, so that an interrupted run goes on where it was. The
    weak answer and the floor are averages over the seeds.
    """
    table: dict[str, Any] = {}
    for notebook in dict.fromkeys(case.notebook for case in metric_cases(sheet)):
        runs = {None: range(1, n_seeds + 1)} | dict.fromkeys(
            variants(sheet, notebook), range(1, min(n_seeds, SEEDS_VARIANT) + 1)
        )
        found = _measured(sheet, notebook, runs, workers, cache, report)
        rows = found.pop(None)
        for number, case in enumerate(_measured_on(sheet, notebook)):
            for name in rows[1][number]["reference"]:
                table[name] = {
                    "notebook": notebook,
                    "weak_name": case.weak_name,
                    "weak": fmean(row[number]["weak"][name] for row in rows.values()),
                    "floor": fmean(row[number]["floor"][name] for row in rows.values()),
                    "seeds": list(rows),
                    "values": [row[number]["reference"][name] for row in rows.values()],
                    "variants": {
                        variant.name: [row[number]["reference"][name] for row in some.values()]
                        for variant, some in found.items()
                        if variant is not None
                    },
                }
    return table


def _measured(
    sheet: str,
    notebook: str,
    runs: Mapping[Variant | None, Iterable[int]],
    workers: int,
    cache: Path,
    report: Report,
) -> dict[Variant | None, dict[int, list[Measured]]]:
    """What is measured for each seed, of the solution (`None`) and of its variants."""
    cache.mkdir(parents=True, exist_ok=True)
    files: dict[tuple[Variant | None, int], Path] = {}
    for variant, seeds in runs.items():
        mark = _fingerprint(sheet, notebook, variant)
        files |= {(variant, seed): cache / f"{notebook}-{mark}-{seed}.json" for seed in seeds}
    waiting = [key for key, path in files.items() if not path.exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = {
            pool.submit(measure_seed, sheet, notebook, seed, variant): (variant, seed)
            for variant, seed in waiting
        }
        for n_done, job in enumerate(as_completed(jobs), start=1):
            if job.exception():
                pool.shutdown(cancel_futures=True)
            files[jobs[job]].write_text(json.dumps(job.result()), encoding="utf-8")
            variant, seed = jobs[job]
            name = f" ({variant.name})" if variant else ""
            report(f"{notebook}{name}: seed {seed} measured ({n_done} of {len(waiting)})")
    found: dict[Variant | None, dict[int, list[Measured]]] = {variant: {} for variant in runs}
    for (variant, seed), path in files.items():
        found[variant][seed] = json.loads(path.read_text(encoding="utf-8"))
    return found
