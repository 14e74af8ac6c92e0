"""Errors that a user can fix: their message says what, where and how; no traceback is shown."""


def printable(text: str) -> str:
    """A text on one line, with escapes for invisible and direction-changing characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class UserError(Exception):
    """Something in the config, the data, a result file or the machine that the user can fix."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


class DataError(UserError):
    """Data that cannot be used; the message names the file, the place in it, and the fix."""


class NoColumnError(DataError):
    """A column that a file does not have, or has twice."""

    def __init__(self, message: str, column: str) -> None:
        super().__init__(message)
        self.column = column


class PreparationError(DataError):
    """A step of a preparation that a series does not allow."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        """The key of the config that asks for it."""


class NoForecastsError(DataError):
    """A series that a baseline cannot be fitted to; the message says why."""
