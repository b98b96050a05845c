"""How long does each solution notebook take on one core, and how much memory does its kernel need?

    python benchmarks/notebooks.py                        # all sheets, one notebook after the other
    python benchmarks/notebooks.py sheet01
    python benchmarks/notebooks.py sheet01 drell_yan_vae

Each notebook runs from its first to its last cell in a fresh kernel that may use one core and one
thread. The wall time counts from the start of the kernel and grows with whatever else runs; the
computing is the kernel's own time on the core. The memory is the largest resident set that its
process ever had. What the table says belongs into the sheet's `sheet.toml`, whose budget is checked
against the computing: the status is 1 where something costs more.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from course_grader.course import Course
from course_notebooks.sheet import SheetInfo
from course_notebooks.threads import ONE_THREAD

ROOT = Path(__file__).parents[1]
USAGE = """
import resource, sys
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def measure(path: Path) -> tuple[float, float, float]:
    """Seconds of wall time, seconds of computing, GB of one notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_code_cell(USAGE))
    client = NotebookClient(
        notebook,
        timeout=1800,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - start
    computing, peak = map(float, notebook.cells[-1].outputs[0].text.split())
    return seconds, computing, peak / 1e9


def over_budget(info: SheetInfo, measured: dict[str, tuple[float, float]]) -> list[str]:
    """What costs more than its sheet allows, as sentences.

    Args:
        info: the sheet's description.
        measured: seconds of computing and GB, by notebook.
    """
    found = []
    for name, (seconds, memory) in measured.items():
        if seconds > (most := info.seconds_for(name)):
            found.append(f"{info.name} {name}: {seconds:.0f} s, its budget is {most:g} s")
        if memory > info.budget.memory:
            found.append(f"{info.name} {name}: {memory:.2f} GB, not {info.budget.memory:g} GB")
    whole = sum(seconds for seconds, _ in measured.values())
    if whole > info.budget.sheet:
        found.append(f"{info.name}: {whole:.0f} s in all, its budget is {info.budget.sheet:g} s")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sheet", nargs="?", help="default: all")
    parser.add_argument("notebooks", nargs="*", help="names without suffix; default: all")
    options = parser.parse_args()
    course = Course.open(ROOT)
    os.environ |= ONE_THREAD
    if hasattr(os, "sched_setaffinity"):  # Linux: this process and its kernels on one core
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| sheet | notebook | wall time | computing | peak memory |\n"
          "| --- | --- | ---: | ---: | ---: |")  # fmt: skip
    problems = []
    for sheet in [options.sheet] if options.sheet else course.sheets():
        info = course.sheet(sheet)
        measured = {}
        for name in options.notebooks or (*info.notebooks, *info.lecture):
            seconds, computing, peak = measure(course.source / sheet / f"{name}.ipynb")
            measured[name] = computing, peak
            print(f"| {sheet} | `{name}` | {seconds:.0f} s | {computing:.0f} s | {peak:.2f} GB |",
                  flush=True)  # fmt: skip
        problems += over_budget(info, measured)
    print("\n".join(problems or ["within the budget"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
