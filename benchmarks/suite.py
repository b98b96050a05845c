"""What do the tests cost, by file and by sheet?

    make test                                # keeps the times of all tests in build/test-times.xml
    python benchmarks/suite.py
    python benchmarks/suite.py another.xml

The wall time of a test, with what it prepares, grows with whatever else runs, as the tests of the
other process; its computing, and that of all processes that it started and waited for, does not.
To a sheet belong the tests in `tests/SHEET/` and those that name it in their parameters. Its
budget, `suite` in `sheet.toml`, is for the computing of all of them: the status is 1 where it is
more.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from course_grader.course import Course

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Timed:
    """A test that was run.

    Attributes:
        file: where it stands, with dots.
        parameters: what stands in brackets behind its name.
        seconds: that it took.
        computing: seconds of computing.
    """

    file: str
    parameters: str
    seconds: float
    computing: float

    def is_of(self, sheet: str) -> bool:
        """Whether it is one of a sheet's own tests."""
        named = re.search(rf"\b{re.escape(sheet)}\b", self.parameters)
        return self.file.startswith(f"tests.{sheet}.") or named is not None


def timed(path: Path) -> list[Timed]:
    """The tests of a run, from pytest's JUnit file."""
    found = []
    for case in ElementTree.parse(path).iter("testcase"):
        bracket = re.search(r"\[(.*)\]", case.get("name", ""))
        kept = {one.get("name"): one.get("value", "") for one in case.iter("property")}
        found.append(
            Timed(
                case.get("classname", ""),
                bracket[1] if bracket else "",
                float(case.get("time", 0)),
                float(kept.get("computed", 0)),
            )
        )
    return found


def costs(tests: Sequence[Timed]) -> str:
    """Cells of a table: how many tests, their wall time, their computing."""
    seconds = sum(test.seconds for test in tests)
    return f"{len(tests)} | {seconds:.1f} s | {computing(tests):.1f} s |"


def computing(tests: Iterable[Timed]) -> float:
    """Seconds of computing of several tests."""
    return sum(test.computing for test in tests)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("path", nargs="?", type=Path, default=ROOT / "build" / "test-times.xml")
    path = parser.parse_args().path
    if not path.is_file():
        parser.error(f"there is no {path}; `make test` writes build/test-times.xml")
    tests = timed(path)
    files = defaultdict(list)
    for test in tests:
        files[test.file].append(test)
    print("| file | tests | wall time | computing |\n| --- | ---: | ---: | ---: |")
    for file, some in sorted(files.items(), key=lambda item: -computing(item[1])):
        print(f"| `{file}` | {costs(some)}")
    print(f"| all | {costs(tests)}")
    print(
        "\n| sheet | tests | wall time | computing | budget |\n| --- | ---: | ---: | ---: | ---: |"
    )
    course = Course.open(ROOT)
    over = []
    for sheet in course.sheets():
        own = [test for test in tests if test.is_of(sheet)]
        budget = course.sheet(sheet).budget.suite
        print(f"| {sheet} | {costs(own)} {budget:g} s |")
        if (seconds := computing(own)) > budget:
            over.append(f"the tests of {sheet} compute {seconds:.0f} s, its budget is {budget:g} s")
    print("\n" + "\n".join(over or ["within the budget"]))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
