"""Training of networks whose data fit in memory: fast, quiet, repeatable."""

from course_utils.training.gans import GanLoss, Gans, GanSettings, train_gans
from course_utils.training.history import History, TrainingError
from course_utils.training.loop import LossFunction, choose_device, fit
from course_utils.training.optimiser import Schedule
from course_utils.training.replicas import Replicas

__all__ = [
    "GanLoss",
    "GanSettings",
    "Gans",
    "History",
    "LossFunction",
    "Replicas",
    "Schedule",
    "TrainingError",
    "choose_device",
    "fit",
    "train_gans",
]
