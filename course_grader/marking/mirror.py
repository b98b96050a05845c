"""Names of the notebook that a test deletes or binds anew are so in the answer's process, too.

`del squares` before `sum_of_squares(3)` asks whether one function uses the other. Mirrored are
deletions, the notebook's own objects, and functions that take the place of an answer which the
solution defines, such as one that counts its calls. What a test binds besides may be hidden, and a
notebook could have a name ready for it. The process is a copy that ends with the test.
"""

from collections.abc import Collection, Mapping
from typing import Any

from course_grader.marking.callbacks import is_function
from course_grader.marking.peer import Peer
from course_grader.marking.remote import Remote

_GONE = object()


class Mirror:
    """What a test has done to the names of a notebook.

    Args:
        peer: the process of the notebook.
        theirs: what the notebook has bound.
        namespace: where the test runs.
        answers: names that the solution cells of the master bind.
    """

    def __init__(
        self,
        peer: Peer,
        theirs: Mapping[str, Any],
        namespace: dict[str, Any],
        answers: Collection[str] = (),
    ) -> None:
        self._peer = peer
        self._namespace, self._answers = namespace, answers
        self._there: dict[str, Any] = dict(theirs)

    def look(self) -> None:
        """Tells the process what has changed since the last look."""
        bound: dict[str, Any] = {}
        for name, known in self._there.items():
            now = self._namespace.get(name, _GONE)
            is_theirs = now is _GONE or isinstance(now, Remote)
            if now is not known and (is_theirs or (name in self._answers and is_function(now))):
                bound[name] = now
        if bound:
            self._there |= bound
            gone = [name for name, value in bound.items() if value is _GONE]
            kept = {name: value for name, value in bound.items() if value is not _GONE}
            self._peer.ask(do="bind", kept=kept, gone=gone)
