"""nbgrader's settings for this course.

Another course can copy this file as it is: with a folder `solutions/<sheet>/` of notebooks beside
it, every `genlhc` command works there. The formgrader and nbgrader's own commands read it, too.
"""

from course_grader.defaults import fair_defaults

c = get_config()  # noqa: F821  (nbgrader provides it)

# What makes marks fair: cells that never ran earn nothing, hidden tests stay out of the feedback,
# a release does not depend on who opened the notebook last. See course_grader/defaults.py; the
# lists of preprocessors there can be set here instead, `c.Autograde.autograde_preprocessors` with
# another way to run notebooks first of all.
c.merge(fair_defaults())

# Where things are. One submission is submitted/<group>/<sheet>/<notebook>.ipynb.
c.CourseDirectory.course_id = "genlhc"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# The gradebook is gradebook.db in the course's folder; set c.CourseDirectory.db_url for another.

# Groups hand in; to nbgrader a group is a student. `nbgrader zip_collect` reads the group from
# file names such as "group-07_gan_convergence.ipynb".
c.FileNameCollectorPlugin.named_regexp = r".*?(?P<student_id>group-\d+)_(?P<file_name>.+)"

# What replaces solutions in the students' version.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

# Students' code runs in a sandbox. What it may use up: seconds for one call of an answer by a test,
# for a cell (or a test), for a notebook; bytes of memory, of scratch space, of output of a cell.
c.TrustedExecute.call_seconds = 300
c.TrustedExecute.cell_seconds = 600
c.TrustedExecute.notebook_seconds = 1800
c.TrustedExecute.memory = 4 << 30
c.TrustedExecute.disk = 1 << 30
c.TrustedExecute.output = 1 << 20

# `genlhc solutions` runs the lecturer's own notebooks without a sandbox, in seconds:
c.LocalExecute.timeout = 600
c.LocalExecute.notebook_timeout = 1800
c.LocalExecute.startup_timeout = 120

# Cells that a student deleted are put back by `genlhc grade` before nbgrader sees the notebook.
# A habit of nbgrader that a test's author should know: the value of a grade cell's last line is
# its score, "partial credit". Without a value the cell earns all its points if it does not fail.
