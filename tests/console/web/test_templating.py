from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import UndefinedError

from console.web.templating import environment, pieces, polyline, web_link
from store.readings import Reading


@pytest.mark.parametrize("url", ["https://a.example/x?y=1", "HTTP://a.example"])
def test_an_address_of_the_web_is_a_link(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "data:text/html,x", " javascript:x", "//a.example", "https:", "ftp://a", "http://[", "x"]
)
def test_any_other_address_is_none(url: str | None) -> None:
    assert web_link(url) is None


def test_a_statement_comes_in_pieces_around_its_blanks() -> None:
    assert pieces("Thu hồi {{ product }}, gọi {{phone}}.") == [("Thu hồi ", "product"), (", gọi ", "phone"), (".", "")]
    assert pieces("no blank") == [("no blank", "")]


def test_everything_is_escaped_and_a_slip_is_an_error() -> None:
    house = environment()
    assert house.from_string("{{ text }}").render(text="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        house.from_string("{{ nobody }}").render()


def test_a_curve_runs_from_left_to_right_and_stays_in_its_box() -> None:
    at = datetime(2026, 11, 21, 5, tzinfo=UTC)
    series = [Reading(mention_id=1, at=at + timedelta(minutes=15 * step), by="ana", likes=likes) for step, likes in enumerate((0, 50, 100))]
    assert polyline(series) == "4,68 160,36 316,4"
    assert polyline([series[0], series[0]]) == "4,68 4,68", "one moment, nothing counted"
