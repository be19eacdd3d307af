"""Which language is told, against py3langid alone over the same languages, in the same run.

    python -m bench.language [--data ../shared/data/sentiment] [--count 1000]

Without the labelled texts beside the checkout only the lines of our own are judged. Prints the share told right and texts per processor's
second; tokens are made beforehand for both.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.text import unmarked
from detectors.enrichment import language
from detectors.enrichment.doc import Doc, blank, notes

SEED = 3
VIETNAMESE = ("vi-vsfc-dev", "vi-vlsp2016-train", "vi-aivivn2019-train", "vi-vihos-dev")
OTHERS = {
    "en": "en-tweeteval-val", "ar": "arabic-umsab-train", "fr": "french-umsab-train", "de": "german-umsab-train", "it": "italian-umsab-train",
    "pt": "portuguese-umsab-train", "es": "spanish-umsab-train",
}  # fmt: skip
# Lines of hindi-umsab-val that are Hindi in Latin letters; the rest is English, or one word. Read by us.
HINDI_SET = "hindi-umsab-val"
HINDI_LINES = (
    2, 4, 5, 7, 8, 9, 10, 11, 15, 16, 19, 21, 24, 27, 28, 29, 34, 38, 39, 40, 43, 45, 48, 50, 51, 52, 53, 56, 57, 59, 60, 61, 63, 64, 65, 66, 67, 71, 73, 75,
    81, 83, 85, 88, 90, 91, 92, 93, 96, 98, 99, 100, 101, 104, 109, 110, 112, 113, 114, 115, 116, 117, 119, 120, 122, 124, 125, 127, 129, 130, 131, 133, 134,
    137, 138, 145, 147, 151, 153, 156, 158, 161, 162, 163, 168,
)  # fmt: skip
OWN = {
    "vi": (
        "order của mình delay 3 ngày rồi mà customer service no reply luôn", "Team ơi deadline mai submit report, please check mail giúp mình",
        "app lag vl, crash hoài", "ship cod k shop", "cái product này feedback not good lắm", "OMG the new flavor ngon xỉu luôn á", "hang fake",
        "mình vừa unbox con iPhone mới, camera xịn, battery thì so so", "shop oi con size m ko", "review thật lòng: skincare này so bad",
        "admin check inbox giùm e với", "sale off 50% cho new member nha cả nhà", "dm shop lua dao", "feedback cho team dev: login fail suốt, fix đi",
        "Em order hai ly matcha latte, ship to Quận 7 mà nhận thiếu topping", "ok shop", "cam on shop nhieu", "sao ma te the", "gia sao shop", "khum thich",
    ),
    "en": (
        "Hà Nội is a lovely city for a short trip", "I love phở and bánh mì when in Hội An", "The Bún chả Hương Liên place was great",
        "Nguyễn Văn An was appointed as the new CEO of the company", "I can go no more", "so long", "the man can do no wrong", "my order is late",
        "can you help me", "why no reply", "too bad",
    ),
    "id": (
        "barangnya bagus banget, pengiriman cepat", "kok belum dikirim juga ya kak", "saya kecewa dengan pelayanan ini", "makasih ya min",
        "harga mahal tapi kualitas jelek", "kenapa pesanan saya belum sampai", "aplikasi ini tidak bisa dibuka", "jangan beli di toko ini",
    ),
    "hi": (
        "ye product bahut kharab hai bhai", "mera order abhi tak nahi aaya", "paisa wapas karo", "koi jawab nahi deta customer care",
        "bahut accha phone hai yaar", "app baar baar band ho jata hai", "aap log kab delivery karoge", "kya bakwas service hai",
    ),
    "tl": ("ang ganda naman ng phone na ito", "hindi pa rin dumarating ang order ko", "sobrang bagal ng app niyo", "salamat po sa mabilis na delivery"),
    "und": ("🔥🔥🔥", "12345", "!!! ...", "0901 234 567", "😂😂 100", "https://example.org/a/b/c", "@acme @rival", "...."),
}  # fmt: skip


def main() -> None:
    """Print the table of `docs/models.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/sentiment"))
    parser.add_argument("--count", type=int, default=1_000)
    asked = parser.parse_args()
    tell, peer, tokenizer = language.TellLanguage(), language._identifier(), blank()  # noqa: SLF001 - the very same model, alone
    print(f"{'texts':44} {'count':>6} {'ours':>6} {'py3langid':>9} {'ours/s':>8} {'py3/s':>8}")
    for name, wanted, texts in _sets(asked.data, asked.count):
        docs = [tokenizer.make_doc(text) for text in texts]
        ours, our_time = _told(lambda doc: notes(tell(doc)).language, docs, wanted)
        theirs, their_time = _told(lambda doc: peer.classify(notes(doc).text)[0], docs, wanted)
        print(f"{name:44} {len(docs):>6} {ours:>6.1%} {theirs:>9.1%} {len(docs) / our_time:>8,.0f} {len(docs) / their_time:>8,.0f}")


def _sets(folder: Path, count: int) -> Iterator[tuple[str, str, list[str]]]:
    for wanted, own in OWN.items():
        yield f"{wanted}, lines of our own", wanted, list(own)
    if not folder.is_dir():
        return
    for name in VIETNAMESE:
        texts = _read(folder, name, count)
        plain = [unmarked(text) for text in texts]
        yield from ((f"{name}{kind}", "vi", chosen) for kind, chosen in (("", texts), (", without marks", plain)))
        for first in (3, 5):
            yield f"{name}, first {first} words", "vi", [_cut(text, first) for text in texts]
            yield f"{name}, first {first} words without marks", "vi", [_cut(text, first) for text in plain]
    for wanted, name in OTHERS.items():
        texts = _read(folder, name, count)
        yield name, wanted, texts
        yield f"{name}, first 5 words", wanted, [_cut(text, 5) for text in texts]
    lines = (folder / f"{HINDI_SET}.jsonl").read_text("utf-8").splitlines()
    yield f"{HINDI_SET}, Hindi in Latin letters", "hi", [json.loads(lines[number])["text"] for number in HINDI_LINES]


def _told(judge: Callable[[Doc], str], docs: list[Doc], wanted: str) -> tuple[float, float]:
    began = time.process_time()
    right = sum(judge(doc) == wanted for doc in docs)
    return right / len(docs), max(time.process_time() - began, 1e-6)


def _read(folder: Path, name: str, count: int) -> list[str]:
    texts = [json.loads(line)["text"] for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]
    random.Random(SEED).shuffle(texts)
    return [text for text in texts if text.strip()][:count]


def _cut(text: str, words: int) -> str:
    """The first words, handles and the stand-ins for links left out."""
    return " ".join([word for word in text.split() if word not in ("@user", "http")][:words])


if __name__ == "__main__":
    main()
