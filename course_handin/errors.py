"""Mistakes that a user can mend."""


class HandInError(Exception):
    """Nothing can be handed in like this; the text says what was expected and what to do."""
