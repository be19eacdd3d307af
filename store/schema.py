"""The whole database on two pages: this one, and `store/schema_paging.py` for whom to call and what was sent.

Names are those of `docs/glossary.md`. A release only adds; the next may remove. Text and authors from outside stand in `mention_texts`,
`mention_payloads`, `pictures`, `revisions` and `authors`, which can be erased; the rest holds references and salted digests (rule 12). Times are UTC;
a bucket's start is seconds since the epoch, because series are read as arrays.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

import store.schema_paging  # noqa: F401 - its tables belong to the same metadata
from store.columns import Json, RowId, UtcDateTime, partial, row_id
from store.tables import metadata

# fmt: off
# --- configuration that was in force: signals and notifications carry its number (rule 13) ---------------------------------------------
configurations = Table(
    "configurations", metadata, row_id(), Column("digest", String(64), nullable=False, unique=True),
    Column("adopted_at", UtcDateTime, nullable=False), Column("summary", Json, nullable=False),
)

# --- sources -------------------------------------------------------------------------------------------------------------------------
sources = Table(
    "sources", metadata, Column("id", String(200), primary_key=True), Column("kind", String(200), nullable=False),
    Column("cursor", Text), Column("first_poll_at", UtcDateTime), Column("next_poll_at", UtcDateTime, index=True),
    Column("last_success_at", UtcDateTime), Column("last_mention_at", UtcDateTime), Column("failures", Integer, nullable=False, default=0),
    Column("last_error", Text), Column("paused_because", Text), Column("usual_gap_s", Float), Column("usual_delay_s", Float),
    Column("mentions", BigInteger, nullable=False, default=0), Column("cost", Float, nullable=False, default=0.0),
    Column("claimed_until", UtcDateTime), Column("attempt", Integer, nullable=False, default=0), Column("every_s", Float),
    Column("missed", String(20)), Column("quota_left", Float), Column("quota_resets_at", UtcDateTime), Column("hub", Text),
)
meter = Table(  # what listening cost, by source and day (UTC)
    "meter", metadata, Column("source_id", String(200), primary_key=True), Column("day", Date, primary_key=True),
    *(Column(name, BigInteger, nullable=False, default=0) for name in ("looks", "failed", "unchanged", "capped", "mentions")),
    Column("cost", Float, nullable=False, default=0.0),
)
subscriptions = Table(  # WebSub: a hub that tells us of a feed's news
    "subscriptions", metadata, Column("source_id", String(200), primary_key=True), Column("hub", Text, nullable=False),
    Column("topic_url", Text, nullable=False), Column("token", String(64), nullable=False, unique=True), Column("secret", String(64), nullable=False),
    Column("state", String(20), nullable=False), Column("asked_at", UtcDateTime, nullable=False), Column("lease_until", UtcDateTime),
    Column("refused_because", Text), Column("pushed_at", UtcDateTime),
)
coverage = Table(  # when a source was heard; outside these intervals its counts are unknown, not zero (rule 8)
    "coverage", metadata, row_id(), Column("source_id", String(200), nullable=False), Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False), Index("ix_coverage_source_ends", "source_id", "ends_at"),
)
blindness = Table(  # a stretch in which a source was not heard, or silent against its habit; those of one group have one cause
    "blindness", metadata, row_id(), Column("source_id", String(200), nullable=False), Column("group_id", RowId),
    Column("why", String(20), nullable=False), Column("detail", Text), Column("expected", Float), Column("since", UtcDateTime, nullable=False),
    Column("found_at", UtcDateTime, nullable=False), Column("ended_at", UtcDateTime, index=True),
    partial("uq_blindness_open", "source_id", where="ended_at IS NULL", unique=True),
)

# --- mentions --------------------------------------------------------------------------------------------------------------------------
authors = Table(
    "authors", metadata, row_id(), Column("key", String(500), nullable=False, unique=True), Column("handle", Text), Column("name", Text),
    Column("followers", BigInteger), Column("first_seen_at", UtcDateTime, nullable=False), Column("erased_at", UtcDateTime),
)
mentions = Table(
    "mentions", metadata, row_id(), Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("source_id", String(200), nullable=False), Column("native_id", Text, nullable=False),
    Column("author_id", RowId, ForeignKey("authors.id"), index=True), Column("lang", String(20)), Column("kind", String(10), nullable=False),
    Column("arrival", String(10), nullable=False), Column("published_at", UtcDateTime), Column("seen_at", UtcDateTime, nullable=False),
    Column("counts_at", UtcDateTime, nullable=False, index=True), Column("edited_at", UtcDateTime), Column("deleted_at", UtcDateTime),
    Column("reply_to", Text), Column("repost_of", Text), Column("likes", BigInteger), Column("replies", BigInteger),
    Column("reposts", BigInteger), Column("views", BigInteger), Column("reach", BigInteger), Column("parent_key", LargeBinary(16)),
    Column("digest", LargeBinary(16), nullable=False), Column("enriched_at", UtcDateTime),
    Column("enrich_attempts", Integer, nullable=False, default=0), Column("changed_at", UtcDateTime),  # its text changed since it was understood
    Column("accepted_at", UtcDateTime), partial("ix_mentions_accepted", "accepted_at", where="accepted_at IS NOT NULL"),  # as the answer
    partial("ix_mentions_to_enrich", "id", where="enriched_at IS NULL"), Index("ix_mentions_source", "source_id", "counts_at"),
    partial("ix_mentions_to_read_again", "id", where="changed_at IS NOT NULL"),
)
mention_texts = Table(
    "mention_texts", metadata, Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text), Column("title", Text, nullable=False), Column("text", Text, nullable=False),
)
mention_payloads = Table(  # what the platform sent, as it came, for the evidence pack
    "mention_payloads", metadata, Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("payload", LargeBinary, nullable=False), Column("media_type", String(100), nullable=False), Column("sha256", String(64), nullable=False),
)
revisions = Table(
    "revisions", metadata, row_id(), Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("seen_at", UtcDateTime, nullable=False), Column("title", Text, nullable=False), Column("text", Text, nullable=False),
)
readings = Table(  # counters of a mention read again later: a series
    "readings", metadata, row_id(), Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False), Column("likes", BigInteger), Column("replies", BigInteger), Column("reposts", BigInteger),
    Column("views", BigInteger), Column("by", String(200), nullable=False), Index("ix_readings_mention_at", "mention_id", "at"),
)
flags = Table(  # mentions that a person reported from where no program sees
    "flags", metadata, Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("by", String(200), nullable=False), Column("place", String(20), nullable=False), Column("at", UtcDateTime, nullable=False, index=True),
)
pictures = Table(  # as people sent them, by their hash
    "pictures", metadata, Column("sha256", String(64), primary_key=True), Column("media_type", String(40), nullable=False),
    Column("bytes", LargeBinary, nullable=False), Column("size", Integer, nullable=False), Column("first_seen_at", UtcDateTime, nullable=False),
)
mention_pictures = Table(  # a hash without a picture: somebody sent it where pictures are not kept
    "mention_pictures", metadata, Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True, index=True),
)
tombstones = Table(  # what was erased never comes back in
    "tombstones", metadata, Column("key", LargeBinary(16), primary_key=True), Column("erased_at", UtcDateTime, nullable=False),
)

# --- understanding and counting ----------------------------------------------------------------------------------------------------------
stories = Table(
    "stories", metadata, row_id(), Column("first_mention_id", RowId, ForeignKey("mentions.id"), nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False), Column("language", String(10)), Column("sketch", LargeBinary), Column("source_id", String(200)),
)
story_marks = Table(  # what near copies share: a mark brings up the stories that a mention may be a copy of; `at` in seconds since the epoch
    "story_marks", metadata, Column("mark", LargeBinary(8), primary_key=True),
    Column("story_id", RowId, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True), Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
enrichments = Table(
    "enrichments", metadata, Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String(10), nullable=False), Column("negative", Float, nullable=False), Column("neutral", Float, nullable=False),
    Column("positive", Float, nullable=False), Column("confident", Boolean, nullable=False), Column("risks", Json, nullable=False),
    Column("triage", String(20)), Column("story_id", RowId, ForeignKey("stories.id"), index=True), Column("model", String(80), nullable=False),
    Column("author_role", String(20)),
)
mention_topics = Table(
    "mention_topics", metadata, Column("topic_id", String(200), primary_key=True),
    Column("mention_id", RowId, ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("version", String(20), nullable=False), Column("terms", Json, nullable=False), Column("weak", Boolean, nullable=False),
    Column("counts_at", UtcDateTime, nullable=False), Column("place_id", String(200)),
    Index("ix_mention_topics_topic_at", "topic_id", "counts_at"),
)
firsts = Table(  # first sightings in a topic: of an author in an hour, of a story ever; an additive count needs to know
    "firsts", metadata, Column("topic_id", String(200), primary_key=True), Column("what", String(20), primary_key=True),
    Column("number", RowId, primary_key=True), Column("hour", BigInteger, primary_key=True),
)
buckets = Table(
    "buckets", metadata, Column("topic_id", String(200), primary_key=True), Column("width", Integer, primary_key=True),
    Column("start", BigInteger, primary_key=True), Column("source_id", String(200), primary_key=True),
    Column("kind", String(10), primary_key=True), Column("arrival", String(10), primary_key=True),
    *(Column(name, BigInteger, nullable=False, default=0)
      for name in ("mentions", "stories", "authors", "negative", "confident_negative", "reach", "engagement")),
    CheckConstraint("width IN (60, 3600)", name="width"),
)
watches = Table(  # one row a topic: what the Watcher has to step, and who does; what the team's labels taught (`learnt`), and its version
    "watches", metadata, Column("topic_id", String(200), primary_key=True), Column("version", String(20), nullable=False),
    Column("changed_at", UtcDateTime), Column("due_at", UtcDateTime, index=True), Column("claimed_until", UtcDateTime), Column("learnt", Json),
    Column("attempt", Integer, nullable=False, default=0), Column("counted_from", UtcDateTime), Column("correction", String(20)),
)
recounts = Table(  # a topic's history counted again with its changed query: mentions above `at`, up to `upto`, understood before `since`
    "recounts", metadata, Column("topic_id", String(200), primary_key=True), Column("version", String(20), nullable=False),
    Column("since", UtcDateTime, nullable=False), *(Column(name, BigInteger, nullable=False) for name in ("upto", "at", "counted")),
    Column("due_at", UtcDateTime), Column("claimed_until", UtcDateTime), Column("attempt", Integer, nullable=False, default=0),
)
detector_states = Table(
    "detector_states", metadata, Column("topic_id", String(200), primary_key=True), Column("kind", String(200), primary_key=True),
    Column("version", String(80), nullable=False), Column("stepped_to", UtcDateTime, nullable=False), Column("state", LargeBinary, nullable=False),
)

# --- signals and incidents ---------------------------------------------------------------------------------------------------------------
signals = Table(
    "signals", metadata, row_id(), Column("kind", String(200), nullable=False), Column("subject", String(300), nullable=False),
    Column("bucket_start", UtcDateTime, nullable=False), Column("topic_id", String(200)), Column("place_id", String(200)), Column("risk", String(100)),
    Column("scale_s", Integer, nullable=False), Column("observed", Float, nullable=False), Column("expected", Float), Column("low", Float),
    Column("high", Float), Column("unit", String(40), nullable=False), Column("score", Float, nullable=False), Column("words", Json, nullable=False),
    Column("evidence", Json, nullable=False), Column("frozen", Json, nullable=False), Column("raised_at", UtcDateTime, nullable=False),
    Column("generation", BigInteger, nullable=False), Column("taken_at", UtcDateTime), Column("incident_id", RowId, index=True),
    Column("silence_id", RowId), Column("take_attempts", Integer, nullable=False, default=0),
    UniqueConstraint("kind", "subject", "bucket_start"), partial("ix_signals_to_take", "id", where="taken_at IS NULL"),
)
incidents = Table(
    "incidents", metadata, row_id(), Column("key", String(500), nullable=False), Column("kind", String(200), nullable=False),
    Column("topic_id", String(200)), Column("place_id", String(200)), Column("world", String(10), nullable=False),
    Column("words", Json, nullable=False), Column("severity", String(10), nullable=False), Column("factors", Json, nullable=False),
    Column("stage", String(20), nullable=False), Column("status", String(20), nullable=False), Column("owner", String(200)),
    Column("opened_at", UtcDateTime, nullable=False, index=True), Column("acknowledged_at", UtcDateTime), Column("acknowledged_by", String(200)),
    Column("acknowledged_until", UtcDateTime), Column("snoozed_until", UtcDateTime), Column("resolved_at", UtcDateTime),
    Column("reviewed_at", UtcDateTime), Column("close_reason", Text), Column("last_signal_at", UtcDateTime, nullable=False),
    Column("policy", Json, nullable=False), Column("step", Integer, nullable=False), Column("round", Integer, nullable=False),
    Column("transition", Integer, nullable=False), Column("next_step_at", UtcDateTime), Column("playbook_id", String(200)),
    Column("playbook_because", Json), Column("generation", BigInteger, nullable=False), Column("version", Integer, nullable=False),
    Column("merged_into", RowId), Column("close_proposed_at", UtcDateTime),
    partial("uq_incidents_open_key", "key", "world", where="status IN ('open', 'acknowledged')", unique=True),
    partial("ix_incidents_merged", "key", where="merged_into IS NOT NULL"),
    partial("ix_incidents_next_step", "next_step_at", where="next_step_at IS NOT NULL"),
)
timeline = Table(
    "timeline", metadata, row_id(), Column("incident_id", RowId, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False), Column("kind", String(60), nullable=False), Column("actor", String(200), nullable=False),
    Column("words", Json, nullable=False), Column("data", Json, nullable=False),
)
incident_roles = Table(
    "incident_roles", metadata, Column("incident_id", RowId, ForeignKey("incidents.id"), primary_key=True),
    Column("role", String(100), primary_key=True), Column("person", String(200), nullable=False), Column("since", UtcDateTime, nullable=False),
)
incident_steps = Table(
    "incident_steps", metadata, Column("incident_id", RowId, ForeignKey("incidents.id"), primary_key=True),
    Column("step_id", String(100), primary_key=True), Column("done_at", UtcDateTime), Column("done_by", String(200)), Column("evidence", Text),
    Column("due_at", UtcDateTime), Column("skipped_because", Text),
)
evidence = Table(  # a reference and a salted digest; the text stands in mention_texts and can be erased
    "evidence", metadata, row_id(), Column("incident_id", RowId, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("mention_id", RowId, ForeignKey("mentions.id"), nullable=False), Column("signal_id", RowId), Column("rank", Integer, nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False), Column("salt", LargeBinary(16), nullable=False), Column("digest", String(64), nullable=False),
    Column("data", Json),  # counters, followers, digests of what the platform sent, as they were then
    UniqueConstraint("incident_id", "mention_id"),
)
statements = Table(
    "statements", metadata, row_id(), Column("incident_id", RowId, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("playbook_id", String(200)), Column("statement_id", String(100)), Column("language", String(10), nullable=False),
    Column("channel", String(100), nullable=False), Column("text", Text, nullable=False), Column("state", String(20), nullable=False),
    Column("drafted_at", UtcDateTime, nullable=False), Column("drafted_by", String(200), nullable=False), Column("approved_at", UtcDateTime),
    Column("approved_by", String(200)), Column("published_at", UtcDateTime), Column("published_url", Text), Column("expires_at", UtcDateTime),
)
decisions = Table(
    "decisions", metadata, row_id(), Column("incident_id", RowId, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False), Column("by", String(200), nullable=False), Column("decision", Text, nullable=False),
    Column("options", Json, nullable=False), Column("reversible", Boolean), Column("evidence", Json, nullable=False),
)
tasks = Table(  # hand-offs, inquiries, action items: something somebody owes by a time
    "tasks", metadata, row_id(), Column("incident_id", RowId, ForeignKey("incidents.id"), index=True), Column("kind", String(40), nullable=False),
    Column("to", String(200)), Column("owner", String(200)), Column("what", Text, nullable=False), Column("due_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False), Column("created_by", String(200), nullable=False), Column("done_at", UtcDateTime),
    Column("outcome", Text), Column("data", Json, nullable=False),
)

# --- people's judgement, access, audit --------------------------------------------------------------------------------------------------------
labels = Table(
    "labels", metadata, row_id(), Column("at", UtcDateTime, nullable=False), Column("by", String(200), nullable=False),
    Column("incident_id", RowId, index=True), Column("signal_id", RowId), Column("mention_id", RowId, index=True),
    Column("label", String(40), nullable=False), Column("reason", String(100)), Column("comment", Text),
)
users = Table(
    "users", metadata, Column("name", String(200), primary_key=True), Column("role", String(20), nullable=False),
    Column("password", Text), Column("created_at", UtcDateTime, nullable=False), Column("disabled_at", UtcDateTime),
)
api_keys = Table(
    "api_keys", metadata, row_id(), Column("name", String(200), nullable=False), Column("digest", String(64), nullable=False, unique=True),
    Column("role", String(20), nullable=False), Column("created_at", UtcDateTime, nullable=False), Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
audit = Table(
    "audit", metadata, row_id(), Column("at", UtcDateTime, nullable=False), Column("actor", String(200), nullable=False),
    Column("channel", String(40), nullable=False), Column("action", String(100), nullable=False), Column("subject", String(300), nullable=False),
    Column("data", Json, nullable=False), Column("previous", String(64), nullable=False), Column("digest", String(64), nullable=False, unique=True),
)
holds = Table(
    "holds", metadata, row_id(), Column("subject", String(300), nullable=False), Column("by", String(200), nullable=False),
    Column("because", Text, nullable=False), Column("starts_at", UtcDateTime, nullable=False), Column("ends_at", UtcDateTime, nullable=False),
)
measures = Table(  # members, engagement, retention, satisfaction: the community's own figures, by day
    "measures", metadata, row_id(), Column("name", String(100), nullable=False), Column("at", UtcDateTime, nullable=False),
    Column("value", Float, nullable=False), Column("source", String(200), nullable=False), UniqueConstraint("name", "at", "source"),
)
dead_letters = Table(
    "dead_letters", metadata, row_id(), Column("at", UtcDateTime, nullable=False), Column("stage", String(40), nullable=False),
    Column("subject", String(300), nullable=False), Column("error", Text, nullable=False), Column("payload", Json, nullable=False),
    Column("replayed_at", UtcDateTime),
)
facts = Table(  # small facts of the installation: the signing secret's id, the last sweep
    "facts", metadata, Column("name", String(100), primary_key=True), Column("value", Json, nullable=False), Column("at", UtcDateTime, nullable=False),
)
