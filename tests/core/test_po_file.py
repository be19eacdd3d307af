"""Our catalogues are read as Babel reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po as read_by_babel

from core.messages import LANGUAGES
from core.po_file import read_po

LOCALE = Path(__file__).parents[2] / "core/locale"


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_catalogues_are_read_as_babel_reads_them(language: str) -> None:
    with (LOCALE / f"{language}.po").open("rb") as file:
        wanted = read_by_babel(file, locale=language, abort_invalid=True)
    sentences, form_of = read_po(LOCALE / f"{language}.po")
    assert sentences == {
        message.id if isinstance(message.id, str) else message.id[0]: (message.string,)
        if isinstance(message.string, str)
        else tuple(message.string)
        for message in wanted
        if message.id
    }
    assert {len(forms) for forms in sentences.values()} <= {1, wanted.num_plurals}
    assert {form_of(count) for count in range(200)} == set(range(wanted.num_plurals))


def test_a_sentence_runs_over_lines_and_holds_quotes(tmp_path: Path) -> None:
    file = tmp_path / "en.po"
    file.write_text('msgid ""\nmsgstr ""\n\n# a word\nmsgid "a.b"\nmsgstr ""\n"Say \\"no\\",\\n"\n"then go"\n')
    assert read_po(file)[0] == {"a.b": ('Say "no",\nthen go',)}


def test_an_unclosed_quote_is_told(tmp_path: Path) -> None:
    file = tmp_path / "en.po"
    file.write_text('msgid "a.b"\nmsgstr "open\n')
    with pytest.raises(ValueError, match=r"."):
        read_po(file)
