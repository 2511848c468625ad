"""Errors that a user can cause and mend: one line, no traceback."""


class UserError(Exception):
    """The message names the file or key, and the way out."""
