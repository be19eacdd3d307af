import pytest
from jinja2 import UndefinedError

from console.web.templating import environment, pieces, web_link


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
