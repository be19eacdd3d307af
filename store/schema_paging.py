"""The second page of the database: whom to call and when, what was sent, what came back, what is muted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store.columns import Json, RowId, UtcDateTime, partial, row_id
from store.tables import metadata

# fmt: off
notifications = Table(
    "notifications", metadata, row_id(), Column("key", String(64), nullable=False, unique=True),
    Column("incident_id", RowId, ForeignKey("incidents.id"), index=True), Column("kind", String(20), nullable=False),
    Column("person", String(200), nullable=False), Column("channel", String(100), nullable=False), Column("words", Json),
    Column("planned_at", UtcDateTime, nullable=False), Column("due_at", UtcDateTime, nullable=False), Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False), Column("claimed_until", UtcDateTime), Column("possible_repeat", Boolean, nullable=False),
    Column("receipt", Text), Column("error", Text), Column("sent_at", UtcDateTime), Column("link_id", String(64), unique=True),
    Column("step", Integer, nullable=False), Column("round", Integer, nullable=False), Column("generation", BigInteger, nullable=False),
    Column("ref", Json), Column("digest_id", RowId, index=True), Column("confirmed_at", UtcDateTime),  # the channel's own handle; the digest that lists it; a human's tap
    Column("copies", Integer),  # sendings that may have arrived, though nobody said so
    Index("ix_notifications_sent", "sent_at"),
    partial("ix_notifications_due", "due_at", where="state IN ('planned', 'claimed')"),
)
used_nonces = Table(
    "used_nonces", metadata, Column("digest", String(64), primary_key=True), Column("used_at", UtcDateTime, nullable=False),
)
silences = Table(
    "silences", metadata, row_id(), Column("matches", Json, nullable=False), Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True), Column("by", String(200), nullable=False), Column("comment", Text, nullable=False),
    Column("kind", String(20)), Column("cancelled_at", UtcDateTime), Column("data", Json), Column("settled_at", UtcDateTime),
    partial("ix_silences_to_settle", "ends_at", where="settled_at IS NULL"),
)
overrides = Table(
    "overrides", metadata, row_id(), Column("rotation_id", String(200), nullable=False, index=True), Column("person", String(200), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False), Column("ends_at", UtcDateTime, nullable=False), Column("by", String(200), nullable=False),
    Column("comment", Text, nullable=False),
)
absences = Table(  # time off: the person is on no duty from `starts_at` until `ends_at`
    "absences", metadata, row_id(), Column("person", String(200), nullable=False, index=True), Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True), Column("by", String(200), nullable=False), Column("comment", Text, nullable=False),
    Column("origin", String(200)), Column("uid", String(500)), UniqueConstraint("origin", "uid", "person"),
)
swaps = Table(  # somebody asks somebody else to take a stretch of duty; it becomes an override once the other agrees
    "swaps", metadata, row_id(), Column("rotation_id", String(200), nullable=False), Column("asked_by", String(200), nullable=False),
    Column("person", String(200), nullable=False), Column("starts_at", UtcDateTime, nullable=False), Column("ends_at", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False), Column("answered_at", UtcDateTime), Column("agreed", Boolean), Column("override_id", RowId),
)
channel_states = Table(  # how a person's channel does: tested, tapped, failing
    "channel_states", metadata, Column("person", String(200), primary_key=True), Column("channel", String(100), primary_key=True),
    Column("tested_at", UtcDateTime), Column("confirmed_at", UtcDateTime), Column("misses", Integer, nullable=False, default=0),
    Column("red_since", UtcDateTime), Column("red_because", Text), Column("last_sent_at", UtcDateTime), Column("last_failed_at", UtcDateTime),
    Column("last_error", Text), Column("tally", Json), Column("missed_at", UtcDateTime),
)
replies = Table(  # what people wrote back, once each: the same update of a chat heard twice does nothing
    "replies", metadata, row_id(), Column("inbox", String(200), nullable=False), Column("native_id", String(300), nullable=False),
    Column("at", UtcDateTime, nullable=False), Column("sender", String(300), nullable=False), Column("person", String(200)),
    Column("text", Text, nullable=False), Column("command", String(40)), Column("incident_id", RowId, index=True), Column("answer", Json),
    Column("answered_at", UtcDateTime), UniqueConstraint("inbox", "native_id"),
)
