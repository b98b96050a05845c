"""Figures of the course: one style, histograms with a ratio or pull panel, training curves."""

from course_utils.plotting.animation import Animation, animate
from course_utils.plotting.curves import calibration_curve, loss_curves, roc_curve
from course_utils.plotting.panels import Observable, compare, compare_grid
from course_utils.plotting.samples import PlottingError, Sample
from course_utils.plotting.style import COLOURS, LINE_STYLES, set_style

__all__ = [
    "COLOURS",
    "LINE_STYLES",
    "Animation",
    "Observable",
    "PlottingError",
    "Sample",
    "animate",
    "calibration_curve",
    "compare",
    "compare_grid",
    "loss_curves",
    "roc_curve",
    "set_style",
]
