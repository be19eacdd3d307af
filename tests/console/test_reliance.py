from console.config import parse
from console.reliance import red_channels, red_lines
from core.messages import translator
from store import channels
from tests import make


def test_red_channels_are_told_by_whose_they_are_and_why(database, now):
    settings = parse(make.config()).alerting
    database.write_now(channels.failed, "ben", "phone", now, "blocked", True)
    database.write_now(channels.failed, "left", "phone", now, "blocked", True)
    found = database.read_now(red_channels, settings)
    assert found == [{"person": "ben", "name": "Ben", "channel": "phone", "because": "refused"}]
    (line,) = red_lines(translator("en"), found)
    assert line.startswith("Ben, phone: red: the service refuses")
