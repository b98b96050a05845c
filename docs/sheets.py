"""What the docs say of the sheets, taken from their `sheet.toml`: README's table, the site's menu.

mkdocs loads this file as a hook. Called as a program it brings the table in README.md up to date.

Example: python docs/sheets.py
"""

import math
from pathlib import Path
from typing import Any

from course_grader.console import duration
from course_grader.course import Course
from course_grader.files import write_whole
from course_grader.lecturer.points import points_of
from course_grader.release.description import time_of

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- sheets: written by `make exercises` -->\n", "<!-- end of sheets -->\n"


def table(course: Course) -> str:
    """The released sheets with their notebooks in teaching order, as a Markdown table."""
    lines = [
        "| sheet, notebook | points | what students do | time on one core |",
        "| --- | ---: | --- | ---: |",
    ]
    for sheet in course.released():
        info, points = course.sheet(sheet), points_of(course, sheet)
        total = math.fsum(one.total for one in points)
        seconds = [info.detail(one.name).seconds for one in points]
        time = duration(sum(seconds)) if all(seconds) else ""
        lines.append(f"| **{sheet}** | **{total:g}** | **{info.title}** | **{time}** |")
        for one in points:
            said = info.detail(one.name)
            lines.append(f"| `{one.name}` | {one.total:g} | {said.about} | {time_of(said)} |")
    return "\n".join(lines).replace("****", "") + "\n"


def with_table(page: str, course: Course) -> str:
    """A page whose table of sheets is up to date.

    Raises:
        ValueError: the page does not say where the table is.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page must have a line {BEGIN.strip()!r}, then one {END.strip()!r}")
    return f"{before}{begin}{table(course)}{end}{after}"


def filled(nav: list[Any], course: Course) -> list[Any]:
    """The site's menu, with the sheets in place of `SHEETS` and their tables of `CALIBRATION`."""
    made: list[Any] = []
    for item in nav:
        if item == "SHEETS":
            made += [_menu(course, sheet) for sheet in course.released()]
        elif item == "CALIBRATION":
            pages = [f"docs/calibration/{sheet}.md" for sheet in course.sheets()]
            made += [page for page in pages if (course.root / page).is_file()]
        elif isinstance(item, dict):
            made.append({
                key: filled(value, course) if isinstance(value, list) else value
                for key, value in item.items()
            })  # fmt: skip
        else:
            made.append(item)
    return made


def _menu(course: Course, sheet: str) -> dict[str, Any]:
    info = course.sheet(sheet)
    title = f"{sheet}: {info.title}" if info.title else sheet
    pages = {name: f"{course.release.name}/{sheet}/{name}.ipynb" for name in info.notebooks}
    return {title: [{info.detail(name).title or name: page} for name, page in pages.items()]}


def on_config(config: Any) -> Any:
    """Called by mkdocs before it looks at the menu."""
    config.nav = filled(config.nav, Course.open(ROOT))
    return config


def main() -> None:
    """Brings README.md up to date."""
    page = ROOT / "README.md"
    before = page.read_text(encoding="utf-8")
    after = with_table(before, Course.open(ROOT))
    if after != before:
        write_whole(page, after)
        print("written: README.md")


if __name__ == "__main__":
    main()
