from datetime import timedelta

from console.web.forms import ANSWER_LIVES, FORM_LIVES, Forms
from core.records import Words
from tests.make import NOON

FORMS = Forms("a key")
SAID = Words(key="answer.taken", args={"id": 5})


def test_a_forms_token_holds_for_a_shift() -> None:
    token = FORMS.token(NOON)
    assert FORMS.accepts(token, NOON + FORM_LIVES - timedelta(seconds=1))
    assert not FORMS.accepts(token, NOON + FORM_LIVES)


def test_nothing_but_our_own_token_is_accepted() -> None:
    others = ["", "x", "x.y", Forms("another key").token(NOON), FORMS.token(NOON) + "x", FORMS.seal(SAID, NOON)]
    assert [token for token in others if FORMS.accepts(token, NOON)] == []


def test_an_answer_comes_back_for_a_moment() -> None:
    sealed = FORMS.seal(SAID, NOON)
    assert FORMS.unseal(sealed, NOON) == SAID
    assert FORMS.unseal(sealed, NOON + ANSWER_LIVES) is None
    assert FORMS.unseal(FORMS.token(NOON), NOON) is None
