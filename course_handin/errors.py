"""Mistakes that a user can mend."""


class HandInError(Exception):
    """Nothing can be handed in like this; the text says what was expected and what to do."""


class PrintError(RuntimeError):
    """Pages cannot be made in this way; the text is the last word of what was to make them."""
