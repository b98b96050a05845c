"""How long does each solution notebook take on one core, and how much memory does its kernel need?

    python benchmarks/notebooks.py                        # all, one after the other
    python benchmarks/notebooks.py drell_yan_vae

Each notebook runs from its first to its last cell in a fresh kernel that may use one core and one
thread. The wall time counts from the start of the kernel and grows with whatever else runs; the
computing is the kernel's own time on the core. The memory is the largest resident set that its
process ever had. The table is that of docs/student.md.
"""

import argparse
import os
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from course_notebooks.threads import ONE_THREAD

FOLDER = Path(__file__).parents[1] / "solutions" / "sheet01"
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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("notebooks", nargs="*", help="names without suffix; default: all")
    names = parser.parse_args().notebooks or sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    os.environ |= ONE_THREAD
    if hasattr(os, "sched_setaffinity"):  # Linux: this process and its kernels on one core
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| notebook | wall time | computing | peak memory |\n| --- | ---: | ---: | ---: |")
    for name in names:
        seconds, computing, peak = measure(FOLDER / f"{name}.ipynb")
        print(f"| `{name}` | {seconds:.0f} s | {computing:.0f} s | {peak:.2f} GB |", flush=True)


if __name__ == "__main__":
    main()
