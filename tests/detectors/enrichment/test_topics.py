"""Topics: the rule for Vietnamese marks, hashtags and handles, NEAR, exclusions, the context of a source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.query import Near, Term, parse, version
from core.records import Author, TopicMatch
from core.tokens import bare, tokens
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.language import TellLanguage
from detectors.enrichment.records import Heard
from detectors.enrichment.topics import Topics, read_topic

NLP = blank()
TELL_LANGUAGE = TellLanguage()


def find(
    query: str, text: str, *, languages: tuple[str, ...] = (), context: tuple[str, ...] = (), heard: Heard | None = None
) -> TopicMatch | None:
    doc = NLP.make_doc(text)
    notes(doc).brand_context, notes(doc).heard = context, heard or Heard(text=text)
    topics = Topics([read_topic("t", query, languages)])
    found = notes(topics(TELL_LANGUAGE(doc))).topics
    return found[0] if found else None


@pytest.mark.parametrize(
    ("query", "text", "said"),
    [
        ("đường", "con Đường này", "surely"),
        ("đường", "họ dương", "no"),
        ("đường", "con duong nay", "weakly"),
        ("duong", "con đường", "surely"),
        ("duong", "họ dương", "surely"),
        ('"lừa đảo"', "shop lừa dao", "weakly"),
        ('"mất hàng"', "mặt hàng mới", "no"),
        ("hòa", "HOÀ bình", "surely"),
        ("hòa", "ho\u0300a bình", "surely"),
        ("acme", "#acme nổ", "surely"),
        ("acme", "@acme ơi", "surely"),
        ("#acme", "acme nổ", "no"),
        ("#acme", "xem #Acme nổ", "surely"),
        ("@acme", "hỏi @acme nhé", "surely"),
        ("@acme", "hỏi @acme.support nhé", "no"),
        ("@acme.support", "hỏi @acme.support nhé", "surely"),
        ("@acme", "viết tới lan@acme", "no"),
        ('"acme kettle"', "Acme-kettle!", "surely"),
        ('"acme kettle"', "kettle acme", "no"),
        ("acme", "Аcme with a Cyrillic first letter", "surely"),
        ("acme", "ac\u200bme with a zero-width space", "surely"),
        ("acme", "acmeeee", "surely"),
        ("acme", "acmes", "no"),
        ("🔥", "cháy 🔥🔥", "surely"),
        ("小米", "我的小米手机", "surely"),
        ("ấm NEAR/2 acme", "ấm siêu tốc acme", "surely"),
        ("ấm NEAR/1 acme", "ấm siêu tốc acme", "no"),
        ("acme NEAR/2 ấm", "ấm siêu tốc acme", "surely"),
        ("ấm NEAR/0 acme", "am acme", "weakly"),
        ("acme NEAR/3 acme", "acme", "no"),
        ("acme NOT hoạt", "acme", "surely"),
        ("acme NOT hoạt", "acme hoạt hình", "no"),
        ("acme NOT hoạt", "acme hoat hinh", "weakly"),
        ("NOT acme", "khác", "surely"),
        ("NOT acme", "", "surely"),
        ('"không nhận được hàng"', "đặt 20 ngày ko nhận dc hàng", "surely"),
        ('"không nhận được hàng"', "k nhận được hàng", "weakly"),
        ('"chuyển khoản"', "vk ck mình", "no"),
        ("kett*", "hai cái kettles", "surely"),
        ("kett*", "ketchup", "no"),
        ("*phone", "iPhone 20", "surely"),
        ("đư*ng", "con duong nay", "weakly"),
        ('"ấm acm*"', "Ấm Acmeville nổ", "surely"),
        ('"acm* pro max"', "acme pro", "no"),
        ("#acm*", "xem #acmevn", "surely"),
        ("#acm*", "xem acmevn", "no"),
        ("acm* NEAR/1 ấm", "ấm siêu acmevn", "surely"),
        ("lang:vi acme", "hãng acme làm ăn đàng hoàng", "surely"),
        ("lang:vi acme", "acme", "no"),
        ("acme NOT has:link", "acme https://acme.example", "no"),
        ("has:question", "thật hả?", "surely"),
    ],
)
def test_a_term_is_found_as_its_marks_allow(query: str, text: str, said: str):
    match = find(query, text)
    assert ("no" if match is None else "weakly" if match.weak else "surely") == said


def test_a_match_quotes_the_terms_as_they_stand_in_the_text():
    match = find('acme OR "ấm siêu tốc" NOT phim', "Ấm SIÊU tốc của #Acme")
    assert match is not None
    assert match.terms == ("Ấm SIÊU tốc", "#Acme")


def test_a_topic_with_languages_leaves_out_texts_surely_in_another():
    assert find("acme", "acme is a wonderful company to work for", languages=("vi",)) is None
    assert find("acme", "hãng acme làm ăn đàng hoàng", languages=("vi",)) is not None
    assert find("acme", "acme", languages=("vi",)) is not None


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("Ấm Acme nổ", "dài dòng", True),
        ("Tin mới", "ấm acme nổ", False),
        ("Ấm", "Acme nổ", False),
        ("ấm acme", "ấm acme nổ", True),
        ("", "ấm acme", False),
    ],
)
def test_a_term_of_the_title_is_found_there_alone(title: str, text: str, found: bool):
    match = find('title:"ấm acme"', text if text.startswith(title) else f"{title}\n{text}", heard=Heard(title=title, text=text))
    assert (match is not None) is found


def test_a_match_by_a_field_alone_names_it():
    lan = Heard(text="hôm nay", author=Author(key="x/lan", handle="lan"))
    match = find("author:lan NOT source:blog", lan.text, heard=lan)
    assert match == TopicMatch(topic_id="t", version=version("author:lan NOT source:blog"), terms=("author:lan",))


def test_a_source_that_is_about_a_topic_gives_it_to_all_it_says():
    match = find("acme", "hôm nay mở cửa không", context=("t", "unknown"))
    assert match is not None
    assert match.terms == ()


def test_a_match_carries_the_version_of_its_topic():
    match = find("acme", "acme", languages=("vi", "en"))
    assert match is not None
    assert match.version == version("acme", "vi", "en") != version("acme OR rival", "vi", "en")


WORDS = st.sampled_from(["lừa", "lua", "đảo", "dao", "dạo", "acme", "shop"])


@given(st.lists(WORDS, min_size=1, max_size=3), st.lists(WORDS, max_size=8))
def test_a_phrase_is_found_where_the_naive_search_finds_it(asked: list[str], said: list[str]):
    def fits(want: str, got: str) -> bool:
        return bare(want) == bare(got) and (want == got or bare(want) == want or bare(got) == got)

    places = range(len(said) - len(asked) + 1)
    naive = any(all(fits(want, got) for want, got in zip(asked, said[at:], strict=False)) for at in places)
    assert (find(f'"{" ".join(asked)}"', " ".join(said)) is not None) is naive


@given(st.lists(st.sampled_from("abc"), max_size=10), st.integers(0, 4))
def test_near_is_what_the_naive_search_says(said: list[str], within: int):
    places = {letter: [at for at, word in enumerate(said) if word == letter] for letter in "ab"}
    naive = any(abs(left - right) - 1 <= within for left in places["a"] for right in places["b"])
    assert parse(f"a NEAR/{within} b").matches({Near(Term(("a",)), Term(("b",)), within)})
    assert (find(f"a NEAR/{within} b", " ".join(said)) is not None) is naive


def test_a_long_text_of_one_word_is_searched_in_bounded_time():
    assert find("a NEAR/100 b", "a " * 50_000) is None
    assert tokens("a" * 100_000)[0].end == 100_000
