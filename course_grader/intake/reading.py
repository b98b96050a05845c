"""A notebook that was handed in, read and laid over the master's cells: work on a student's text.

Done in a process of its own (`course_grader.bounded`); what it imports is what a class waits for.
"""

from pathlib import Path
from typing import Any

from course_grader.intake.merge import merge
from course_grader.intake.repair import READ_SECONDS as READ_SECONDS
from course_grader.intake.repair import read_handed

READ = f"{__name__}:read_file"


def read_file(name: str, master: Any) -> dict[str, Any]:
    """A notebook laid over the master's cells with remarks, or the reason why there is none.

    Args:
        name: path of the file.
        master: the students' version as released.
    """
    try:
        notebook, remarks = read_handed(Path(name))
        notebook, more = merge(notebook, master)
    except ValueError as error:
        return {"reason": str(error)}
    except OSError as error:
        return {"reason": f"could not be read: {error.strerror}; hand it in again"}
    except MemoryError:
        raise
    except Exception as error:  # whatever is in a file costs its own group
        return {"reason": f"cannot be read as a notebook: {type(error).__name__}: {error}"}
    return {"notebook": notebook, "remarks": [*remarks, *more]}
