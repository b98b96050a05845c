"""What a bundle gave to a group: by this list its own files are told from those of the course."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAME = ".handed-out.json"  # beside the notebooks of a sheet


@dataclass(frozen=True)
class HandedOut:
    """Files of a bundle.

    Attributes:
        root: the unpacked bundle.
        digests: SHA-256 of each file by its path there, with forward slashes; empty if nobody can
            tell, as in the course's own folder.
    """

    root: Path
    digests: Mapping[str, str] = field(default_factory=dict)

    def holds(self, path: Path) -> bool:
        """Whether a file is in the bundle, as it is now or as it was before."""
        return self._name(path) in self.digests

    def is_as_given(self, path: Path) -> bool:
        """Whether a file is in the bundle and was not changed since."""
        known = self.digests.get(self._name(path))
        return known is not None and known == hashlib.sha256(path.read_bytes()).hexdigest()

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else ""


def text(content: Mapping[str, bytes]) -> bytes:
    """The list of a bundle.

    Args:
        content: of its files, by their paths.
    """
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(content.items())}
    return (json.dumps(digests, indent=0) + "\n").encode()


def handed_out(folder: Path) -> HandedOut:
    """What was handed out with a sheet.

    Args:
        folder: with its notebooks, two levels below the bundle's own.
    """
    root = folder.parents[1] if len(folder.parents) > 1 else folder
    try:
        known = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return HandedOut(root, {str(name): str(digest) for name, digest in known.items()})
    except (OSError, ValueError, AttributeError):
        return HandedOut(root)
