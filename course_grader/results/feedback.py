"""Pages for the groups: nbgrader's feedback, and a notice where there is nothing to show."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from course_grader.bounded import TooMuchError, WorkError, at_a_time, bounded, get_ready
from course_grader.console import Console, Silent
from course_grader.course import Course, groups_in
from course_grader.errors import CourseError
from course_grader.files import write_whole
from course_grader.grading.state import read_record
from course_grader.intake.submission import GRADED
from course_grader.naming import word
from course_notebooks.browser import with_own_mathjax
from course_notebooks.cleaning import html
from course_notebooks.troubles import in_words

PAGE_SECONDS = 60.0  # of computing, for the pages of a group; where that fails, for each page
_MAKE = "course_grader.results.feedback_pages:make_pages"
_NOTICE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{name}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 40em; margin: 3em auto }}</style>
</head>
<body>
<h1>{name}</h1>
<p><strong>{status}.</strong></p>
<p>{reason}.</p>
<p>Group {group}, {sheet}. Your tutor sees the same text: ask if you think it is wrong.</p>
</body>
</html>
"""
_SLOW = "slow"
_STATUS = {
    "missing": "This notebook earned no points: it was not handed in",
    "ungradable": "This notebook earned no points: it could not be graded",
    _SLOW: "This notebook is marked, but its page could not be made",
}


@dataclass(frozen=True)
class Pages:
    """What was made.

    Attributes:
        written: number of pages.
        failed: for each group without pages, or without one of them, why.
    """

    written: int
    failed: dict[str, str]


def feedback(
    course: Course, sheet: str, console: Console | None = None, *, stays_here: bool = False
) -> Pages:
    """Writes `feedback/<group>/<sheet>/<notebook>.html` for every group that was graded.

    Args:
        course: the course.
        sheet: the assignment.
        console: where progress is shown.
        stays_here: the pages are read on this machine only: equations need no network then.

    Raises:
        CourseError: nothing was graded yet.
    """
    course.notebooks(sheet)
    groups = groups_in(course.autograded, sheet)
    if not groups:
        raise CourseError(f"nothing is graded for {sheet}; run `genlhc grade {word(sheet)}` first")
    n_workers = min(at_a_time(), len(groups))
    get_ready(_MAKE, n_workers)
    with course.gradebook():
        pass  # if it cannot be used, one sentence says so
    made: dict[str, tuple[int, str]] = {}
    with (
        (console or Silent()).work(f"feedback {sheet}", len(groups)) as work,
        ThreadPoolExecutor(n_workers) as pool,
    ):

        def one(group: str) -> None:
            work.describe(group)
            count, why = made[group] = _pages_of(course, sheet, group, stays_here=stays_here)
            course.log.info("%s: %d pages in feedback/; %s", group, count, why or "nothing failed")
            work.advance(1, group)

        try:
            list(pool.map(one, groups))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    failed = {group: made[group][1] for group in groups if made[group][1]}
    return Pages(sum(count for count, _ in made.values()), failed)


def _pages_of(course: Course, sheet: str, group: str, *, stays_here: bool) -> tuple[int, str]:
    """Makes the pages of a group; says how many there are, and what failed."""
    try:
        record = read_record(course, sheet, group)
        there = [name for name in course.notebooks(sheet) if name in record]
        failed, slow = _marked_pages(course, sheet, group, there)
        if failed:
            return 0, f"no pages: {failed}"
        notices = {name: (one.status, one.reason) for name, one in record.items()}
        notices |= {name: (_SLOW, reason) for name, reason in slow.items()}
        for name, (status, reason) in notices.items():
            if status != GRADED:
                said = {"status": _STATUS[status], "reason": reason, "group": group}
                said |= {"name": name, "sheet": sheet}
                page = _NOTICE.format_map({key: html(text) for key, text in said.items()})
                write_whole(course.feedback / group / sheet / f"{name}.html", page)
        pages = sorted((course.feedback / group / sheet).glob("*.html"))
        for path in pages if stays_here else ():
            write_whole(path, with_own_mathjax(path.read_text(encoding="utf-8")))
    except OSError as error:
        return 0, f"no pages: {in_words(error)}"
    return len(pages), "; ".join(f"no page of {name}: {reason}" for name, reason in slow.items())


def _marked_pages(
    course: Course, sheet: str, group: str, there: list[str]
) -> tuple[str, dict[str, str]]:
    """Makes the pages of what is marked; says why there are none, or why single ones are not."""
    marked = sorted(path.stem for path in (course.autograded / group / sheet).glob("*.ipynb"))
    if not marked:
        return "", {}
    slow: dict[str, str] = {}
    try:
        return bounded(_MAKE, course, sheet, group, "*", there, seconds=PAGE_SECONDS), slow
    except WorkError as error:
        return f"the pages could not be made: {error}", slow
    except TooMuchError as error:
        if len(marked) == 1:
            return "", {marked[0]: f"making its page {error}"}
    for name in marked:
        try:
            failed = bounded(_MAKE, course, sheet, group, name, there, seconds=PAGE_SECONDS)
        except (TooMuchError, WorkError) as error:
            failed = f"making its page {error}"
        if failed:
            slow[name] = failed
    return "", slow
