"""Statements: filled whole or refused; what is put in is data; the sandbox holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import NotFound, Refused
from playbooks.statement import MAX_OUTPUT_CHARS, draft, fill, open_blanks, statements_for

OPENED = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)

GADGETS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].system('id') }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ config }}{{ config.items() }}",
    "{{ request['application']['__globals__'] }}",
    "{{ product|attr('__class__') }}",
    "{{ product.format.__self__ }}",
    "{{ '{0.__class__}'.format(product) }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% set x = product.__class__ %}{{ x }}",
    "{{ range(10**9)|list }}",
    "{{ 'x' * 10**9 }}",
    "{{ product }}{% macro m() %}{{ caller() }}{% endmacro %}",
]


def try_draft(playbook, values, *, after=timedelta(0)):
    return draft(playbook, "en", values, opened_at=OPENED, now=OPENED + after)


def test_a_filled_statement_is_its_words(playbook):
    assert try_draft(playbook, {"product": " Acme K200 "}) == "To you who use Acme K200: we are here."


@pytest.mark.parametrize("values", [{}, {"product": ""}, {"product": "  "}])
def test_an_open_blank_is_refused(playbook, values):
    with pytest.raises(Refused, match="still has open blanks: product"):
        try_draft(playbook, values)


def test_open_blanks_are_listed(playbook):
    assert open_blanks(playbook.statement("en"), {}) == ("product",)
    assert open_blanks(playbook.statement("en"), {"product": "Acme"}) == ()


def test_a_blank_that_nobody_declared_is_refused(playbook):
    with pytest.raises(Refused, match="no blank 'colour'"):
        try_draft(playbook, {"product": "Acme", "colour": "red"})


def test_a_value_of_the_wrong_kind_is_refused(make_playbook):
    phone = {"type": "phone", "label": {"vi": "Số", "en": "Number"}, "example": "1800 1234"}
    with pytest.raises(Refused, match="wants a phone number"):
        try_draft(make_playbook(blanks={"product": phone}), {"product": "call us"})


def test_a_statement_whose_approval_has_ended_is_refused(make_playbook):
    old = make_playbook(holding_statements__1__valid_until="2026-11-20")
    with pytest.raises(Refused, match="approved until 2026-11-20"):
        try_draft(old, {"product": "Acme"})


def test_first_words_are_refused_once_it_is_too_late_for_them(playbook):
    assert try_draft(playbook, {"product": "Acme"}, after=timedelta(hours=6))
    with pytest.raises(Refused, match="for the first 6 hours"):
        try_draft(playbook, {"product": "Acme"}, after=timedelta(hours=6, seconds=1))


def test_an_unknown_statement_names_those_there_are(playbook):
    with pytest.raises(NotFound, match="it has vi, en"):
        draft(playbook, "fr", {}, opened_at=OPENED, now=OPENED)


def test_statements_are_found_by_language_and_channel(playbook):
    assert [one.id for one in statements_for(playbook, "vi")] == ["vi"]
    assert statements_for(playbook, "vi", "press") == ()


@pytest.mark.parametrize("gadget", GADGETS)
def test_an_escape_written_into_a_statement_is_refused(gadget):
    with pytest.raises(Refused):
        fill(gadget, {"product": "Acme"})


@pytest.mark.parametrize("gadget", GADGETS)
def test_an_escape_written_into_a_blank_is_only_text(playbook, gadget):
    assert try_draft(playbook, {"product": gadget}) == f"To you who use {' '.join(gadget.split())}: we are here."


def test_a_blank_without_a_value_is_refused():
    with pytest.raises(Refused, match="cannot be filled in"):
        fill("Dear {{ nobody }}", {})


def test_a_statement_that_grows_too_long_is_refused():
    with pytest.raises(Refused, match="would be longer"):
        fill("{{ product }}" * 200, {"product": "x" * (MAX_OUTPUT_CHARS // 100)})
    with pytest.raises(Refused, match="is longer"):
        fill("x" * (MAX_OUTPUT_CHARS + 1), {})
