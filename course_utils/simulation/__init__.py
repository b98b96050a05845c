"""Events made with Pythia 8: needed by those who make the data, never by students.

Importing this package needs none of the generator libraries; calling it does. They come with
`pip install -e '.[simulation]'`.
"""

from course_utils.simulation.errors import MissingExtraError, SimulationError

__all__ = ["MissingExtraError", "SimulationError"]
