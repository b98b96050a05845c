"""The first page: who hands in what, and how far it got."""

from datetime import date

from course_handin.answers import Review, Task
from course_handin.group import Group
from course_handin.sheet import Sheet
from course_handin.texts import literal
from course_handin.typesetting import Part

_LONGEST = 200


def cover(sheet: Sheet, group: Group, reviews: list[Review], day: date) -> Part:
    """Course, sheet, names, tasks, failing checks."""
    lines = [
        '#shown-notebook.update("")',
        f"#text(size: 11pt, fill: luma(90), {literal(sheet.course)})",
        f"#block(above: 8pt, text(size: 22pt, weight: 700, {literal(_title(sheet))}))",
        f"#block(text(size: 13pt, {literal(group.name)} + h(1fr) + {literal(_day(day))}))",
        "#table(columns: (1fr, auto), inset: (x: 0pt, y: 3pt),",
        "  table.hline(stroke: 0.5pt), [*name*], [*tutorial*], table.hline(stroke: 0.3pt),",
        *(f"  {literal(one.name)}, {literal(one.tutorial)}," for one in group.members),
        "  table.hline(stroke: 0.5pt))",
        *_tasks(reviews),
    ]
    failing = [
        (review.name, text) for review in reviews for text in review.problems() if _is_worse(text)
    ]
    if failing:
        lines += ["#heading(level: 2, outlined: false)[Checks that fail, and errors]"]
        lines += [
            f"- #text(size: 9pt, {literal(f'{name}: {_short(text)}')})" for name, text in failing
        ]
    source = "\n".join(lines)
    plain = f"#text({literal(f'{sheet.name}, {group.name}')})"
    return Part(source, plain, "the first page is shortened")


def _title(sheet: Sheet) -> str:
    return f"{sheet.name}: {sheet.title}" if sheet.title else sheet.name


def _is_worse(text: str) -> bool:
    return not text.startswith("unanswered")


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _tasks(reviews: list[Review]) -> list[str]:
    """A table with a row a task."""
    lines = [
        "#v(6pt)",
        "#table(columns: (1fr, auto, auto), align: (left, left, left), inset: (x: 4pt, y: 2.6pt),",
        "  table.header(table.hline(stroke: 0.5pt), [*task*], [*answer*], [*visible checks*],",
        "  table.hline(stroke: 0.3pt)),",
    ]
    for review in reviews:
        name = literal(review.name)
        lines.append(f"  table.cell(colspan: 3, fill: luma(240), raw({name})),")
        lines += [
            f"  {literal(_short(task.title))}, {_answer(task)}, {_checks(task)},"
            for task in review.tasks
        ]
    return [*lines, "  table.hline(stroke: 0.5pt))"]


def _answer(task: Task) -> str:
    if not task.n_cells:
        return '""'
    if not task.n_open:
        return '"answered"'
    if task.n_open == task.n_cells:
        return "[*unanswered*]"
    return f"[*{task.n_open} of {task.n_cells} unanswered*]"


def _checks(task: Task) -> str:
    if task.failing:
        return f'text(fill: rgb("#b3261e"))[*{len(task.failing)} of {task.n_checks} fail*]'
    return '"pass"' if task.n_checks and not task.n_open else '""'
