"""Runs, on the trusted side, what a grade cell needs of the cells that were given.

It finds the files of the bundle where students have them, in a folder of its own; what it shows is
no output of the test.
"""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from course_grader.runner.furnishing import Furniture
from course_grader.runner.seeding import seed_everything


@contextlib.contextmanager
def bundle(places: Mapping[str, Any]) -> Iterator[None]:
    """Within this block the working folder is that of the notebooks.

    Args:
        places: `place` of the notebooks; `own`, files by their places that are copied, and
            `linked`, others. Without a place nothing is done.
    """
    if not places.get("place"):
        yield
        return
    path = list(sys.path)
    with tempfile.TemporaryDirectory(prefix="genlhc-given-") as home:
        for shown, copied in ((places["own"], True), (places["linked"], False)):
            Furniture(home, places["place"], shown, copied).lay_out(None)
        sys.path[:] = [*path, os.getcwd()]
        yield
        os.chdir("/")


def run_given(
    pieces: Sequence[Sequence[Any]], namespace: dict[str, Any], hear: Callable[[Any], None]
) -> None:
    """Runs statements of given cells.

    Args:
        pieces: name of the cell, seed of its random numbers, statements.
        namespace: where they run, which holds the answers that they call.
        hear: told which standard output nobody listens to.
    """
    for cell, seed, source in pieces:
        seed_everything(int(seed))
        nobody = io.StringIO()
        hear(nobody)
        with contextlib.redirect_stdout(nobody), contextlib.redirect_stderr(nobody):
            exec(compile(source, f"<{cell}>", "exec"), namespace)
