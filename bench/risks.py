"""What each row of the risk lexicon finds in texts that are no crises: how often, with marks and without, and whether its own cases pass.

    python -m bench.risks --data ../shared/data/sentiment [--show ROW ...] [--count 30]

A row that finds much here would page about nothing. Prints a table in Markdown, a row of the lexicon a line; with `--show`, hits of those rows
drawn at random instead, to be read by a person, who writes what she found as `read` and `right` into the row. No text is kept.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from math import sqrt
from pathlib import Path
from typing import Final, NamedTuple

from spacy.language import Language

from core.text import unmarked
from detectors.enrichment import language, risks, topics
from detectors.enrichment.doc import blank, notes
from detectors.enrichment.lexicon import LEXICONS, Row, load_lexicon

SETS: Final = {"vi": "vi-*train.jsonl", "en": "en-*train.jsonl"}
SEED: Final = 7
Z: Final = 1.96  # of a 95 % interval

assert language  # importing them registers their components
assert topics


class Hits(NamedTuple):
    """Numbers of the texts in which a row is heard: as written, stripped of marks, and as written where a brand is meant throughout."""

    written: set[int]
    bare: set[int]
    branded: set[int]


def main() -> None:
    """Print the table of every row, or hits of the rows asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled texts")
    parser.add_argument("--show", nargs="*", default=[], metavar="ROW")
    parser.add_argument("--count", type=int, default=30)
    asked = parser.parse_args()
    nlp, hear = _pipeline()
    for name in LEXICONS:
        texts = _texts(asked.data, SETS[name])
        rows = load_lexicon(name).rows
        if asked.show:
            _show(nlp, hear, texts, [row for row in rows if row.id in asked.show], asked.count)
        else:
            _table(nlp, hear, texts, name, rows)


def wilson(right: int, read: int) -> tuple[float, float]:
    """The 95 % interval of a share (0 to 1); everything is possible where nothing was read.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
    """
    if read == 0:
        return 0.0, 1.0
    share, square = right / read, Z * Z
    middle = (share + square / (2 * read)) / (1 + square / read)
    half = Z * sqrt(share * (1 - share) / read + square / (4 * read * read)) / (1 + square / read)
    return max(0.0, middle - half), min(1.0, middle + half)


def passed(nlp: Language, hear: risks.HearRisks, row: Row) -> tuple[int, int]:
    """How many of a row's cases hold, and how many it has."""
    says = [any(one.row == row for one in _heard(nlp, hear, text)) for text in row.says]
    silent = [not risks.told(_heard(nlp, hear, text)) for text in row.silent]
    return sum(says) + sum(silent), len(says) + len(silent)


def _pipeline() -> tuple[Language, risks.HearRisks]:
    nlp = blank()
    nlp.add_pipe("tocsin_language")
    nlp.add_pipe("tocsin_topics", config={"topics": [{"id": "acme", "query": "acme", "languages": []}]})  # the brand of the cases
    return nlp, risks.HearRisks(nlp, {name: load_lexicon(name) for name in LEXICONS})


def _heard(nlp: Language, hear: risks.HearRisks, text: str, brand: tuple[str, ...] = ()) -> list[risks.HeardRow]:
    doc = nlp(text)
    notes(doc).brand_context = brand
    return hear.rows(doc)


def _table(nlp: Language, hear: risks.HearRisks, texts: list[str], name: str, rows: tuple[Row, ...]) -> None:
    found: dict[str, Hits] = defaultdict(lambda: Hits(set(), set(), set()))
    pages = [0, 0, 0]
    for number, text in enumerate(texts):
        versions = (_heard(nlp, hear, text), _heard(nlp, hear, unmarked(text)), _heard(nlp, hear, text, ("brand",)))
        for place, heard in enumerate(versions):
            pages[place] += any(risk.level == 1 for risk in risks.told(heard))
            for one in heard:
                found[one.row.id][place].add(number)
    written, bare, branded = (1e4 * each / len(texts) for each in pages)
    print(
        f"\n{name}: {len(texts):,} texts. Of 10,000 that named the brand, {written:.1f} would page alone as written, {bare:.1f} without marks, {branded:.1f} if every condition held.\n"
    )
    print("| row | family | level | alone | hits | per 10,000 | without marks | agree | brand meant | read: right | precision | cases |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        hits = found[row.id]
        either = len(hits.written | hits.bare)
        agree = f"{len(hits.written & hits.bare) / either:.0%}" if either else "-"
        low, high = wilson(row.right, row.read)
        precision = f"{low:.0%} to {high:.0%}" if row.read else "unknown"
        good, cases = passed(nlp, hear, row)
        cells = (row.id, row.family, row.level, row.alone, len(hits.written), f"{1e4 * len(hits.written) / len(texts):.1f}", len(hits.bare), agree, len(hits.branded),
            f"{row.read}: {row.right}", precision, f"{good} of {cases}")  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |")


def _show(nlp: Language, hear: risks.HearRisks, texts: list[str], rows: list[Row], count: int) -> None:
    wanted = {row.id for row in rows}
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        for one in _heard(nlp, hear, text):
            if one.row.id in wanted:
                found[one.row.id].append(f"[{one.expression}, level {one.level}] {text}")
    for row_id, hits in found.items():
        print(f"\n{row_id}: {len(hits)} hits")
        for hit in random.Random(SEED).sample(hits, min(count, len(hits))):
            print(" ", " ".join(hit.split())[:300])


def _texts(folder: Path, pattern: str) -> list[str]:
    files = sorted(folder.glob(pattern))
    return [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
