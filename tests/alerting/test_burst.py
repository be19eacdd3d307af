"""What an incident is about and how it spreads, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from alerting.burst import BurstShown, ThemeShown, as_json, burst_lines, burst_shown, meanings, spread_line, theme_line
from core.bursts import Amplification, Burst, Theme, burst_of, check_of, frozen_burst
from core.messages import translator
from store import mentions, schema
from tests import make

VI, EN = translator("vi"), translator("en")
CALM: dict[str, Any] = {
    "mentions": 12, "stories": 12, "reposts": 0, "wires": 0, "accounts": 12, "by_accounts": 12, "by_top_account": 1, "new_accounts": 0,
    "aged_accounts": 0, "sources": 1, "top_source": "forum", "by_top_source": 12,
}  # fmt: skip


def shown(*themes: ThemeShown, known: bool = True, **numbers: Any) -> BurstShown:
    since, until = (make.NOON - timedelta(days=22), make.NOON - timedelta(days=1)) if known else (None, None)
    burst = Burst(amplification=Amplification(**{**CALM, **numbers}), voices=30, past_voices=480, past_since=since, past_until=until)
    return BurstShown(burst=burst, themes=themes)


def theme(phrase: str = "ấm cháy", **changes: Any) -> ThemeShown:
    return ThemeShown(**{"kind": "phrase", "phrase": phrase, "voices": 14, "before": 0, "mention_id": 1, "quote": "…", **changes})


def test_themes_are_told_in_one_line_with_their_people():
    found = shown(theme(), theme("bốc khói", voices=9), theme("X2", kind="product", voices=6))
    assert (
        theme_line(VI, found) == "Mới nổi lên so với 21 ngày trước: “ấm cháy” (14 người), “bốc khói” (9 người) và sản phẩm “X2” (6 người)"
    )
    many = theme_line(EN, shown(*[theme("w" * 200, voices=9)] * 8))
    assert many.count("by 9 people") == 4
    assert len(many) < 400, "two lines on a phone are about that"


def test_without_a_past_nothing_is_called_new():
    assert theme_line(EN, shown(theme(before=None), known=False)) == "Said most (no past yet to compare with): “ấm cháy” by 14 people"
    assert theme_line(EN, shown()) == theme_line(EN, None) == ""


def test_a_calm_spread_says_little_and_an_extreme_one_what_it_means():
    assert spread_line(EN, shown()) == "How it spreads: 0 of 12 mentions are copies (0%)"
    assert meanings(EN, shown()) == []
    storm = shown(
        mentions=40, stories=4, reposts=30, wires=2, accounts=12, by_accounts=38, by_top_account=19, new_accounts=11, aged_accounts=12, sources=3,
        top_source="group", by_top_source=36,
    )  # fmt: skip
    assert spread_line(VI, storm) == (
        "Cách lan truyền: 36/40 bài chép lại (90%), 11/12 tài khoản mới xuất hiện trong 7 ngày qua, một tài khoản đăng 19/38 bài, 36/40 bài từ group, "
        "30 bài chia sẻ lại và 2 bài dẫn lại tin của báo khác"
    )
    assert [sentence.split(":")[0] for sentence in meanings(EN, storm)] == [
        "Most of it is a few texts posted again",
        "Most who write were never heard on these sources before",
        "Nearly all of it stands on one source",
    ]
    assert meanings(VI, None) == burst_lines(VI, None) == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nobody_is_called_a_bot(language):
    say = translator(language)
    extreme = shown(
        mentions=100,
        stories=1,
        by_accounts=100,
        by_top_account=100,
        accounts=10,
        new_accounts=10,
        aged_accounts=10,
        sources=2,
        by_top_source=99,
    )
    told = " ".join([*meanings(say, extreme), *burst_lines(say, extreme)]).lower()
    assert not {"bot", "fake", "giả", "ảo", "burst."} & set(told.replace(".", " ").split())


@pytest.fixture
def raised(database):
    """A signal whose theme stands in two posts."""
    said = [make.mention("Ấm cháy!", title="Acme"), make.mention("lại ấm  cháy rồi")]
    first, second = database.write_now(mentions.add, said).new
    where = ((first, 5, 12), (second, 5, 13))
    found = Burst(
        amplification=Amplification(**CALM),
        themes=(Theme(kind="phrase", voices=5, before=0, where=where, check=check_of("ấm cháy")),),
        past_since=make.NOON - timedelta(days=9),
        past_until=make.NOON,
    )
    return make.signal(kind="volume_spike", frozen={"burst": frozen_burst(found)})


def test_a_theme_is_read_from_the_first_text_that_still_says_it(database, raised):
    def changed(tx, mention_id, text):
        tx.execute(sa.update(schema.mention_texts).where(schema.mention_texts.c.mention_id == mention_id).values(text=text))

    first, second = (at[0] for at in burst_of(raised).themes[0].where)
    (found,) = database.read_now(burst_shown, [raised]).themes
    assert (found.phrase, found.mention_id, found.quote) == ("Ấm cháy", first, "Acme Ấm cháy!")
    database.write_now(changed, first, "Tôi xin rút lại lời")
    (found,) = database.read_now(burst_shown, [raised]).themes
    assert (found.phrase, found.mention_id) == ("ấm cháy", second)
    database.write_now(mentions.remove, [make.mention().key], make.NOON)
    database.write_now(changed, second, "")
    assert database.read_now(burst_shown, [raised]).themes == ()


def test_the_newest_burst_is_told_and_of_other_signals_none(database, raised):
    younger = make.signal(kind="single_risk", at=make.NOON + timedelta(hours=1))
    assert database.read_now(burst_shown, [younger, raised]).burst == burst_of(raised)
    assert database.read_now(burst_shown, [younger]) is None
    assert burst_of(make.signal(frozen={"burst": {"themes": "of another version"}})) is None


def test_json_gives_every_number_with_what_it_was_counted_among(database, raised):
    told = as_json(database.read_now(burst_shown, [raised]))
    assert told["themes"][0] == {
        "kind": "phrase", "phrase": "Ấm cháy", "voices": 5, "before": 0, "mention_id": told["themes"][0]["mention_id"], "quote": "Acme Ấm cháy!",
    }  # fmt: skip
    assert (told["profile"]["copies"], told["profile"]["mentions"]) == (0, 12)
    assert told["before"] == {"people": 0, "from": "2026-11-12T05:00:00+00:00", "until": "2026-11-21T05:00:00+00:00"}
    assert as_json(None) is None
