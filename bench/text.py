"""How fast texts are matched and understood, beside spaCy's own tokenizer and PhraseMatcher, with the same topics in the same run.

    python -m bench.text [--data FOLDER] [--texts FILE.jsonl ...] [--count 2000] [--rounds 5]

`--data` is a folder of labelled texts (`en-tweeteval-val.jsonl` ...), each set as it is and joined to posts of 142 to 600 characters; `--texts` adds
files of JSON lines with a `text`. Without either the texts are made of a few sentences of our own. One process, processor time; all that is
compared takes turns, and the median of the rounds counts (lowest to highest beside it).
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import spacy
from msgspec.structs import replace
from spacy.matcher import PhraseMatcher

from core.prefilter import Prefilter
from core.query import parse
from core.text import clean
from core.tokens import tokens
from detectors.enrichment.doc import blank, noted
from detectors.enrichment.pipeline import Heard, Pipeline, TopicSpec
from detectors.enrichment.topics import Topics, read_topic

TOPICS: Final = 1_000
SHARE: Final = 0.05  # of the texts of the stream that are about a topic
RARE: Final = 500  # a topic's term stands in at most one text of so many, as names do
POST: Final = (142, 600)  # characters
SEED: Final = 7
SETS: Final = ("en-tweeteval-val", "vi-vlsp2016-train", "vi-vsfc-dev")
PIECES: Final = (
    "Ấm đun nước này dùng một tuần là hỏng", "giao hàng nhanh, đóng gói đẹp", "shop lua dao nha moi nguoi", "the kettle caught fire this morning",
    "I love the new design", "app sập từ sáng, không đăng nhập được", "cho em hỏi giá bao nhiêu ạ", "still waiting for my refund", "hàng đẹp lắm luôn 😍",
)  # fmt: skip

Contestants = dict[str, Callable[[], object]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    sets = _sets(asked.data, asked.texts, asked.count)
    gc.collect()
    gc.freeze()  # as the daemon does
    gc.set_threshold(50_000, 50, 50)
    for name, texts in sets.items():
        language = "en" if name.startswith("en") else "xx"
        length = int(statistics.median(map(len, texts)))
        terms = _terms(texts)
        prefilter = Prefilter(parse(f'"{term}"') for term in terms)
        found = sum(map(bool, prefilter.candidates(texts))) / len(texts)
        print(f"\n{name}: {len(texts):,} texts of {length} characters (median); {TOPICS:,} topics, {found:.0%} of the texts name one")
        _table(_matching(terms, texts, language), len(texts), asked.rounds)
        print(f"\n{name}: a stream of which {SHARE:.0%} is about one of {TOPICS:,} topics")
        _table(_stream(texts, language), len(texts), asked.rounds)


def _matching(terms: Sequence[str], texts: list[str], language: str) -> Contestants:
    peer = spacy.blank(language)
    matcher = PhraseMatcher(peer.vocab, attr="LOWER")
    for term in terms:
        matcher.add(term, [peer.make_doc(term)])
    prefilter = Prefilter(parse(f'"{term}"') for term in terms)
    topics = Topics([read_topic(term, f'"{term}"', ()) for term in terms])

    def judged() -> None:
        for text, may_be in zip(texts, prefilter.candidates(texts), strict=True):
            if may_be:
                topics.judge(noted(Heard(text=text), text))

    return {
        "spaCy tokenizer + PhraseMatcher": lambda: [matcher(peer.make_doc(text)) for text in texts],
        "ours: which topics may be meant": lambda: prefilter.candidates(texts),
        "ours: which are, marks and all": judged,
    }


def _stream(texts: list[str], language: str) -> Contestants:
    chosen = random.Random(SEED)
    names = ["".join(chosen.choices("bdgklmnprstvaeiou", k=9)) for _ in range(TOPICS)]
    said = [f"{text} {chosen.choice(names)}" if chosen.random() < SHARE else text for text in texts]
    heard = [Heard(text=text) for text in said]
    in_full = [replace(each, in_full=True) for each in heard[: len(heard) // 4]]
    peer, pipeline = spacy.blank(language), Pipeline([TopicSpec(id=name, query=name) for name in names])
    matching = _matching(names, said, language)
    sentiment = blank()
    sentiment.add_pipe("tocsin_sentiment")
    return {
        "spaCy tokenizer alone": lambda: [peer.make_doc(text) for text in said],
        **{title: matching[title] for title in ("spaCy tokenizer + PhraseMatcher", "ours: which topics may be meant")},
        "ours: topics told": matching["ours: which are, marks and all"],
        "ours: topics told, the rest of those understood": lambda: pipeline.enrich(heard),
        "ours: every text's sentiment": lambda: list(sentiment.pipe(said)),
        "ours: everything of every text": lambda: pipeline.enrich([*in_full] * 4),
    }


def _table(contestants: Contestants, count: int, rounds: int) -> None:
    taken: dict[str, list[float]] = {title: [] for title in contestants}
    for turn in range(rounds + 1):
        for title, run in contestants.items():
            began = time.process_time()
            run()
            if turn:  # the first fills the caches
                taken[title].append(time.process_time() - began)
    peer = statistics.median(next(iter(taken.values())))
    print(f"{'':50} {'texts/s':>9}   {'lowest..highest':20} {'x':>6}")
    for title, times in taken.items():
        middle = statistics.median(times)
        spread = f"{count / max(times):,.0f}..{count / min(times):,.0f}"
        print(f"{title:50} {count / middle:>9,.0f}   {spread:20} {peer / middle:>6.1f}")


def _terms(texts: Sequence[str]) -> list[str]:
    """One word and two words in turn, taken from the texts; made up where those have too few."""
    seen: Counter[str] = Counter()
    for text in texts:
        words = [token.form for token in tokens(text)]
        seen.update({*words, *map(" ".join, pairwise(words))})
    most = max(1, len(texts) // RARE)
    rare = [term for term in sorted(seen) if seen[term] <= most and len(term) > 3 and term.replace(" ", "").isalpha()]
    chosen = random.Random(SEED)
    chosen.shuffle(rare)
    words, pairs = [term for term in rare if " " not in term], [term for term in rare if " " in term]
    found = [*words[: TOPICS // 2], *pairs[: TOPICS // 2]]
    return [*found, *(f"name{number}" for number in range(TOPICS - len(found)))]


def _sets(data: Path | None, files: Sequence[Path], count: int) -> dict[str, list[str]]:
    paths = [path for name in SETS if data is not None and (path := data / f"{name}.jsonl").is_file()]
    sets: dict[str, list[str]] = {}
    for path in (*paths, *files):
        texts = [clean(json.loads(line)["text"]) for line in path.read_text("utf-8").splitlines()]
        sets[path.stem] = texts[:count]
        sets[f"{path.stem}, joined"] = _posts(texts, count)
    return sets or {"made up": _posts(PIECES, count)}


def _posts(texts: Sequence[str], count: int) -> list[str]:
    chosen = random.Random(SEED)
    posts = []
    for _ in range(count):
        length, post = chosen.randint(*POST), ""
        while len(post) < length:
            post = f"{post} {chosen.choice(texts)}".strip()
        posts.append(clean(post[: POST[1]]))
    return posts


if __name__ == "__main__":
    main()
