"""Lines in solution notebooks that frame what students do not get."""

BEGIN_HIDDEN = "BEGIN HIDDEN TESTS"
END_HIDDEN = "END HIDDEN TESTS"
BEGIN_SOLUTION = "BEGIN SOLUTION"
END_SOLUTION = "END SOLUTION"
BEGIN_RUBRIC = "**Rubric"

LECTURE_DEMO = "lecture-demo"  # tag of cells that are for lecturers: no release has them
