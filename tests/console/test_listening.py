from datetime import timedelta

from console.config import parse
from console.listening import ask_again_of, flag_sources
from tests import make


def test_flags_are_asked_for_as_their_sources_say():
    sources = [
        {"id": "forum", "kind": "rss", "url": "https://a.example/"},
        {"id": "usual", "kind": "flag"},
        {"id": "often", "kind": "flag", "ask_again": "5m"},
        {"id": "never", "kind": "flag", "ask_again": "0s"},
        {"id": "off", "kind": "flag", "enabled": False},
    ]
    config = parse(make.config(listener={"sources": sources}))
    assert flag_sources(config) == ("usual", "often", "never")
    assert ask_again_of(config) == {"usual": timedelta(minutes=15), "often": timedelta(minutes=5)}
