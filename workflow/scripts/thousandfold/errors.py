"""Errors that a user can mend: their message says what, where and how; no traceback is shown."""


class UserError(Exception):
    """Something in the config, the data, a result file or the machine that the user can mend."""
