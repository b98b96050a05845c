"""Of nose, which no Python since 3.10 can run: `nose.tools`."""

from . import tools as tools
