"""The one error that is meant to be read by the person who caused it."""


class InputError(ValueError):
    """What was given cannot be used.

    The message says what was given, what was wanted and what to do about it, in one or two sentences.
    Widgets show it where it happened; the command line prints it and exits non-zero. Anything else that
    is raised is a defect of the program.
    """
