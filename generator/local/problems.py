"""What a person can mend about the local organization."""

from generator.problems import BadInputError, ProblemError


class LocalError(ProblemError):
    """The local organization cannot be started, reached or stopped; the text says what to do."""


class BadStartError(BadInputError):
    """What was asked for cannot be started: a port that is taken, an organization that runs already."""
