"""What do the tests cost, by file and by sheet?

    make test                                # keeps the times of all tests in build/test-times.xml
    python benchmarks/suite.py
    python benchmarks/suite.py another.xml

The times are wall times, with what a test prepares; two tests ran side by side. To a sheet belong
the tests in `tests/SHEET/` and those that name it in their parameters. Its budget, `suite` in
`sheet.toml`, is for all of them: the status is 1 where they take longer.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
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
    """

    file: str
    parameters: str
    seconds: float

    def is_of(self, sheet: str) -> bool:
        """Whether it is one of a sheet's own tests."""
        named = re.search(rf"\b{re.escape(sheet)}\b", self.parameters)
        return self.file.startswith(f"tests.{sheet}.") or named is not None


def timed(path: Path) -> list[Timed]:
    """The tests of a run, from pytest's JUnit file."""
    found = []
    for case in ElementTree.parse(path).iter("testcase"):
        bracket = re.search(r"\[(.*)\]", case.get("name", ""))
        parameters = bracket[1] if bracket else ""
        found.append(Timed(case.get("classname", ""), parameters, float(case.get("time", 0))))
    return found


def total(tests: Iterable[Timed]) -> float:
    """Seconds of several tests."""
    return sum(test.seconds for test in tests)


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
    print("| file | tests | time |\n| --- | ---: | ---: |")
    for file, some in sorted(files.items(), key=lambda item: -total(item[1])):
        print(f"| `{file}` | {len(some)} | {total(some):.1f} s |")
    print(f"| all | {len(tests)} | {total(tests):.0f} s |")
    print("\n| sheet | tests | time | budget |\n| --- | ---: | ---: | ---: |")
    course = Course.open(ROOT)
    over = []
    for sheet in course.sheets():
        own = [test for test in tests if test.is_of(sheet)]
        budget = course.sheet(sheet).budget.suite
        print(f"| {sheet} | {len(own)} | {total(own):.0f} s | {budget:g} s |")
        if total(own) > budget:
            over.append(f"the tests of {sheet} take {total(own):.0f} s, its budget is {budget:g} s")
    print("\n" + "\n".join(over or ["within the budget"]))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
