"""The whole pipeline: order, hostile text, versions, and the dictionary of `tocsin enrich`."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language

from core.errors import QueryError
from core.prefilter import Prefilter
from core.query import parse
from core.text import clean, fingerprint
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.pipeline import Heard, Pipeline, TopicSpec

ACME = TopicSpec(id="acme", query='"Acme" OR #acme NOT "acme cartoon"')
RIVAL = TopicSpec(id="rival", query="rival")
QUERIES = (
    "acme", "acm*", "*me", "#acme OR @lan", '"ấm siêu tốc"', "không NEAR/2 acme", "(lừa OR đảo) NOT phim", "NOT acme", "小米 OR 🔥", "title:acme", "has:link acme"
)  # fmt: skip
PIECES = [
    "acme", "Acmeee", "acmes", "gacme", "#acme", "@lan", "ấm ", "am ", "siêu-", "sieu ", "tốc", "ko ", "không ", "hok ", "k ", "l.ừ.a", "đả0", "phim", "小米", "🔥",
    ", ", " ", "\n", "аcme", "o\u0300", "x", "https://a.example ",
]  # fmt: skip


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline([ACME, RIVAL])


def test_a_mention_is_understood(pipeline: Pipeline):
    found = pipeline.enrich([Heard(title="Acme", text="Ấm Acme phát nổ, cả nhà bị bỏng, quá tệ!")])[0]
    assert found.language == "vi"
    assert [(match.topic_id, match.terms, match.weak) for match in found.topics] == [("acme", ("Acme",), False)]
    assert [(risk.family, risk.level) for risk in found.risks] == [("injury", 1), ("tone", 3)]
    assert found.sentiment.label == "negative"
    assert found.fingerprint == fingerprint("Acme\nẤm Acme phát nổ, cả nhà bị bỏng, quá tệ!")


def test_answers_come_in_order(pipeline: Pipeline):
    texts = [Heard(text=f"rival {n}" if n % 3 else f"acme {n}") for n in range(300)]
    assert [found.topics[0].topic_id for found in pipeline.enrich(texts)] == ["rival" if n % 3 else "acme" for n in range(300)]


def test_a_title_that_the_text_repeats_is_read_once(pipeline: Pipeline):
    twice = pipeline.enrich([Heard(title="Acme recall", text="Acme recall: all kettles")])[0]
    assert twice.fingerprint == fingerprint("Acme recall: all kettles")


@pytest.mark.parametrize(
    "text", ["", " ", "🔥🔥", "\ud800\udfff acme \udc00", "acme " * 25_000, "a" * 100_000, "\u0301" * 10_000, "!" * 100_000]
)
def test_hostile_text_gets_a_sane_answer_in_bounded_time(pipeline: Pipeline, text: str):
    began = time.process_time()
    found = pipeline.enrich([Heard(title=text[:50], text=text, in_full=True)])[0]
    assert time.process_time() - began < 5
    total = found.sentiment.negative + found.sentiment.neutral + found.sentiment.positive
    assert total == pytest.approx(1, abs=1e-5)
    assert bool(found.topics) is ("acme" in text)


def test_nothing_said_is_neutral_and_not_confident(pipeline: Pipeline):
    found = pipeline.enrich([Heard(in_full=True)])[0]
    assert (found.language, found.sentiment.label, found.sentiment.confident, found.topics, found.risks) == (
        "und",
        "neutral",
        False,
        (),
        (),
    )


def test_a_mention_about_no_topic_is_not_understood_any_further(pipeline: Pipeline):
    unknown, near = pipeline.enrich([Heard(text="Cháy nhà, tệ quá, lừa đảo!"), Heard(text="acme cartoon cháy, tệ quá")])
    assert unknown == near
    assert (unknown.language, unknown.sentiment.label, unknown.topics, unknown.risks, unknown.fingerprint) == (
        "und",
        "neutral",
        (),
        (),
        b"",
    )


def test_in_a_place_of_ours_or_where_it_is_asked_everything_is_understood(pipeline: Pipeline):
    ours, asked = pipeline.enrich([Heard(text="Cháy rồi, tệ quá!", brand_context=("acme",)), Heard(text="Cháy rồi, tệ quá!", in_full=True)])
    assert (ours.language, ours.sentiment.label, [match.topic_id for match in ours.topics]) == ("vi", "negative", ["acme"])
    assert (asked.language, asked.sentiment.label, asked.topics) == ("vi", "negative", ())


@pytest.fixture(scope="module")
def topics() -> Language:
    nlp = blank()
    nlp.add_pipe("tocsin_topics", config={"topics": [{"id": query, "query": query, "languages": []} for query in QUERIES]})
    return nlp


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_about_a_topic_passes_the_prefilter(topics: Language, text: str):
    found = [match.topic_id for match in notes(topics(text)).topics]
    (candidates,) = Prefilter(map(parse, QUERIES)).candidates([clean(text)])
    assert set(found) <= {QUERIES[index] for index in candidates}


def test_no_texts_are_no_answers(pipeline: Pipeline):
    assert pipeline.enrich([]) == []


def test_the_version_tells_topics_apart():
    assert Pipeline([ACME]).version == Pipeline([ACME]).version != Pipeline([RIVAL]).version


def test_a_bad_query_is_refused_by_name():
    with pytest.raises(QueryError, match="not closed"):
        Pipeline([TopicSpec(id="bad", query="(acme")])


def test_understand_prints_what_the_interface_promises(pipeline: Pipeline):
    found = pipeline.understand(Heard(text="Acme lừa đảo, tệ quá", lang="vi"))
    assert list(found) == ["lang", "sentiment", "risks", "topics", "triage"]
    assert list(found["sentiment"]) == ["label", "negative", "neutral", "positive", "confident"]
    assert found["topics"][0]["topic_id"] == "acme"
    assert found["risks"][0] == {"family": "fraud", "level": 1, "term": "lừa đảo"}
    assert json.loads(json.dumps(found)) == found
