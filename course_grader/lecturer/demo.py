"""The whole loop on a demo class, in a copy of the course: release, grade, feedback, export."""

import os
import shlex
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from course_grader.console import Console, duration
from course_grader.course import CONFIG_NAME, Course
from course_grader.errors import CourseError
from course_grader.grading.grade import Grading
from course_grader.grading.state import NotebookRecord
from course_grader.lecturer.comparison import by_nbgrader, compared, handed_in, show
from course_grader.lecturer.demo_class import (
    PERFECT,
    SKELETON,
    DemoGroup,
    hand_in,
    make_class,
    read_mistakes,
)
from course_grader.release.bundle import write_bundle
from course_grader.release.release import release
from course_grader.results.class_page import write_class_page
from course_grader.results.feedback import feedback
from course_grader.results.report import MANUAL, Row, export, rows
from course_notebooks.terminal import Table

_SHARES = {"release": 0.03, "grade": 0.9, "feedback": 0.07}


@dataclass(frozen=True)
class Standing:
    """A group's result.

    Attributes:
        points: given automatically.
        most: that can be had automatically.
        waiting: points that a tutor will decide on.
    """

    points: float
    most: float
    waiting: float


def run_demo(course: Course, sheet: str | None, console: Console) -> bool:
    """Runs the demo and prints its summary.

    Args:
        course: any course; it is only read.
        sheet: which sheet, by default the first.
        console: where to print.

    Returns:
        Whether the perfect group got every automatic point and the untouched skeleton none.

    Raises:
        CourseError: the course has no such sheet, or its list of mistakes does not fit.
    """
    sheet = sheet or next(iter(course.sheets()), "")
    course.notebooks(sheet)
    mistakes = read_mistakes(course, sheet)
    start = time.monotonic()
    copied = copy_course(course, sheet)
    console.say(
        f"A demo class of seven groups hands in {sheet}; two of them run all that the solution "
        "runs.\nThat takes seconds where nothing is trained, else some minutes."
    )
    with console.work(f"demo {sheet}", 1.0) as work:
        work.describe("release")
        release(copied, sheet)
        bundle = write_bundle(copied, sheet)
        groups = make_class(copied, sheet, mistakes)
        hand_in(copied, sheet, groups)
        work.advance(_SHARES["release"])
        solved = handed_in(copied, sheet, PERFECT)
        with ThreadPoolExecutor(1) as beside:
            theirs = beside.submit(by_nbgrader, copied, sheet, solved)
            grading = Grading(copied, sheet, console.part(work, _SHARES["grade"]))
            results = {result.group: result for result in grading.run()}
        feedback(copied, sheet, console.part(work, _SHARES["feedback"]), stays_here=True)
        table = export(copied, sheet)
        report, _ = write_class_page(copied, sheet)
    found = rows(copied, sheet)
    standings = {group.name: standing(group.name, found) for group in groups}
    remarks = {group.name: _remarks(group, results[group.name].record) for group in groups}
    console.table(_summary(sheet, groups, standings))
    for group in groups:
        for text in remarks[group.name]:
            console.say(f"  {group.name}: {text}")
    own = [row for row in found if row.group == PERFECT]
    show(compared(theirs.result(), own), console)
    _where_to_look(console, copied, sheet, [bundle, table, report])
    console.say(f"Took {duration(time.monotonic() - start)}.")
    return _as_expected(console, standings, found)


def copy_course(course: Course, sheet: str) -> Course:
    """A copy of the course with one sheet in `build/demo`, its library and data by reference."""
    target = course.build / "demo"
    timings = target / "build" / "timings"
    known = {path.name: path.read_bytes() for path in timings.glob("*.json")}
    if not known:
        known = {path.name: path.read_bytes() for path in course.build.glob("timings/*.json")}
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(course.source / sheet, target / course.source.name / sheet)
    shutil.copy2(course.root / CONFIG_NAME, target / CONFIG_NAME)
    for path in course.source.iterdir():
        if path.is_file():  # such as nbgrader's header and footer
            _refer(path, target / course.source.name / path.name)
    made = {
        path.relative_to(course.root).parts[0]
        for path in (
            course.source,
            course.release,
            course.submitted,
            course.autograded,
            course.feedback,
            course.build,
        )
    }
    for path in course.root.iterdir():
        skipped = path.name.startswith(".") or path.suffix == ".db" or path.name in made
        if not skipped and path.name != CONFIG_NAME:
            _refer(path, target / path.name)
    timings.mkdir(parents=True)
    for name, content in known.items():
        (timings / name).write_bytes(content)
    copied = Course.open(target)
    if not copied.db_url.startswith("sqlite:///" + str(target)):
        raise CourseError(
            f"{CONFIG_NAME} names a gradebook outside the course ({copied.db_url}); "
            "the demo would write to it: leave c.CourseDirectory.db_url at its default"
        )
    return copied


def _refer(path: Path, link: Path) -> None:
    """A symbolic link, or a copy where there are none."""
    try:
        os.symlink(path, link, target_is_directory=path.is_dir())
    except OSError:
        if path.is_dir():
            shutil.copytree(path, link)
        else:
            shutil.copy2(path, link)


def standing(group: str, found: list[Row]) -> Standing:
    """Adds up a group's rows."""
    own = [row for row in found if row.group == group]
    written = {(row.notebook, row.task) for row in found if row.status == MANUAL}
    automatic = [row for row in own if (row.notebook, row.task) not in written]
    return Standing(
        points=sum(row.score or 0.0 for row in automatic),
        most=sum(row.max_score for row in automatic),
        waiting=sum(row.max_score for row in own if row.status == MANUAL),
    )


def _remarks(group: DemoGroup, record: dict[str, NotebookRecord]) -> list[str]:
    troubles = [one.reason or one.trouble for one in record.values() if one.needs_a_look]
    troubles += [one.reason for one in record.values() if one.status == "missing"]
    return [*group.remarks, *troubles]


def _summary(
    sheet: str,
    groups: list[DemoGroup],
    standings: dict[str, Standing],
) -> Table:
    table = Table(title=f"The demo class on {sheet}", title_justify="left")
    table.add_column("group", no_wrap=True)
    table.add_column("what they did", ratio=1)
    table.add_column("automatic\npoints", justify="right", no_wrap=True)
    table.add_column("awaiting\na tutor", justify="right", no_wrap=True)
    for group in groups:
        one = standings[group.name]
        table.add_row(
            group.name,
            group.story,
            f"{one.points:.2f} / {one.most:.2f}",
            f"{one.waiting:.2f}" if one.waiting else "-",
        )
    return table


def _where_to_look(console: Console, course: Course, sheet: str, files: list[Path]) -> None:
    first = course.notebooks(sheet)[0]
    here = Path.cwd()

    def shown(path: Path) -> str:
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    page = course.feedback / "group-04" / sheet / f"{first}.html"
    console.say("Where to look:")
    console.say(f"  what students got     {shown(files[0])}")
    console.say(f"  a page of feedback    {shown(page)}  (open it in a browser)")
    console.say(f"  all points            {shown(files[1])}  (a row a task, with the reason)")
    console.say(f"  the class at a glance {shown(files[2])}")
    console.say(f"  nbgrader's gradebook  {shown(course.root / 'gradebook.db')}")
    program = shlex.quote(shown(Path(sys.executable).parent / "genlhc"))
    place = shlex.quote(shown(course.root))
    console.say(f"  the tutor's view      {program} formgrader --course {place}")


def _as_expected(console: Console, standings: dict[str, Standing], found: list[Row]) -> bool:
    """Whether the two groups whose marks are known beforehand got them; says so if not."""
    best, least = standings[PERFECT], standings[SKELETON]
    for row in found:
        lost = row.status != MANUAL and (row.score is None or row.score < row.max_score - 1e-9)
        if row.group == PERFECT and lost:
            score = 0.0 if row.score is None else row.score
            console.problem(
                f"not as expected: the solution itself gets {score:g} of {row.max_score:g} in "
                f"{row.notebook}, {row.task}: {row.reason or 'partial credit'}"
            )
        if row.group == SKELETON and row.score:
            console.problem(
                f"not as expected: an untouched notebook gets {row.score:g} of {row.max_score:g} "
                f"in {row.notebook}, {row.task}"
            )
    good = abs(best.points - best.most) < 1e-9 and least.points == 0
    if good:
        console.say("As expected: the solution gets every automatic point, the skeleton none.")
    return good
