"""The few errors that cross packages, named by what the caller must do.

Every one is a `TocsinError`, carries its subject, and reads as one clear line.
"""

from __future__ import annotations


class TocsinError(Exception):
    """The root of every error that the program raises on purpose."""


class SourceError(TocsinError):
    """A source gave nothing usable this time.

    Args:
        source: the source's id, or its address where no id is known yet.
        reason: one line for the operator; never holds a secret or a mention's text.
    """

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")


class SourceUnavailable(SourceError):
    """Not reachable now (also 404 and 429: feeds come back to life). The caller backs off.

    Args:
        source: the source's id or address.
        reason: one line for the operator.
        retry_after_s: how long the place asked us to wait, in seconds; None where it did not say.
    """

    def __init__(self, source: str, reason: str, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(source, reason)


class SourceRejected(SourceError):
    """Credentials refused, or gone for good. The caller pauses the source and tells the operator."""


class SourceUnreadable(SourceError):
    """What came is not what this kind of source sends. The caller backs off and reports it once."""


class AddressRefused(TocsinError):
    """An address that the guard forbids: private, local, reserved, or not http(s).

    Args:
        host: the name or address as it was asked for.
        reason: which rule refused it.
    """

    def __init__(self, host: str, reason: str) -> None:
        self.host = host
        self.reason = reason
        super().__init__(f"{host}: {reason}")


class DeliveryFailed(TocsinError):
    """A notifier could not deliver.

    Args:
        reason: one line for the operator; never holds a secret.
        permanent: True where trying again cannot help (bad address, refused credentials).
        ambiguous: True where the message may have arrived all the same (timeout after the body was sent).
        answered: True where the service did answer, if only that it is in trouble (HTTP 5xx): then no copy is counted.
        retry_after_s: how long the service asked us to wait, in seconds.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, ambiguous: bool = False, answered: bool = False, retry_after_s: float | None = None
    ) -> None:
        self.reason = reason
        self.permanent = permanent
        self.ambiguous = ambiguous
        self.answered = answered
        self.retry_after_s = retry_after_s
        super().__init__(reason)


class ConfigError(TocsinError):
    """The configuration cannot be used; the message says the mend.

    Args:
        reason: what is wrong and how to mend it, in one line.
        path: the file, or None where it came from elsewhere.
        line: the line in it, from 1; None where unknown.
    """

    def __init__(self, reason: str, *, path: str | None = None, line: int | None = None) -> None:
        self.reason = reason
        self.path = path
        self.line = line
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(f"{place}{reason}")


class QueryError(TocsinError):
    """A topic's query cannot be understood.

    Args:
        reason: what is wrong, in one line.
        column: where in the query, from 1; None where unknown.
    """

    def __init__(self, reason: str, *, column: int | None = None) -> None:
        self.reason = reason
        self.column = column
        super().__init__(reason if column is None else f"{reason} (at character {column})")


class PlaybookError(TocsinError):
    """A playbook file cannot be used.

    Args:
        path: the file.
        reason: what is wrong, in one line.
        line: the line in it, from 1; None where unknown.
    """

    def __init__(self, path: str, reason: str, *, line: int | None = None) -> None:
        self.path = path
        self.reason = reason
        self.line = line
        super().__init__(f"{path}: {reason}" if line is None else f"{path}:{line}: {reason}")


class NotFound(TocsinError):
    """What was asked for does not exist (an incident, a source, a person)."""


class Refused(TocsinError):
    """A change that the state of things does not allow, told in one line."""


class StaleVersion(TocsinError):
    """Somebody changed the row since it was read; read it again and decide again."""
