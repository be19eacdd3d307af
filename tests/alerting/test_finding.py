"""How unusual something is stands in one sentence, with what is usual where that is known."""

import pytest

from alerting.finding import finding_lines, unusual
from core.messages import translator
from tests import make

USUAL = {"kind": "negative_surge", "observed": 60.0, "expected": 3.0, "low": 0.0, "high": 8.0, "unit": "negative", "scale_s": 900}


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "60 negative mentions in 15 minutes, 20 times the usual 3 (19 of 20 such windows hold 0 to 8)"),
        ("vi", "60 bài tiêu cực trong 15 phút, gấp 20 lần bình thường (3; 19 trong 20 khoảng như vậy có từ 0 đến 8)"),
    ],
)
def test_what_is_usual_is_told_with_its_range(language, says):
    assert unusual(translator(language), make.signal(**USUAL)) == says


def test_a_range_that_is_not_known_is_left_out_and_what_is_not_usual_is_said():
    assert unusual(translator("en"), make.signal(**{**USUAL, "low": None})).endswith("20 times the usual 3")
    assert "not known yet" in unusual(translator("en"), make.signal())


def test_how_many_speak_stands_beside_it_where_they_were_counted():
    counted = {"counted": {"mentions": 80, "stories": 9, "authors": 40, "negative": 60}}
    lines = finding_lines(translator("en"), make.signal(**USUAL, frozen=counted))
    assert lines[1] == "Counted: 80 mentions, 9 stories and 40 authors; 75% negative"
    assert len(finding_lines(translator("en"), make.signal(**USUAL))) == 1
