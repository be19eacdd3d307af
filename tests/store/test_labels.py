from datetime import timedelta

import sqlalchemy as sa

from store import labels, schema


def test_a_later_judgement_stands_beside_the_former(database, now):
    database.write_now(labels.add, now, "ana", "noise", incident_id=7, reason="own campaign", comment="Ấm của mình")
    database.write_now(labels.add, now + timedelta(hours=1), "ben", "crisis", incident_id=7)
    database.write_now(labels.add, now, "ana", "irony", mention_id=3)
    rows = database.read_now(
        lambda tx: [
            tuple(row)
            for row in tx.execute(sa.select(schema.labels.c["by", "label", "incident_id", "mention_id"]).order_by(schema.labels.c.id))
        ]
    )
    assert rows == [("ana", "noise", 7, None), ("ben", "crisis", 7, None), ("ana", "irony", None, 3)]
