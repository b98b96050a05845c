"""Matplotlib's figures as PNG in the notebook, whatever a notebook asks for: an IPython extension.

Pages, PDF and tutors see PNG. A notebook may ask for SVG alone, or for a backend that draws in a
window or in a browser with a person before it; where nobody is, the inline backend takes its place.
Such backends keep figures open, and a later cell may draw in them: a figure is shown after each
cell that changed it.
"""

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

from course_notebooks.unattended import remark, when_imported

INLINE = "module://matplotlib_inline.backend_inline"
_ON_PAPER = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}  # draw nowhere but in files
_INSTALLED_AT_HOME = {"ipympl", "widget", "notebook"}
_SHOWN = ("image/png", "image/jpeg")


def load_ipython_extension(shell: Any) -> None:
    """Lets the figures of a shell be seen; called by IPython."""
    _Figures(shell)


class _Figures:
    """The figures of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._waiting: dict[Any, None] = {}  # shown without waiting for anybody, in this order
        self._pyplot: ModuleType | None = None
        self._show: Any = None  # pyplot's own, while another takes its place
        self._format = shell.display_formatter.format
        self._enable = shell.enable_matplotlib
        shell.display_formatter.format = self.format
        shell.enable_matplotlib = self.enable
        when_imported("matplotlib", self._watch_names)
        when_imported("matplotlib.pyplot", self._watch)

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> tuple[Any, Any]:
        """The forms of an object that is shown; those of a figure hold one that all can show."""
        data, metadata = self._format(obj, include, exclude)
        figure = getattr(sys.modules.get("matplotlib.figure"), "Figure", ())
        if isinstance(obj, figure):
            if data and not any(kind in data for kind in _SHOWN):
                from IPython.core.pylabtools import print_figure

                png = print_figure(obj, "png", base64=True)
                data |= {"image/png": png} if png else {}
            obj.stale = False
        return data, metadata

    def enable(self, gui: str | None = None) -> tuple[Any, Any]:
        """What `%matplotlib` does."""
        name = (gui or "auto").lower()
        if name in _ON_PAPER:
            self._keep(False)
            found: tuple[Any, Any] = self._enable(gui)
            return found
        if name != "inline":
            remark(f"%matplotlib {gui or ''}".rstrip() + _INSTEAD)
        found = self._enable("inline")
        self._keep(name != "inline")
        return found

    def _watch_names(self, matplotlib: Any) -> None:
        """Matplotlib refuses names of backends that are not installed."""
        use = matplotlib.use

        @functools.wraps(use)
        def use_or_show(backend: Any, *, force: bool = True) -> None:
            name = str(backend).lower()
            if name in _INSTALLED_AT_HOME or (name.startswith("module://") and name != INLINE):
                importlib.import_module("matplotlib.pyplot").switch_backend(backend)
            else:
                use(backend, force=force)

        matplotlib.use = use_or_show

    def _watch(self, pyplot: ModuleType) -> None:
        """All ways to another backend lead through this function of pyplot's."""
        self._pyplot, switch = pyplot, pyplot.switch_backend

        @functools.wraps(switch)
        def switch_backend(newbackend: Any) -> None:
            name = str(newbackend).lower()
            if name in _ON_PAPER or name in ("inline", INLINE):
                switch(newbackend)
                self._keep(False)
                return
            if isinstance(newbackend, str):
                remark(f"Matplotlib's backend {newbackend}" + _INSTEAD)
            switch(INLINE)
            pyplot.ion()
            _inline().configure_inline_support(self._shell, INLINE)
            self._keep(True)

        pyplot.switch_backend = switch_backend  # type: ignore[attr-defined]

    def _after_cell(self) -> None:
        self.show(block=True)

    def _keep(self, kept: bool) -> None:
        """Figures stay open after a cell, or not."""
        if kept == (self._show is not None) or self._pyplot is None:
            return
        inline, events = _inline(), self._shell.events
        if kept:
            events.unregister("post_execute", inline.flush_figures)
            events.callbacks["post_execute"].insert(0, self._after_cell)  # pyplot's draws them
            self._show = self._pyplot.show
            self._pyplot.show = functools.partial(_show, self)  # type: ignore[attr-defined]
        else:
            events.unregister("post_execute", self._after_cell)
            self.show(block=True)
            self._pyplot.close("all")
            inline.show._to_draw = []
            self._pyplot.show, self._show = self._show, None  # type: ignore[attr-defined]

    def show(self, block: bool | None) -> None:
        """What `pyplot.show` does; what it would not wait for is shown after the cell."""
        from IPython.display import display
        from matplotlib._pylab_helpers import Gcf

        managers, active = Gcf.get_all_fig_managers(), Gcf.get_active()
        for manager in managers:
            figure, moves = manager.canvas.figure, manager is active and block is False
            if figure.stale or moves:  # one that moves has been drawn
                self._waiting[figure] = None
        if block is False:
            return
        changed = self._waiting
        self._waiting = {}
        for figure in changed:
            if figure.axes:
                display(figure)


def _inline() -> Any:
    """The module of the backend, which imports Matplotlib."""
    from matplotlib_inline import backend_inline

    return backend_inline


def _show(figures: _Figures, *arguments: Any, block: bool | None = None) -> None:
    """Takes the place of `pyplot.show`."""
    figures.show(block)


_INSTEAD = ": nobody is before a screen here; figures are drawn as by `%matplotlib inline`"
