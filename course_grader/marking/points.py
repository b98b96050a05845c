"""Points that a grade cell returns, made safe for nbgrader."""

import math
import re
from typing import Any

from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

_NUMBER = re.compile(r"(?:np\.\w+|numpy\.\w+|tensor|array)\(\s*([-+\w.]+)\s*(?:,[^)]*)?\)")


class TidyPoints(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes the points that a grade cell returns safe for nbgrader.

    The value of a grade cell's last line is its partial credit. nbgrader takes everything that it
    cannot read as a number for full points, `np.float64(0.3)`, `tensor(0.3)`, `nan` and `-1`
    included, and gives up a notebook whose cell returns more than it is worth.
    """

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Rewrites the value of a grade cell where that is needed."""
        if cell.cell_type == "code" and is_grade(cell):
            most = float(cell.metadata.nbgrader["points"])
            for output in list(cell.outputs):
                if output.output_type == "execute_result":
                    text = str(output.data.get("text/plain", ""))
                    points = _read_points(text)
                    if points is None:
                        output.data["text/plain"] = text or "a value without text"
                    elif not math.isfinite(points) or points < 0:
                        cell.outputs.remove(output)
                        said = f"the test returned {text} points"
                        cell.outputs.append(
                            new_output(
                                "error",
                                ename="BadPoints",
                                evalue=said,
                                traceback=[f"BadPoints: {said}"],
                            )
                        )
                    else:
                        output.data["text/plain"] = repr(min(points, most))
        return cell, resources


def _read_points(text: str) -> float | None:
    match = _NUMBER.fullmatch(text.strip())
    try:
        return float(match.group(1) if match else text)
    except ValueError:
        return None
