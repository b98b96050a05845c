"""The thresholds of sheet 2."""

from pathlib import Path

from autograde_tests.scoring import Calibration

CALIBRATION = Calibration(Path(__file__).parent)
