"""Lines in solution notebooks that frame what students do not get."""

from typing import Any

from traitlets.config import Config

from course_grader.errors import CourseError

BEGIN_HIDDEN = "BEGIN HIDDEN TESTS"
END_HIDDEN = "END HIDDEN TESTS"
BEGIN_SOLUTION = "BEGIN SOLUTION"
END_SOLUTION = "END SOLUTION"
BEGIN_SCHEME = "BEGIN MARK SCHEME"
END_SCHEME = "END MARK SCHEME"
BEGIN_RUBRIC = "**Rubric"
PAIRS = ((BEGIN_SOLUTION, END_SOLUTION), (BEGIN_HIDDEN, END_HIDDEN), (BEGIN_SCHEME, END_SCHEME))
MARKERS = tuple(marker for pair in PAIRS for marker in pair)

REGISTER = "RegisterCells"  # the step of a release that tells the gradebook
LECTURE_DEMO = "lecture-demo"  # tag of cells that are for lecturers: no release has them

_SETTINGS = {
    "ClearSolutions": ("begin_solution_delimeter", "end_solution_delimeter"),
    "ClearHiddenTests": ("begin_test_delimeter", "end_test_delimeter"),
    "ClearMarkScheme": ("begin_mark_scheme_delimeter", "end_mark_scheme_delimeter"),
}


def markers_of(config: Config) -> tuple[str, ...]:
    """What a course's nbgrader takes for markers, and what it would without settings.

    Raises:
        CourseError: hidden tests begin or end with other words than those by which marking and
            feedback know them, and no step of ours tells the gradebook.

    Example:
        >>> config = Config()
        >>> config.ClearSolutions.begin_solution_delimeter = "### ANSWER FROM HERE"
        >>> markers_of(config)[:2]
        ('### ANSWER FROM HERE', 'END SOLUTION')
    """
    own = _own(config)
    steps = map(str, config.GenerateAssignment.get("preprocessors", (REGISTER,)))
    strange = [word for word in (BEGIN_HIDDEN, END_HIDDEN) if word not in own[word]]
    if strange and not any(REGISTER in step for step in steps):
        raise CourseError(
            f"hidden tests are marked by {own[strange[0]]!r}: marking and feedback know them by "
            f"the words {strange[0]!r}, which {REGISTER} writes into the gradebook; put it into "
            "c.GenerateAssignment.preprocessors in the place of SaveCells, or take the setting out"
        )
    return tuple(dict.fromkeys([*own.values(), *MARKERS]))


def stubs_of(config: Config) -> tuple[str, str]:
    """First lines of what students get in the place of code and of words.

    Example:
        >>> stubs_of(Config())
        ('# YOUR CODE HERE', 'YOUR ANSWER HERE')
    """
    given = config.ClearSolutions
    code = given.get("code_stub", {})
    code = code if isinstance(code, str) else code.get("python", "# YOUR CODE HERE")
    first = (str(text).strip().partition("\n")[0] for text in (code, given.get("text_stub", "")))
    code, text = first
    return code, text or "YOUR ANSWER HERE"


def use_ours(notebook: Any, config: Config) -> None:
    """Puts our markers in the place of those that a course's settings name, a line for each.

    All that reads a solution, and the gradebook, know ours only; nbgrader clears by the settings.

    Args:
        notebook: a solution, changed in place.
        config: the course's.
    """
    for ours, own in _own(config).items():
        for cell in notebook.cells if ours not in own else ():
            lines = str(cell.source).split("\n")
            shown = f"### {ours}" if cell.cell_type == "code" else f"<!-- ### {ours} -->"
            cell.source = "\n".join(
                line[: len(line) - len(line.lstrip())] + shown if own in line else line
                for line in lines
            )


def _own(config: Config) -> dict[str, str]:
    """The course's own words by ours."""
    return {
        ours: str(config[step].get(name, ours))
        for (step, names), usual in zip(_SETTINGS.items(), PAIRS, strict=True)
        for name, ours in zip(names, usual, strict=True)
    }
