"""Lines in solution notebooks that frame what students do not get."""

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
            feedback know them.

    Example:
        >>> config = Config()
        >>> config.ClearSolutions.begin_solution_delimeter = "### ANSWER FROM HERE"
        >>> markers_of(config)[:2]
        ('### ANSWER FROM HERE', 'END SOLUTION')
    """
    found: list[str] = []
    for (step, names), usual in zip(_SETTINGS.items(), PAIRS, strict=True):
        for name, word in zip(names, usual, strict=True):
            found.append(str(config[step].get(name, word)))
            if step == "ClearHiddenTests" and word not in found[-1]:
                raise CourseError(
                    f"c.{step}.{name} is {found[-1]!r}: marking and feedback know hidden tests by "
                    f"the words {word!r}, which must be in it; take the setting out"
                )
    return tuple(dict.fromkeys([*found, *MARKERS]))
