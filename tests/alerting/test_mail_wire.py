"""Headers that the standard library would break."""

from __future__ import annotations

import email
from email.message import EmailMessage

from alerting.mail_wire import WIRE


def test_ids_that_are_longer_than_a_line_stay_as_they_are() -> None:
    mail, ids = EmailMessage(policy=WIRE), [f"<{letter * 120}@mail.prod.outlook.example>" for letter in "abc"]
    mail["In-Reply-To"], mail["References"] = ids[0], " ".join(ids)
    found = email.message_from_bytes(mail.as_bytes(policy=WIRE))
    assert (found["In-Reply-To"], found["References"].split()) == (ids[0], ids)
