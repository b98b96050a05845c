"""Figures of a test on which an answer draws: the sandbox makes one with the same axes.

Described on the trusted side and made in the sandbox. matplotlib is imported only where it is
loaded, or a figure arrives.
"""

import sys
from typing import Any


def parts_of(value: Any) -> list[Any]:
    """A figure and its axes, if a value is one of them; otherwise nothing."""
    matplotlib: Any = sys.modules.get("matplotlib.figure")
    if matplotlib is None or not hasattr(matplotlib, "Figure"):
        return []
    if isinstance(value, sys.modules["matplotlib.axes"].Axes):
        value = value.get_figure(root=True)
    return [value, *value.axes] if isinstance(value, matplotlib.Figure) else []


def description(figure: Any) -> dict[str, Any]:
    """Its size, and where its axes are.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure((4, 3)); axes = figure.subplots(1, 2)
        >>> description(figure)["axes"]
        [[1, 2, 0, 0, 'rectilinear'], [1, 2, 1, 1, 'rectilinear']]
    """
    axes = []
    for one in figure.axes:
        place = one.get_subplotspec()
        where = (
            map(float, one.get_position().bounds)
            if place is None
            else map(int, place.get_geometry())
        )
        axes.append([*where, one.name])
    return {"size": [float(length) for length in figure.get_size_inches()], "axes": axes}


def made(known: dict[str, Any]) -> list[Any]:
    """A figure as it was described, and its axes.

    Example:
        >>> figure, axes = made({"size": [4, 3], "axes": [[1, 1, 0, 0, "polar"]]})
        >>> axes.name
        'polar'
    """
    from matplotlib import pyplot  # only where figures travel

    figure = pyplot.figure(figsize=known["size"])
    for *where, projection in known["axes"]:
        if all(type(n) is int for n in where):
            rows, columns, start, stop = where
            figure.add_subplot(rows, columns, (start + 1, stop + 1), projection=projection)
        else:
            figure.add_axes(where, projection=projection)
    return [figure, *figure.axes]
