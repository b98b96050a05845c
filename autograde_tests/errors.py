"""What a lecturer has to mend, in words."""


class ChecksError(Exception):
    """The checks of a sheet cannot be tried as they are; the text says what to do."""
