"""The first page of the students' bundle: what is in it, how to start, how to hand in."""

from course_grader.course import Course
from course_grader.markers import stubs_of
from course_grader.naming import word
from course_grader.release.description import notebook_table


def readme(course: Course, sheet: str, files: tuple[str, ...]) -> str:
    """How a student starts, as Markdown.

    Args:
        course: the course.
        sheet: the assignment.
        files: what is handed out beside the exercises, see `course_grader.handout`.
    """
    info = course.sheet(sheet)
    about = str(course.project.get("description", "")) or "Exercises"
    title = f"{sheet}: {info.title}" if info.title else sheet
    lead = f"{about}\n\n{info.about}" if info.about else about
    table = notebook_table(info, f"{course.release.name}/{sheet}")
    measured = any(info.detail(name).seconds for name in info.notebooks)
    note = "\nTime and memory: the whole solution on one core of a processor.\n" if measured else ""
    code, text = stubs_of(course.config)
    return (
        f"# {title}\n\n{lead}\n\n## Set up (once, in this folder)\n\n{_set_up(course, files)}\n"
        f"## The notebooks\n\n{table}\n{note}\n"
        f"Fill in the cells marked `{code}` and the answers marked `{text}`.\n"
        "Run the check below each cell: it says what is wrong and does not cost anything.\n\n"
        f"## Hand in\n\n{_hand_in(course, sheet)}"
        "Do not rename the notebooks, and do not delete cells that you did not make.\n"
    ) + _more(course, files)


def _more(course: Course, files: tuple[str, ...]) -> str:
    """Links to the pages that are handed out as well."""
    links = ""
    for page in files:
        if page.endswith(".md"):
            title = (course.root / page).read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")
            links += f"- [{title}]({page})\n"
    return f"\n## More\n\n{links}" if links else ""


def _hand_in(course: Course, sheet: str) -> str:
    if "genlhc" in course.settings.bundle_scripts:
        command = f"genlhc handin {word(sheet)}"
        return (
            f"Run `{command}` in this folder (with plain Python:\n"
            f"`.venv/bin/{command}`). It runs the notebooks, says what is missing and\n"
            "makes the archive that you hand in, with a PDF of your notebooks in it.\n"
        )
    return "Restart the kernel, run all cells, save. Hand in the notebooks under the names above.\n"


def _set_up(course: Course, files: tuple[str, ...]) -> str:
    text = (
        "    python3 -m venv .venv\n"
        "    .venv/bin/pip install -e . jupyterlab      # Windows: .venv\\Scripts\\pip\n"
        "    .venv/bin/jupyter lab                      # Windows: .venv\\Scripts\\jupyter\n"
    )
    text += (
        "\nIf you set up an earlier sheet in this folder, give only the line with `pip` again.\n"
    )
    environment = course.root / "environment.yml"
    if "environment.yml" in files and environment.is_file():
        again = "" if "-e ." in environment.read_text(encoding="utf-8") else "`pip install -e .`, "
        text += (
            "\nOr with conda: `conda env create -f environment.yml`, activate the environment\n"
            f"that it names, {again}`jupyter lab`.\n"
        )
    return text
