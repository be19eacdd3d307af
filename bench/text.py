"""How fast texts are understood: our pipeline against spaCy's own tokenizer with a PhraseMatcher, the same topics, in the same run.

    python -m bench.text [--texts FILE.jsonl ...] [--count 2000]

Without `--texts` the texts are made of a few sentences of our own. One process; the best of three passes counts.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import spacy
from spacy.matcher import PhraseMatcher

from core.tokens import tokens
from detectors.enrichment.doc import blank
from detectors.enrichment.pipeline import Heard, Pipeline, TopicSpec

TOPICS = 100
SEED = 7
PIECES = (
    "Ấm đun nước này dùng một tuần là hỏng", "giao hàng nhanh, đóng gói đẹp", "shop lua dao nha moi nguoi", "the kettle caught fire this morning",
    "I love the new design", "app sập từ sáng, không đăng nhập được", "cho em hỏi giá bao nhiêu ạ", "still waiting for my refund", "hàng đẹp lắm luôn 😍",
)  # fmt: skip


def main() -> None:
    """Print texts per second of our pipeline and of its peers, in one run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=2_000)
    asked = parser.parse_args()
    sets = {path.stem: _read(path, asked.count) for path in asked.texts} or {"made up": _made(asked.count)}
    print(f"{'texts':24} {'characters':>10} {'what runs':44} {'texts/s':>9}")
    for name, texts in sets.items():
        terms = _terms(texts)
        for title, run in _contestants(terms, texts).items():
            print(f"{name:24} {sum(map(len, texts)) // len(texts):>10} {title:44} {len(texts) / _best_of_three(run):>9,.0f}")


def _contestants(terms: list[str], texts: list[str]) -> dict[str, Callable[[], object]]:
    peer = spacy.blank("xx")
    matcher = PhraseMatcher(peer.vocab, attr="LOWER")
    for term in terms:
        matcher.add(term, [peer.make_doc(term)])
    specs = [TopicSpec(id=f"t{number}", query=f'"{term}"') for number, term in enumerate(terms)]
    ours = Pipeline(specs)
    heard = [Heard(text=text) for text in texts]
    topics = blank()
    topics.add_pipe("tocsin_topics", config={"topics": [{"id": spec.id, "query": spec.query, "languages": []} for spec in specs]})
    sentiment = blank()
    sentiment.add_pipe("tocsin_sentiment")
    return {
        f"spaCy tokenizer + PhraseMatcher, {TOPICS} terms": lambda: [matcher(peer.make_doc(text)) for text in texts],
        f"ours: tokens + {TOPICS} topics, marks checked": lambda: [topics(text) for text in texts],
        "ours: tokens + sentiment": lambda: list(sentiment.pipe(texts)),
        "ours: everything": lambda: ours.enrich(heard),
    }


def _best_of_three(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return min(taken)


def _terms(texts: list[str]) -> list[str]:
    """One word and two words in turn, taken from the texts, so that some match."""
    chosen = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < TOPICS:
        words = [token.form for token in tokens(chosen.choice(texts))] or [f"w{len(found)}"]
        at = chosen.randrange(len(words))
        term = " ".join(words[at : at + 1 + len(found) % 2])
        found[term if term not in found else f"{term} {len(found)}"] = None
    return list(found)


def _made(count: int) -> list[str]:
    chosen = random.Random(SEED)
    return [". ".join(chosen.choices(PIECES, k=chosen.randint(1, 4))) for _ in range(count)]


def _read(path: Path, count: int) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()[:count]]


if __name__ == "__main__":
    main()
