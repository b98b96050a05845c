"""Lines that a program wrote over, as progress bars do: a page shows what was left of them."""

from typing import Any


def join_texts(cell: Any) -> None:
    """Joins texts that follow each other and keeps of each line what a terminal would show.

    nbconvert's own preprocessor takes a time that grows with the square of a line's length,
    which a submission could use.

    Args:
        cell: its outputs are changed in place.
    """
    outputs: list[Any] = []
    for output in cell.get("outputs", []):
        last = outputs[-1] if outputs else None
        if output.output_type != "stream" or last is None or last.get("name") != output.name:
            outputs.append(output)
        else:
            last.text += output.text
    for output in outputs:
        if output.output_type == "stream":
            output.text = as_left(output.text)
    if cell.cell_type == "code":
        cell.outputs = outputs


def as_left(text: str) -> str:
    r"""What is left to see of a text with carriage returns.

    Example:
        >>> as_left("start\n10 %\r50 %\r100 %\nend\r\n")
        'start\n100 %\nend\n'
    """
    if "\r" not in text:
        return text
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return "\n".join(line.rpartition("\r")[2] for line in lines)
