"""The calibration as a page and a figure in `docs/calibration/`."""

import math
from pathlib import Path
from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from autograde_tests.scoring import Metric
from course_utils import plotting


def page(sheet: str, data: dict[str, Any]) -> str:
    """Markdown page of a calibration, as `genlhc calibrate` keeps it in JSON.

    A sheet without measured tasks has no section about them, and no figure.

    Args:
        sheet: name of the sheet.
        data: `{"checks": [...], "visible": {...}, "metrics": {...}}`.
    """
    lines = [
        f"# Calibration of {sheet}",
        "",
        f"Written by `genlhc calibrate {sheet}` from `autograde_tests/{sheet}/calibration.json`.",
        "",
        "## Right or wrong",
        "",
        "Each check was tried on the sheet's own solution with hidden inputs of several seeds",
        "(all must pass) and on typical mistakes (all must be refused, for the right reason). What",
        "it says does not depend on whether answers empty, overwrite, sort or scale their inputs.",
        "Mistakes in italics pass the visible part, which students have.",
        "",
        "| check | points | right answer passes | mistakes refused |",
        "| --- | ---: | ---: | --- |",
    ]
    for row in data["checks"]:
        refused = [name for name, word in row["mutants"].items() if word == "refused"]
        seen = data.get("visible", {}).get(row["check"], {})
        names = [name if seen.get(name, "unknown") else f"*{name}*" for name in row["mutants"]]
        lines.append(
            f"| `{row['check']}` | {row['points']:g} | {row['n_passed']} of {row['n_seeds']} | "
            f"{len(refused)} of {len(row['mutants'])}: {', '.join(names)} |"
        )
    if data.get("controls"):
        lines += _controls(data["controls"])
    if data["metrics"]:
        lines += _measured(sheet, metrics(data))
    return "\n".join([*lines, ""])


def _controls(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "## Controls",
        "",
        "What each measure must detect: its value for deformed data, smallest and largest of some",
        "seeds, is above the limit; truth against truth stays below.",
        "",
        "| measure | deformation | deformed | truth | limit |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for row in rows:
        spans = [f"{min(row[k]):.3g} to {max(row[k]):.3g}" for k in ("deformed", "truth")]
        lines.append(
            f"| {row['metric']} | {row['deformation']} | {' | '.join(spans)} | {row['limit']:g} |"
        )
    return lines


def _measured(sheet: str, table: dict[str, Metric]) -> list[str]:
    lines = [
        "",
        "## Measured",
        "",
        "The reference was trained anew for every seed and measured on hidden events, and so were",
        "other honest solutions, each with fewer seeds. Points grow linearly from the weak answer",
        "to the bound for full points, which a further training of the reference, or of the worst",
        "of the others, misses in one of a thousand cases (one-sided prediction bound, Student t;",
        "one spread for all).",
        "",
        "| metric | reference | spread | seeds | full points from | weak answer | floor |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    for name, metric in table.items():
        mean = sum(metric.values) / len(metric.values)
        spread = max(metric.values) - min(metric.values)
        floor = "–" if math.isnan(metric.floor) else f"{metric.floor:.4g}"
        lines.append(
            f"| `{name}` | {mean:.4g} | {spread:.2g} | {len(metric.values)} | {metric.full:.4g} | "
            f"{metric.weak_name}: {metric.weak:.4g} | {floor} |"
        )
    lines += _variants(table)
    return [*lines, "", f"![Reference, bound and weak answer for each metric]({sheet}.png)"]


def _variants(table: dict[str, Metric]) -> list[str]:
    """What other honest solutions reach, a row each."""
    groups: dict[tuple[str, ...], list[Metric]] = {}
    for metric in table.values():
        groups.setdefault(tuple(metric.variants), []).append(metric)
    lines = []
    for names, metrics in groups.items():
        if not names:
            continue
        lines += [
            "",
            f"Mean of {len(metrics[0].variants[names[0]])} trainings of each other solution:",
            "",
            f"| solution | {' | '.join(f'`{metric.name}`' for metric in metrics)} |",
            f"| --- |{' ---: |' * len(metrics)}",
        ]
        for name in names:
            means = [fmean(metric.variants[name]) for metric in metrics]
            lines.append(f"| {name} | {' | '.join(f'{mean:.4g}' for mean in means)} |")
    return lines


def metrics(data: dict[str, Any]) -> dict[str, Metric]:
    """The table's metrics as objects."""
    return {name: Metric.from_row(name, row) for name, row in data["metrics"].items()}


def write(sheet: str, data: dict[str, Any], folder: Path) -> list[Path]:
    """Writes page and figure; a figure that shows nothing any more goes.

    Args:
        sheet: name of the sheet.
        data: the calibration.
        folder: made where it is missing.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text, picture = folder / f"{sheet}.md", folder / f"{sheet}.png"
    text.write_text(page(sheet, data), encoding="utf-8")
    if not data["metrics"]:
        picture.unlink(missing_ok=True)
        return [text]
    figure(data, picture)
    return [text, picture]


def figure(data: dict[str, Any], path: Path) -> None:
    """Draws every seed's value with bound, floor and weak answer, one panel a metric."""
    plotting.set_style()
    rows = metrics(data)
    fig, axes = plt.subplots(len(rows), figsize=(8, 1.1 * len(rows) + 0.6), layout="constrained")
    for axis, metric in zip(np.atleast_1d(axes), rows.values(), strict=True):
        axis.plot(metric.values, [0.0] * len(metric.values), "k|", ms=14, label="reference, a seed")
        others = [value for values in metric.variants.values() for value in values]
        axis.plot(others, [-0.5] * len(others), "|", color="0.6", ms=8, label="others, a seed")
        axis.set_ylim(-1, 1)
        for value, style, label in (
            (metric.floor, "C2:", "truth against truth"),
            (metric.full, "C0-", "full points"),
            (metric.weak, "C1--", "no points"),
        ):
            axis.axvline(value, color=style[:2], ls=style[2:], label=label)
        axis.set_yticks([])
        axis.set_title(f"{metric.name} (weak answer: {metric.weak_name})", fontsize=9)
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=5, frameon=False, fontsize=9)
    fig.savefig(path, dpi=120, metadata={"Software": None})
    plt.close(fig)
