"""Whether what is said tells of a child."""

import pytest

from alerting.young import is_young


@pytest.mark.parametrize(
    "text",
    [
        "20 học sinh tiểu học bị ngộ độc",
        "hoc sinh truong A ngo doc tap the",
        "cháu bé 3 tuổi bị bỏng vì ấm Acme",
        "con gái tôi ói suốt đêm",
        "My Acme kettle burned my son",
        "A 9-year-old was hurt",
        "Trẻ em nhập viện",
    ],
)
def test_a_child_is_named(text: str) -> None:
    assert is_young(text)


@pytest.mark.parametrize(
    "text", ["Còn tôi thì bị ngộ độc", "con toi thi ngo doc roi", "ấm Acme nổ", "a 30-year-old man", "reason to complain", "35 tuổi", ""]
)
def test_a_grown_up_is_not(text: str) -> None:
    assert not is_young(text)
