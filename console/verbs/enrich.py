"""`enrich`: what the pipeline makes of texts, from standard input to standard output, line by line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

import msgspec

from console.verbs.base import Desk, Verb
from console.verbs.texts import lines, read

if TYPE_CHECKING:
    from detectors.enrichment.pipeline import Pipeline


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--topics", action="store_true", help="find the configured topics too")


def _enrich(desk: Desk, args: Namespace) -> int:
    pipeline = _pipeline(desk, topics=args.topics)
    failed = False
    for number, line in enumerate(lines(sys.stdin.buffer), start=1):
        if not line.strip():
            continue
        answer = _understood(pipeline, line, number, topics=args.topics)
        failed = failed or "error" in answer
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()  # whoever writes one line and waits gets its answer
    return 1 if failed else 0


def _pipeline(desk: Desk, *, topics: bool) -> Pipeline:
    from detectors.enrichment.pipeline import Pipeline, TopicSpec

    if not topics:
        return Pipeline()
    config = desk.whole_config
    specs = [TopicSpec(id=topic.id, query=topic.words, languages=topic.languages) for topic in config.topics]
    return Pipeline(specs, sentiment_model=config.detectors.sentiment.model)


def _understood(pipeline: Pipeline, line: bytes, number: int, *, topics: bool) -> dict[str, Any]:
    try:
        text = read(line)
    except ValueError as error:
        return {"error": f"line {number}: {error}"}
    answer = pipeline.understand(text.heard())
    return answer if topics else {**answer, "topics": []}


VERBS = (
    Verb(
        "enrich",
        "language, sentiment, risks and topics of texts: JSON lines in, JSON lines out",
        """echo '{"text": "Ấm Acme bốc cháy"}' | tocsin enrich --topics""",
        _options,
        _enrich,
        logs=True,
    ),
)
