"""Training of networks whose data fit in memory: fast, quiet, repeatable."""

from course_utils.training.history import History, TrainingError
from course_utils.training.loop import LossFunction, choose_device, fit
from course_utils.training.optimiser import Schedule

__all__ = ["History", "LossFunction", "Schedule", "TrainingError", "choose_device", "fit"]
