"""The sections that belong to no wing; their mistakes are told in test_config.py."""

import pytest
from pydantic import ValidationError

from console.settings import ConsoleSettings, EventSettings, StoreSettings, known_zone


@pytest.mark.parametrize(
    ("listen", "host", "port"), [("127.0.0.1:8765", "127.0.0.1", 8765), ("[::1]:0", "::1", 0), ("localhost:80", "localhost", 80)]
)
def test_an_address_has_a_host_and_a_port(listen, host, port):
    settings = ConsoleSettings(listen=listen)
    assert (settings.host, settings.port) == (host, port)


@pytest.mark.parametrize("listen", ["", "8765", "::1:80", "127.0.0.1:65536", "127.0.0.1:", "a b:80"])
def test_an_address_that_cannot_be_is_refused(listen):
    with pytest.raises(ValidationError):
        ConsoleSettings(listen=listen)


def test_an_event_may_last_one_day():
    assert EventSettings.model_validate({"name": "11/11", "from": "2026-11-11", "to": "2026-11-11"}).expect == "more"


def test_the_databases_address_stands_in_no_repr():
    assert "secret" not in repr(StoreSettings(database="postgresql://a:secret@b/c"))


def test_a_zone_is_an_iana_name():
    assert known_zone("Asia/Ho_Chi_Minh") == "Asia/Ho_Chi_Minh"
    with pytest.raises(ValueError, match="IANA"):
        known_zone("UTC+7")
