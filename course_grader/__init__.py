"""Release, grade and hand back notebooks of any nbgrader course.

The command is `genlhc` (`course_grader.cli`). Everything rests on nbgrader: its metadata, its
gradebook, its converters. What is added here is care: a release that refuses cells which cannot be
graded, submissions that cannot spoil each other's run, reasons for every lost point.

The package imports neither `course_utils` nor `autograde_tests`, only `course_notebooks` beside it:
a course is a folder with `solutions/` and `nbgrader_config.py`, and the cells of its notebooks
import what they need.
"""
