"""From a measured quality to points: linear credit between a weak answer and the reference."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, variance
from typing import Any

from scipy import stats

FALSE_FAIL_RATE = 1e-3

Rows = Mapping[str, Mapping[str, Any]]
"""Calibrated metrics as they are kept: weak answer, floor and seeds, by name."""


@dataclass(frozen=True)
class Metric:
    """A measured quality with its calibration.

    Attributes:
        name: as in the calibration table.
        weak: value of the named weak answer, which earns nothing.
        weak_name: what that answer is.
        floor: truth against truth, shown beside a student's value; NaN where there is none.
        values: what the reference reached, one value for each training seed.
        variants: the same for other honest solutions, by their names.

    Example:
        >>> auc = Metric("auc", 0.63, "unit weights", 0.503, (0.505, 0.506, 0.507))
        >>> auc.credit(0.63, 2.0), auc.credit(0.5, 2.0)
        (0.0, 2.0)
    """

    name: str
    weak: float
    weak_name: str
    floor: float
    values: tuple[float, ...]
    variants: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def from_row(cls, name: str, row: Mapping[str, Any]) -> "Metric":
        """A metric from its row in the kept calibration."""
        variants = {one: tuple(values) for one, values in row.get("variants", {}).items()}
        return cls(
            name, row["weak"], row["weak_name"], row["floor"], tuple(row["values"]), variants
        )

    @property
    def full(self) -> float:
        """Value from which on all points are given.

        The one-sided prediction bound of Student's t: a further training of the reference, or of
        its worst variant, is beyond it with probability `FALSE_FAIL_RATE`, the uncertainty of
        mean and spread from the few seeds included. The spread within each of them is taken to be
        the same: few seeds of one variant do not tell it.
        """
        groups = [self.values, *self.variants.values()]
        n_free = sum(len(values) - 1 for values in groups)
        squares = sum((len(values) - 1) * variance(values) for values in groups)
        factor = float(stats.t.ppf(1 - FALSE_FAIL_RATE, n_free)) * math.sqrt(squares / n_free)
        side = 1.0 if self.weak > fmean(self.values) else -1.0
        bounds = [
            fmean(values) + side * factor * math.sqrt(1 + 1 / len(values)) for values in groups
        ]
        return max(bounds, key=lambda bound: side * bound)

    def credit(self, value: float, points: float) -> float:
        """Points for a measured value, between 0 and `points`; NaN and infinities earn nothing.

        Raises:
            ValueError: if the reference is not better than the weak answer, so that no line can
                be drawn between them.
        """
        full = self.full
        if (self.weak - full) * (self.weak - fmean(self.values)) <= 0:
            raise ValueError(
                f"metric {self.name}: the bound {full:.4g} of the reference is not better than "
                f"the weak answer's {self.weak:.4g}; calibrate again or choose another metric"
            )
        if not math.isfinite(value):
            return 0.0
        share = (self.weak - value) / (self.weak - full)
        return points * min(1.0, max(0.0, share))

    def report(self, value: float) -> str:
        """One line: what was measured and what it is compared with.

        Students read it in their feedback, `genlhc report` collects it: `docs/other-courses.md`
        says how such a line is written.

        >>> print(Metric("auc", 0.63, "unit weights", 0.503, (0.505, 0.506, 0.507)).report(0.55))
        measured: auc = 0.55 (full points from 0.5318, none from 0.63: unit weights; truth
        against truth 0.503)
        """
        floor = "" if math.isnan(self.floor) else f"; truth against truth {self.floor:.4g}"
        return (
            f"measured: {self.name} = {value:.4g} (full points from {self.full:.4g}, "
            f"none from {self.weak:.4g}: {self.weak_name}{floor})"
        )


_kept: dict[Path, Rows] = {}


@dataclass(frozen=True)
class Calibration:
    """The calibrated metrics of a sheet; each sheet binds its own once.

    Attributes:
        folder: of the sheet's checks, `autograde_tests/<sheet>/`.

    Example:
        >>> calibration = Calibration(Path(__file__).parent / "sheet01")
        >>> calibration.metric("drell_yan_auc").weak_name
        'VAE with standardised four-momenta'
    """

    folder: Path

    @property
    def file(self) -> Path:
        """Where `genlhc calibrate` keeps what it measured."""
        return self.folder / "calibration.json"

    def metric(self, name: str) -> Metric:
        """A metric with its calibration.

        Raises:
            FileNotFoundError: if the sheet was never calibrated.
            KeyError: if its calibration has no such metric.
        """
        rows = self._rows()
        if name not in rows:
            raise KeyError(
                f"the calibration of {self.folder.name} has no metric {name!r}, only "
                f"{sorted(rows)}: run `genlhc calibrate {self.folder.name}` again"
            )
        return Metric.from_row(name, rows[name])

    def credit(self, measured: Mapping[str, float], points: Mapping[str, float]) -> float:
        """Points for measured values; prints for each what was measured and what it earns.

        Args:
            measured: values by name of the metric.
            points: what each is worth, by the same names.
        """
        earned = 0.0
        for name, value in measured.items():
            metric = self.metric(name)
            credit = metric.credit(value, points[name])
            print(f"{metric.report(value)}: {credit:.3f} of {points[name]:g} points")
            earned += credit
        return round(earned, 4)

    def read(self) -> dict[str, Any]:
        """What is kept, `{"checks": [...], "visible": {...}, "metrics": {...}}`; empty at first."""
        if not self.file.exists():
            return {"checks": [], "visible": {}, "metrics": {}}
        kept: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return kept

    def write(self, data: Mapping[str, Any]) -> None:
        """Keeps a calibration, of the form that `read` gives."""
        text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
        self.file.write_text(text, encoding="utf-8")
        self.use(data["metrics"])

    def use(self, rows: Rows) -> None:
        """Lets the checks of this process read these metrics instead of the kept ones."""
        _kept[self.folder] = rows

    def _rows(self) -> Rows:
        if self.folder not in _kept:
            if not self.file.exists():
                raise FileNotFoundError(
                    f"no calibration of {self.folder.name}: "
                    f"run `genlhc calibrate {self.folder.name}` first"
                )
            self.use(self.read()["metrics"])
        return _kept[self.folder]
