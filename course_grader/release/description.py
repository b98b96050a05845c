"""What students are told of a sheet: their `sheet.toml`, its notebooks as a table."""

import json
from typing import Any

from course_grader.console import duration
from course_notebooks.sheet import NotebookInfo, SheetInfo


def description(info: SheetInfo) -> str:
    """The students' `sheet.toml`: what the sheet is, nothing of the lecture or of budgets.

    Example:
        >>> print(description(SheetInfo("sheet02", title="GANs", notebooks=("toy", "event"))))
        title = "GANs"
        notebooks = ["toy", "event"]
        <BLANKLINE>
    """
    lines = _entries({"title": info.title, "about": info.about, "notebooks": list(info.notebooks)})
    for name in info.notebooks:
        one = info.detail(name)
        known = {key: getattr(one, key) for key in ("title", "about", "seconds", "memory")}
        if entries := _entries(known):
            lines += ["", f"[notebook.{json.dumps(name)}]", *entries]
    return "\n".join(lines) + "\n"


def _entries(values: dict[str, Any]) -> list[str]:
    return [
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value
    ]


def notebook_table(info: SheetInfo, folder: str) -> str:
    """The notebooks of a sheet in teaching order, as Markdown: a list, or a table with times.

    Args:
        info: of the sheet.
        folder: where the notebooks are, for their paths.

    Example:
        >>> print(notebook_table(SheetInfo("one", notebooks=("b", "a")), "exercises/one"))
        1. `exercises/one/b.ipynb`
        2. `exercises/one/a.ipynb`
    """
    rows = [(f"`{folder}/{name}.ipynb`", info.detail(name)) for name in info.notebooks]
    if not any(one.about or one.seconds for _, one in rows):
        return "\n".join(f"{number}. {path}" for number, (path, _) in enumerate(rows, 1))
    head = (
        "| notebook, in this order | what you do | time | memory |\n| --- | --- | ---: | ---: |\n"
    )
    return head + "\n".join(
        f"| {path} | {one.about} | {time_of(one)} | {memory_of(one)} |" for path, one in rows
    )


def time_of(one: NotebookInfo) -> str:
    """The measured time of a solution in words, empty if nobody measured it.

    Example:
        >>> time_of(NotebookInfo(seconds=80)), time_of(NotebookInfo())
        ('1 min 20 s', '')
    """
    return duration(one.seconds) if one.seconds else ""


def memory_of(one: NotebookInfo) -> str:
    """The measured memory of a solution's kernel, empty if nobody measured it."""
    return f"{one.memory:.1f} GB" if one.memory else ""
