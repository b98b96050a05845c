"""The command `genlhc`; what can be typed is in `course_grader.commands`."""

# In the order of the help page, which is that of the work:
from course_grader.command_line import app
from course_grader.commands import sheets

# isort: split
from course_grader.commands import grading

# isort: split
from course_grader.commands import results

# isort: split
from course_grader.commands import lecturer
from course_grader.quick import leave_out

__all__ = ["app", "grading", "lecturer", "main", "results", "sheets"]


def main() -> None:
    """Entry point of the command `genlhc`."""
    leave_out()
    app()
