"""One look for all figures: readable at notebook width, for colour-blind readers and in print."""

import matplotlib as mpl
from cycler import cycler

# Okabe and Ito, "Color universal design" (2008); the first entries differ in brightness as well.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
REFERENCE_COLOUR = "#000000"
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def set_style() -> None:
    """Set matplotlib's defaults for the course; call it once in the set-up cell.

    Lines cycle through colours and line styles at the same time, so that they can be told apart in
    grey-scale. Layouts are constrained: labels neither overlap nor leave the figure.

    Example:
        >>> with mpl.rc_context():
        ...     set_style()
        ...     mpl.rcParams["figure.figsize"]
        [8.0, 5.0]
    """
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.labelsize": 13,
            "axes.linewidth": 1.0,
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINE_STYLES),
            "axes.titlesize": 13,
            "errorbar.capsize": 0,
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.figsize": (8.0, 5.0),
            "font.size": 12,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "legend.handlelength": 2.6,
            "lines.linewidth": 1.8,
            "xtick.direction": "in",
            "xtick.labelsize": 11,
            "xtick.minor.visible": True,
            "xtick.top": True,
            "ytick.direction": "in",
            "ytick.labelsize": 11,
            "ytick.minor.visible": True,
            "ytick.right": True,
        }
    )
