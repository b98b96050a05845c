"""nbgrader settings that make grading fair; every course gets them unless it says otherwise.

nbgrader as it comes gives full points to a cell that never ran (a dead kernel), drops a whole
submission when one of its notebooks fails, and prints the hidden tests on the feedback page.
The lists below put our preprocessors in place of the ones that do so. They are ordinary nbgrader
settings, so the formgrader and `nbgrader autograde` use them as well when `nbgrader_config.py` says

.. code-block:: python

    from course_grader.defaults import fair_defaults

    c = get_config()
    c.merge(fair_defaults())
"""

from importlib.util import find_spec
from pathlib import Path

from traitlets.config import Config

EXECUTE = "course_grader.execute.TrustedExecute"

SANITIZE = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

AUTOGRADE = [
    EXECUTE,
    "course_grader.marking.overwritten.OverwrittenLines",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "course_grader.marking.points.TidyPoints",
    "course_grader.marking.kept_marks.SaveGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "course_grader.results.bounded_html.BoundedHtml",
]

RELEASE = [
    "course_grader.release.tidy.TidyNotebook",
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "course_grader.release.masters.WriteTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "course_grader.release.registered.RegisterCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "course_grader.release.tidy.ClearAttachments",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

FEEDBACK = [
    "nbgrader.preprocessors.GetGrades",
    "course_grader.results.task_table.TaskTable",
    "course_grader.release.tidy.HideTests",
    "course_grader.results.alt_texts.AltTexts",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# Of the pages on which tutors mark; it leaves all others alone.
PAGES = ["course_grader.results.rubric_view.ShowRubrics"]

# Templates of pages. Ours come before nbgrader's: what they do not hold is taken from there.
TEMPLATES = [Path(__file__).parent / "results" / "templates" / "nbconvert"]
TEMPLATES += [
    Path(place) / "server_extensions" / "formgrader" / "templates"
    for place in getattr(find_spec("nbgrader"), "submodule_search_locations", ())
]


def folders(root: Path) -> tuple[str, str]:
    """Names of the folders of solutions and of what students get, in a course's folder.

    A course that has `source/` and no `solutions/` has nbgrader's own names.

    Example:
        >>> folders(Path("nowhere"))
        ('solutions', 'exercises')
    """
    usual = not (root / "solutions").is_dir() and (root / "source").is_dir()
    return ("source", "release") if usual else ("solutions", "exercises")


def fair_defaults() -> Config:
    """The settings as a traitlets `Config`, to be merged into a course's own.

    The names of folders are those of the folder where the command runs.

    Example:
        >>> fair_defaults().GenerateFeedback.preprocessors[2]
        'course_grader.release.tidy.HideTests'
    """
    config = Config()
    source, release = folders(Path.cwd())
    config.CourseDirectory.source_directory = source
    config.CourseDirectory.release_directory = release
    config.CourseDirectory.ignore = [
        ".ipynb_checkpoints",
        "__pycache__",
        "*.pyc",
        ".*",
        "Thumbs.db",
    ]
    config.Exporter.optimistic_validation = True  # at the end, not after each preprocessor
    config.GenerateAssignment.preprocessors = list(RELEASE)
    config.Autograde.sanitize_preprocessors = list(SANITIZE)
    config.Autograde.autograde_preprocessors = list(AUTOGRADE)
    config.ClearMarkScheme.check_attachment_leakage = False  # `ClearAttachments` removes them
    config.GenerateFeedback.preprocessors = list(FEEDBACK)
    config.HTMLExporter.preprocessors = list(PAGES)
    config.HTMLExporter.filters = {"shown": "course_notebooks.cleaning.html"}
    config.HTMLExporter.extra_template_basedirs = [str(path) for path in TEMPLATES]
    return config
