"""Moving figures for lectures: a player with a slider, and one still picture for paper."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from course_utils.plotting.samples import PlottingError

_FONT = re.compile(r"<link\b[^>]*>\s*", re.DOTALL)  # matplotlib's icons come from the network
_ICON = re.compile(r'<i class="fa fa-([\w -]+)"></i>')
_SIGNS = {
    "minus": "−",
    "fast-backward": "«",
    "step-backward": "‹",
    "play fa-flip-horizontal": "◀",
    "pause": "||",
    "play": "▶",
    "step-forward": "›",
    "fast-forward": "»",
    "plus": "+",
}


@dataclass(frozen=True)
class Animation:
    """A moving figure as the last value of a cell.

    Attributes:
        player: HTML with all frames inside; it needs no network and no widgets.
        still: PNG file for paper, and for pages that may not run scripts.
    """

    player: str
    still: bytes

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter stores; each viewer takes the richest kind that it may show."""
        return {
            "text/html": self.player,
            "image/png": base64.b64encode(self.still).decode(),
            "text/plain": "a moving figure: open the notebook in a browser to play it",
        }


def animate(
    figure: Figure,
    draw: Callable[[int], Any],
    n_frames: int,
    *,
    still: int = -1,
    per_second: float = 5.0,
    dpi: float = 60.0,
) -> Animation:
    """Draws all frames of a figure and closes it.

    Args:
        figure: with its axes; drawn on by `draw`.
        draw: called as `draw(k)` for frames k = 0, 1, …; clears what it draws anew.
        n_frames: how many frames.
        still: the frame that is printed, counted from the end if negative.
        per_second: frames per second while playing.
        dpi: of the frames; the still picture has twice as many.

    Raises:
        PlottingError: if there is no frame, or no such frame as `still`.

    Example:
        >>> figure, axes = plt.subplots()
        >>> moving = animate(figure, lambda k: axes.plot([0, 1], [0, k]), n_frames=2)
        >>> moving.still[1:4], "http" in moving.player
        (b'PNG', False)
    """
    if not -n_frames <= still < n_frames:
        raise PlottingError(f"no frame {still}: expected n_frames > 0 and a frame among {n_frames}")
    figure.set_dpi(dpi)
    draw(0)
    figure.canvas.draw()
    figure.set_layout_engine("none")  # laid out once: nothing jumps, and frames cost half
    frames = FuncAnimation(
        figure, lambda k: (draw(k), ())[1], frames=n_frames, init_func=lambda: (),
        interval=1000 / per_second, blit=False,
    )  # fmt: skip
    player = frames.to_jshtml(default_mode="once")
    draw(still % n_frames)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=2 * dpi, metadata={"Software": None})
    plt.close(figure)
    signs = _ICON.sub(lambda icon: _SIGNS[icon.group(1)], _FONT.sub("", player))
    return Animation(signs, picture.getvalue())
