"""What a submission finds around it: the folders of the bundle, as in the group's own copy of it.

Folders are scratch space; in them are links to the course's files, which stay read-only where they
are. Nothing is copied but what the group handed in.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from course_grader.runner.rooms import HOME

CACHE = "/cache"  # what is put into every home


@dataclass(frozen=True)
class Furniture:
    """What is laid out.

    Attributes:
        home: where the bundle's folder is.
        place: where notebooks run, relative to it; its first part is the bundle's folder.
        shown: files and folders by their places in the bundle, and where they are.
        copied: whether they are copied, where nothing keeps links from being written through.
    """

    home: str = HOME
    place: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)
    copied: bool = False

    def bring_caches(self) -> None:
        """Fills a new home with what programs have found out about this machine."""
        if self.home == HOME and os.path.isdir(CACHE):
            shutil.copytree(CACHE, os.path.join(HOME, ".cache"), dirs_exist_ok=True)

    def lay_out(self, files: int | None) -> None:
        """Makes the folders and goes to where notebooks run.

        What cannot be laid out is left out: a cell that misses a file says so.

        Args:
            files: descriptor of a folder outside with what was handed in, closed here: from it one
                could look around there.
        """
        self.bring_caches()
        before, here = os.getcwd(), os.path.join(self.home, self.place)
        os.makedirs(here, exist_ok=True)
        os.chdir(here)
        sys.path[:] = [os.getcwd() if one == before else one for one in sys.path]
        if files is not None:
            with contextlib.suppress(OSError, shutil.Error):
                shutil.copytree(f"/proc/self/fd/{files}", ".", dirs_exist_ok=True)
            os.close(files)
        root = os.path.join(self.home, self.place.partition("/")[0])
        made = {""}
        for name, source in self.shown.items():
            folder = os.path.dirname(name)
            with contextlib.suppress(OSError, shutil.Error):
                if folder not in made:
                    os.makedirs(os.path.join(root, folder), exist_ok=True)
                    made.add(folder)
                self._put(os.path.join(root, name), source)

    def _put(self, place: str, source: str) -> None:
        """One file or folder, unless the group has one of its own there."""
        if not self.copied:
            os.symlink(source, place)
        elif os.path.isdir(source):
            shutil.copytree(source, place)
        elif not os.path.lexists(place):
            shutil.copyfile(source, place)
