"""Answers of a solution in a sandbox, as the checks of a sheet get them."""

import ast
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from autograde_tests import reference
from course_grader.marking.peer import Peer
from course_grader.sandbox.box import Sandbox
from course_grader.sandbox.bubblewrap import Limits, View

IMPORTS = """
import numpy as np
import torch
from scipy.special import expit
from torch.nn.functional import softplus
"""


def functions_of(sheet: str, notebook: str, names: Collection[str] = ()) -> list[str]:
    """The functions of a solution as text, all or those that are named."""
    text = reference.source(sheet, notebook)
    return [
        str(ast.get_source_segment(text, node))
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and (not names or node.name in names)
    ]


@contextmanager
def remote_answers(*functions: str) -> Iterator[dict[str, Any]]:
    """Functions in a sandbox, by name.

    Args:
        functions: as text; they find what `IMPORTS` binds.
    """
    source = "\n\n".join([IMPORTS, *functions])
    wanted = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    with Sandbox(View({}), Limits(call=20), ["torch"]) as box:
        notebook = box.notebook()
        notebook.channel.send({"do": "run", "source": source, "seed": 1})
        assert notebook.channel.receive(60) == {"said": "done"}
        parked = box.park(notebook)
        yield Peer(parked.channel, 20.0).names(wanted, 1)
        box.drop(parked)
