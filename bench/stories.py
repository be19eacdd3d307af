"""Are near copies told apart: labelled pairs, ours beside a 0.55 Jaccard cut, SimHash and difflib; and what a mention costs.

    make bench-stories

Precision and recall stand with their 95 % intervals (Wilson). "held" was never tuned on (tests/data/stories/README.md). The peers get the same
texts, stripped of bylines, and each also the bound that does best for it on the tuning pairs.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from core.text import normalise
from detectors.bylines import byline
from detectors.sketch import Sketch, sketch
from detectors.stories import is_same
from detectors.telling import Telling, tell
from store import mentions
from store.open import open_database
from tests import make

FOLDER: Final = Path(__file__).parents[1] / "tests" / "data" / "stories"
POST: Final = 110  # a line that is longer is a post without a title
ROUNDS: Final = 10
Pair = dict[str, Any]
Likeness = Callable[[str, str], float]


def main() -> None:
    """Print the tables."""
    held, tune = _pairs("held"), _pairs("tune")
    print(f"pairs held aside: {len(held)}, of which {sum(pair['same'] for pair in held)} tell one story; tuned on: {len(tune)}\n")
    print(f"{'':34}{'precision':>22}{'recall':>22}")
    _tell("sketches (ours), held", [(_ours(pair), pair["same"]) for pair in held])
    for name, likeness, bound in (
        ("Jaccard of words", _jaccard, 0.55),
        ("SimHash, distance", _simhash, -3),
        ("difflib ratio", _difflib, 0.8),
    ):
        _tell(f"{name} {abs(bound):g}, held", [(_like(likeness, pair) >= bound, pair["same"]) for pair in held])
        best = _best(likeness, tune)
        _tell(f"{name}, best bound {abs(best):.2g}, held", [(_like(likeness, pair) >= best, pair["same"]) for pair in held])
    _tell("sketches (ours), tuned on", [(_ours(pair), pair["same"]) for pair in tune])
    for language in ("vi", "en"):
        _tell(f"sketches (ours), held, {language}", [(_ours(pair), pair["same"]) for pair in held if pair["lang"] == language])
    _cost(held + tune)


def _pairs(name: str) -> list[Pair]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def _split(text: str) -> tuple[str, str]:
    title, newline, rest = text.partition("\n")
    return (title, rest) if newline or len(title) <= POST else ("", title)


def _sketch(pair: Pair, side: str) -> Sketch:
    made = sketch(*_split(pair[side]), pair["lang"], pair["brand"])
    assert made is not None
    return made


def _ours(pair: Pair) -> bool:
    one, other = _sketch(pair, "a"), _sketch(pair, "b")
    return is_same(one, other) and not set(one.marks).isdisjoint(other.marks)


def _like(likeness: Likeness, pair: Pair) -> float:
    return likeness(*(normalise(" ".join(byline(*_split(pair[side]))[:2])) for side in "ab"))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _jaccard(one: str, other: str) -> float:
    left, right = set(_words(one)), set(_words(other))
    return len(left & right) / len(left | right)


def _simhash(one: str, other: str) -> float:
    return -float((_bits(one) ^ _bits(other)).bit_count())


def _bits(text: str) -> int:
    votes = [0] * 64
    for word in _words(text):
        number = crc32(word.encode()) << 32 | crc32(word.encode(), 0xACE)
        votes = [vote + (1 if number >> bit & 1 else -1) for bit, vote in enumerate(votes)]
    return sum(1 << bit for bit, vote in enumerate(votes) if vote > 0)


def _difflib(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _best(likeness: Likeness, pairs: list[Pair]) -> float:
    """The bound with the best F1 on these pairs."""
    found = [(_like(likeness, pair), pair["same"]) for pair in pairs]

    def worth(bound: float) -> float:
        right = sum(same and like >= bound for like, same in found)
        told, same_in_all = sum(like >= bound for like, _ in found), sum(same for _, same in found)
        return 2 * right / max(1, told + same_in_all)

    return max(sorted({like for like, _ in found}), key=worth)


def _tell(name: str, said: list[tuple[bool, bool]]) -> None:
    right = sum(told and same for told, same in said)
    told, same = sum(told for told, _ in said), sum(same for _, same in said)
    print(f"{name:<42}{_share(right, told):>22}{_share(right, same):>22}")


def _share(part: int, whole: int) -> str:
    if not whole:
        return "none told"
    z, share = 1.96, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return f"{share:.2f} ({middle - half:.2f}-{middle + half:.2f})"


def _cost(pairs: list[Pair]) -> None:
    texts = [(*_split(pair[side]), pair["lang"], tuple(pair["brand"])) for pair in pairs for side in "ab"]
    start = time.process_time()
    for _ in range(ROUNDS):
        made = [sketch(*text) for text in texts]
    sketched = (time.process_time() - start) / ROUNDS / len(texts)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/stories.db")
        told = 0.0
        for turn in range(ROUNDS):
            heard = [make.mention("x") for _ in texts]
            ids = database.write_now(mentions.add, heard).ids
            at = make.NOON.replace(month=1 + turn)
            batch = [Telling(ids[mention.key], "s", at, at, found) for mention, found in zip(heard, made, strict=True) if found is not None]
            start = time.process_time()
            database.write_now(tell, batch)
            told += time.process_time() - start
        database.close()
    print(
        f"\none mention, processor time: {sketched * 1e6:.0f} us to sketch, {told / ROUNDS / len(texts) * 1e6:.0f} us to find its story on SQLite"
    )
    print(
        "(batches of",
        len(texts),
        "of which",
        len({text[:2] for text in texts}),
        "are different texts: most are new stories, the dearest case)",
    )


if __name__ == "__main__":
    main()
