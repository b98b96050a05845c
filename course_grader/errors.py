"""What can go wrong in a way that a person can mend."""


class CourseError(ValueError):
    """A mistake in the course or in the call; its text says what was found and what to do.

    The command line prints the text and exits with status 2: no traceback is needed to mend it.
    """
