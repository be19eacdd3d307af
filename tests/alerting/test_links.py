"""Signatures and nonces of the links; what a link does to an incident is told in test_respond.py."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from alerting.links import LINK_LIVES, NONCE_LIVES, Signer, installation_key
from store import notifications
from store.database import Database
from tests import make

SIGNER = Signer("the installation's secret")
NOW = make.NOON


def test_a_link_is_read_back_until_its_day_is_over():
    token = SIGNER.link("abc", NOW)
    assert SIGNER.read_link(token, NOW + LINK_LIVES - timedelta(seconds=1)) == "abc"
    assert SIGNER.read_link(token, NOW + LINK_LIVES) is None


def test_a_token_needs_no_escaping_in_an_address():
    assert set(SIGNER.link("abc-_D", NOW)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_a_token_that_was_touched_anywhere_is_false(position):
    token = SIGNER.link("a-link-of-some-length", NOW)
    touched = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
    assert SIGNER.read_link(touched, NOW) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "é", "x" * 100_000, "..", "\0", "WyJhIiwxXQ.AAAA"])
def test_nonsense_is_false_and_breaks_nothing(token):
    assert SIGNER.read_link(token, NOW) is None
    assert SIGNER.spends(token, "abc", NOW) is None


def test_another_installations_token_is_false():
    assert SIGNER.read_link(Signer("another secret").link("abc", NOW), NOW) is None


def test_a_nonce_is_no_link_and_a_link_no_nonce():
    assert SIGNER.read_link(SIGNER.nonce("abc", NOW), NOW) is None
    assert SIGNER.spends(SIGNER.link("abc", NOW), "abc", NOW) is None


def test_every_page_has_a_nonce_of_its_own():
    first, second = SIGNER.nonce("abc", NOW), SIGNER.nonce("abc", NOW)
    assert SIGNER.spends(first, "abc", NOW) != SIGNER.spends(second, "abc", NOW)


def test_a_nonce_is_good_for_its_own_link_within_the_hour():
    nonce = SIGNER.nonce("abc", NOW)
    assert SIGNER.spends(nonce, "abc", NOW + NONCE_LIVES - timedelta(seconds=1))
    assert SIGNER.spends(nonce, "abc", NOW + NONCE_LIVES) is None
    assert SIGNER.spends(nonce, "abd", NOW) is None


def test_a_nonce_is_spent_once_however_many_press(database):
    with ThreadPoolExecutor(4) as pool:
        spent = list(pool.map(lambda _: database.write_now(notifications.use_nonce, "digest", NOW), range(8)))
    assert spent.count(True) == 1


def test_all_processes_sign_with_one_key(database, database_url):
    others = [Database(database_url) for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda one: one.write_now(installation_key, NOW), [database, *others]))
    for other in others:
        other.close()
    assert len(keys) == 1
    assert len(keys.pop()) >= 40


def test_a_seal_is_of_one_thread_one_reader_and_one_installation():
    seals = {
        SIGNER.seal("incident-live-12", "lan"),
        SIGNER.seal("incident-live-12", "minh"),
        SIGNER.seal("incident-live-13", "lan"),
        Signer("another").seal("incident-live-12", "lan"),
    }
    assert len(seals) == 4
    assert {len(seal) for seal in seals} == {32}
    assert SIGNER.seal("incident-live-12", "lan") in seals
