"""Features are the same on every machine, and one text's do not depend on its neighbours."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.enrichment.features import BITS, SIZE, prepare, rows


def columns(text: str) -> set[int]:
    return set(rows([prepare(text)]).columns.tolist())


def test_features_never_change():
    assert int(rows([prepare("Ấm Acme nổ!!!")]).columns.astype(np.int64).sum()) == 14_393_737


def test_addresses_handles_numbers_case_and_stretching_do_not_count():
    assert columns("Đắt 500k quáaaa @lan https://a.b/c") == columns("đắt 9k quáaaaaa @minh http://x.y")


def test_marks_count():
    assert columns("đắt") != columns("dat")


def test_the_order_of_words_counts():
    assert columns("không tốt") != columns("tốt không")


@given(st.lists(st.text(max_size=40), max_size=5))
def test_a_batch_is_its_texts_one_by_one(texts: list[str]):
    batch = rows([prepare(text) for text in texts])
    assert len(batch.starts) == len(texts) + 1
    for text, start, end in zip(texts, batch.starts, batch.starts[1:], strict=False):
        assert batch.columns[start:end].tolist() == sorted(columns(text))
    assert ((batch.columns >= 0) & (batch.columns < SIZE)).all()


def test_words_and_pieces_have_a_block_each():
    found = np.array(sorted(columns("nổ")))
    assert (found < 1 << BITS).any()
    assert (found >= 1 << BITS).any()
