"""What a person can mend: an error whose text is one line, and the exit code that the command line ends with."""


class ProblemError(Exception):
    """Something failed; the text says what and the mend."""

    exit_code = 1


class BadInputError(ProblemError):
    """What was given cannot be used; the text names it and the mend."""

    exit_code = 2
