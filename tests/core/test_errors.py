import inspect

import pytest

from core import errors
from core.errors import AddressRefused, ConfigError, DeliveryFailed, PlaybookError, QueryError, SourceUnavailable, TocsinError

RAISED = [each for _, each in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_caught_as_one(kind):
    assert issubclass(kind, TocsinError)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (SourceUnavailable("forum", "503", retry_after_s=30.0), "forum: 503"),
        (AddressRefused("localhost", "loopback"), "localhost: loopback"),
        (DeliveryFailed("refused", permanent=True), "refused"),
        (ConfigError("unknown key"), "unknown key"),
        (ConfigError("unknown key", path="config.yaml"), "config.yaml: unknown key"),
        (ConfigError("unknown key", path="config.yaml", line=3), "config.yaml:3: unknown key"),
        (QueryError("a bracket is missing"), "a bracket is missing"),
        (QueryError("a bracket is missing", column=7), "a bracket is missing (at character 7)"),
        (PlaybookError("fire.yaml", "is empty"), "fire.yaml: is empty"),
        (PlaybookError("fire.yaml", "is empty", line=1), "fire.yaml:1: is empty"),
    ],
)
def test_an_error_reads_as_one_line_with_its_subject(error, line):
    assert str(error) == line


def test_an_error_carries_what_its_catcher_decides_by():
    assert SourceUnavailable("forum", "429", retry_after_s=30.0).retry_after_s == 30.0
    assert SourceUnavailable("forum", "404").retry_after_s is None
    failed = DeliveryFailed("timeout", ambiguous=True, retry_after_s=2.0)
    assert (failed.permanent, failed.ambiguous, failed.retry_after_s) == (False, True, 2.0)
    assert (ConfigError("x", path="p", line=3).line, QueryError("x", column=7).column) == (3, 7)
