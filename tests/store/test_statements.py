import sqlalchemy as sa

from core.records import Incident, Words
from store import incidents, schema, statements


def test_a_draft_is_kept_as_a_draft_with_who_wrote_it(database, now):
    words = Words(key="signal.single_risk")
    new = Incident(key="acme", kind="single_risk", words=words, severity="major", opened_at=now, last_signal_at=now)
    number = database.write_now(incidents.create, new)
    about = {"playbook_id": "recall", "statement_id": "holding", "language": "vi", "channel": "facebook"}
    ids = [database.write_now(statements.add_draft, number, **about, text=text, now=now, by="ana") for text in ("Xin lỗi", "Xin lỗi bạn")]
    assert len(set(ids)) == 2
    row = database.read_now(lambda tx: tx.execute(sa.select(schema.statements).order_by(schema.statements.c.id)).mappings().first())
    assert (row["text"], row["state"], row["drafted_by"], row["drafted_at"]) == ("Xin lỗi", "draft", "ana", now)
    assert (row["approved_by"], row["published_at"]) == (None, None)
