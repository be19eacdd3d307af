"""The first schema.

Revision: 0001, the first one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.columns import Json, RowId, UtcDateTime

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table('api_keys',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_keys_digest'))
    )
    op.create_table('audit',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('action', sa.String(length=100), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('data', Json, nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit')),
    sa.UniqueConstraint('digest', name=op.f('uq_audit_digest'))
    )
    op.create_table('authors',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=500), nullable=False),
    sa.Column('handle', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('first_seen_at', UtcDateTime(), nullable=False),
    sa.Column('erased_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authors')),
    sa.UniqueConstraint('key', name=op.f('uq_authors_key'))
    )
    op.create_table('buckets',
    sa.Column('topic_id', sa.String(length=200), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('start', sa.BigInteger(), nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('arrival', sa.String(length=10), nullable=False),
    sa.Column('mentions', sa.BigInteger(), nullable=False),
    sa.Column('stories', sa.BigInteger(), nullable=False),
    sa.Column('authors', sa.BigInteger(), nullable=False),
    sa.Column('negative', sa.BigInteger(), nullable=False),
    sa.Column('confident_negative', sa.BigInteger(), nullable=False),
    sa.Column('reach', sa.BigInteger(), nullable=False),
    sa.Column('engagement', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('width IN (60, 3600)', name=op.f('ck_buckets_width')),
    sa.PrimaryKeyConstraint('topic_id', 'width', 'start', 'source_id', 'kind', 'arrival', name=op.f('pk_buckets'))
    )
    op.create_table('configurations',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('adopted_at', UtcDateTime(), nullable=False),
    sa.Column('summary', Json, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_configurations')),
    sa.UniqueConstraint('digest', name=op.f('uq_configurations_digest'))
    )
    op.create_table('coverage',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coverage'))
    )
    with op.batch_alter_table('coverage', schema=None) as batch_op:
        batch_op.create_index('ix_coverage_source_ends', ['source_id', 'ends_at'], unique=False)

    op.create_table('dead_letters',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('payload', Json, nullable=False),
    sa.Column('replayed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dead_letters'))
    )
    op.create_table('detector_states',
    sa.Column('topic_id', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=200), nullable=False),
    sa.Column('version', sa.String(length=80), nullable=False),
    sa.Column('stepped_to', UtcDateTime(), nullable=False),
    sa.Column('state', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('topic_id', 'kind', name=op.f('pk_detector_states'))
    )
    op.create_table('facts',
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('value', Json, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_facts'))
    )
    op.create_table('firsts',
    sa.Column('topic_id', sa.String(length=200), nullable=False),
    sa.Column('what', sa.String(length=20), nullable=False),
    sa.Column('number', RowId, nullable=False),
    sa.Column('hour', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('topic_id', 'what', 'number', 'hour', name=op.f('pk_firsts'))
    )
    op.create_table('holds',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('because', sa.Text(), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holds'))
    )
    op.create_table('incidents',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=500), nullable=False),
    sa.Column('kind', sa.String(length=200), nullable=False),
    sa.Column('topic_id', sa.String(length=200), nullable=True),
    sa.Column('place_id', sa.String(length=200), nullable=True),
    sa.Column('world', sa.String(length=10), nullable=False),
    sa.Column('words', Json, nullable=False),
    sa.Column('severity', sa.String(length=10), nullable=False),
    sa.Column('factors', Json, nullable=False),
    sa.Column('stage', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('owner', sa.String(length=200), nullable=True),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('acknowledged_at', UtcDateTime(), nullable=True),
    sa.Column('acknowledged_by', sa.String(length=200), nullable=True),
    sa.Column('acknowledged_until', UtcDateTime(), nullable=True),
    sa.Column('snoozed_until', UtcDateTime(), nullable=True),
    sa.Column('resolved_at', UtcDateTime(), nullable=True),
    sa.Column('reviewed_at', UtcDateTime(), nullable=True),
    sa.Column('close_reason', sa.Text(), nullable=True),
    sa.Column('last_signal_at', UtcDateTime(), nullable=False),
    sa.Column('policy', Json, nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('transition', sa.Integer(), nullable=False),
    sa.Column('next_step_at', UtcDateTime(), nullable=True),
    sa.Column('playbook_id', sa.String(length=200), nullable=True),
    sa.Column('playbook_because', Json, nullable=True),
    sa.Column('generation', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents'))
    )
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.create_index('ix_incidents_next_step', ['next_step_at'], unique=False, sqlite_where=sa.text('next_step_at IS NOT NULL'), postgresql_where=sa.text('next_step_at IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_incidents_opened_at'), ['opened_at'], unique=False)
        batch_op.create_index('uq_incidents_open_key', ['key', 'world'], unique=True, sqlite_where=sa.text("status IN ('open', 'acknowledged')"), postgresql_where=sa.text("status IN ('open', 'acknowledged')"))

    op.create_table('labels',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('incident_id', RowId, nullable=True),
    sa.Column('signal_id', RowId, nullable=True),
    sa.Column('mention_id', RowId, nullable=True),
    sa.Column('label', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=100), nullable=True),
    sa.Column('comment', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_labels'))
    )
    with op.batch_alter_table('labels', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_labels_incident_id'), ['incident_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_labels_mention_id'), ['mention_id'], unique=False)

    op.create_table('measures',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_measures')),
    sa.UniqueConstraint('name', 'at', 'source', name=op.f('uq_measures_name_at_source'))
    )
    op.create_table('overrides',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('rotation_id', sa.String(length=200), nullable=False),
    sa.Column('person', sa.String(length=200), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_overrides'))
    )
    with op.batch_alter_table('overrides', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_overrides_rotation_id'), ['rotation_id'], unique=False)

    op.create_table('signals',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(length=200), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('bucket_start', UtcDateTime(), nullable=False),
    sa.Column('topic_id', sa.String(length=200), nullable=True),
    sa.Column('place_id', sa.String(length=200), nullable=True),
    sa.Column('risk', sa.String(length=100), nullable=True),
    sa.Column('scale_s', sa.Integer(), nullable=False),
    sa.Column('observed', sa.Float(), nullable=False),
    sa.Column('expected', sa.Float(), nullable=True),
    sa.Column('low', sa.Float(), nullable=True),
    sa.Column('high', sa.Float(), nullable=True),
    sa.Column('unit', sa.String(length=40), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('words', Json, nullable=False),
    sa.Column('evidence', Json, nullable=False),
    sa.Column('frozen', Json, nullable=False),
    sa.Column('raised_at', UtcDateTime(), nullable=False),
    sa.Column('generation', sa.BigInteger(), nullable=False),
    sa.Column('taken_at', UtcDateTime(), nullable=True),
    sa.Column('incident_id', RowId, nullable=True),
    sa.Column('silence_id', RowId, nullable=True),
    sa.Column('take_attempts', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signals')),
    sa.UniqueConstraint('kind', 'subject', 'bucket_start', name=op.f('uq_signals_kind_subject_bucket_start'))
    )
    with op.batch_alter_table('signals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signals_incident_id'), ['incident_id'], unique=False)
        batch_op.create_index('ix_signals_to_take', ['id'], unique=False, sqlite_where=sa.text('taken_at IS NULL'), postgresql_where=sa.text('taken_at IS NULL'))

    op.create_table('silences',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('matches', Json, nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_silences'))
    )
    with op.batch_alter_table('silences', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_silences_ends_at'), ['ends_at'], unique=False)

    op.create_table('sources',
    sa.Column('id', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=200), nullable=False),
    sa.Column('cursor', sa.Text(), nullable=True),
    sa.Column('first_poll_at', UtcDateTime(), nullable=True),
    sa.Column('next_poll_at', UtcDateTime(), nullable=True),
    sa.Column('last_success_at', UtcDateTime(), nullable=True),
    sa.Column('last_mention_at', UtcDateTime(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('paused_because', sa.Text(), nullable=True),
    sa.Column('usual_gap_s', sa.Float(), nullable=True),
    sa.Column('usual_delay_s', sa.Float(), nullable=True),
    sa.Column('mentions', sa.BigInteger(), nullable=False),
    sa.Column('cost', sa.Float(), nullable=False),
    sa.Column('claimed_until', UtcDateTime(), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sources'))
    )
    with op.batch_alter_table('sources', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sources_next_poll_at'), ['next_poll_at'], unique=False)

    op.create_table('tombstones',
    sa.Column('key', sa.LargeBinary(length=16), nullable=False),
    sa.Column('erased_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_tombstones'))
    )
    op.create_table('used_nonces',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_used_nonces'))
    )
    op.create_table('users',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('password', sa.Text(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('disabled_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_users'))
    )
    op.create_table('watches',
    sa.Column('topic_id', sa.String(length=200), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=True),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('claimed_until', UtcDateTime(), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('counted_from', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('topic_id', name=op.f('pk_watches'))
    )
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_watches_due_at'), ['due_at'], unique=False)

    op.create_table('decisions',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('incident_id', RowId, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('options', Json, nullable=False),
    sa.Column('reversible', sa.Boolean(), nullable=True),
    sa.Column('evidence', Json, nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_decisions_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions'))
    )
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decisions_incident_id'), ['incident_id'], unique=False)

    op.create_table('incident_roles',
    sa.Column('incident_id', RowId, nullable=False),
    sa.Column('role', sa.String(length=100), nullable=False),
    sa.Column('person', sa.String(length=200), nullable=False),
    sa.Column('since', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_incident_roles_incident_id')),
    sa.PrimaryKeyConstraint('incident_id', 'role', name=op.f('pk_incident_roles'))
    )
    op.create_table('incident_steps',
    sa.Column('incident_id', RowId, nullable=False),
    sa.Column('step_id', sa.String(length=100), nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.Column('done_by', sa.String(length=200), nullable=True),
    sa.Column('evidence', sa.Text(), nullable=True),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('skipped_because', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_incident_steps_incident_id')),
    sa.PrimaryKeyConstraint('incident_id', 'step_id', name=op.f('pk_incident_steps'))
    )
    op.create_table('mentions',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('key', sa.LargeBinary(length=16), nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('native_id', sa.Text(), nullable=False),
    sa.Column('author_id', RowId, nullable=True),
    sa.Column('lang', sa.String(length=20), nullable=True),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('arrival', sa.String(length=10), nullable=False),
    sa.Column('published_at', UtcDateTime(), nullable=True),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('counts_at', UtcDateTime(), nullable=False),
    sa.Column('edited_at', UtcDateTime(), nullable=True),
    sa.Column('deleted_at', UtcDateTime(), nullable=True),
    sa.Column('reply_to', sa.Text(), nullable=True),
    sa.Column('repost_of', sa.Text(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('replies', sa.BigInteger(), nullable=True),
    sa.Column('reposts', sa.BigInteger(), nullable=True),
    sa.Column('reach', sa.BigInteger(), nullable=True),
    sa.Column('digest', sa.LargeBinary(length=16), nullable=False),
    sa.Column('enriched_at', UtcDateTime(), nullable=True),
    sa.Column('enrich_attempts', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['authors.id'], name=op.f('fk_mentions_author_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mentions')),
    sa.UniqueConstraint('key', name=op.f('uq_mentions_key'))
    )
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mentions_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mentions_counts_at'), ['counts_at'], unique=False)
        batch_op.create_index('ix_mentions_source', ['source_id', 'counts_at'], unique=False)
        batch_op.create_index('ix_mentions_to_enrich', ['id'], unique=False, sqlite_where=sa.text('enriched_at IS NULL'), postgresql_where=sa.text('enriched_at IS NULL'))

    op.create_table('notifications',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('incident_id', RowId, nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('person', sa.String(length=200), nullable=False),
    sa.Column('channel', sa.String(length=100), nullable=False),
    sa.Column('words', Json, nullable=True),
    sa.Column('planned_at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('claimed_until', UtcDateTime(), nullable=True),
    sa.Column('possible_repeat', sa.Boolean(), nullable=False),
    sa.Column('receipt', sa.Text(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('sent_at', UtcDateTime(), nullable=True),
    sa.Column('link_id', sa.String(length=64), nullable=True),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('generation', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_notifications_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications')),
    sa.UniqueConstraint('key', name=op.f('uq_notifications_key')),
    sa.UniqueConstraint('link_id', name=op.f('uq_notifications_link_id'))
    )
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.create_index('ix_notifications_due', ['due_at'], unique=False, sqlite_where=sa.text("state IN ('planned', 'claimed')"), postgresql_where=sa.text("state IN ('planned', 'claimed')"))
        batch_op.create_index(batch_op.f('ix_notifications_incident_id'), ['incident_id'], unique=False)

    op.create_table('statements',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('incident_id', RowId, nullable=False),
    sa.Column('playbook_id', sa.String(length=200), nullable=True),
    sa.Column('statement_id', sa.String(length=100), nullable=True),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('channel', sa.String(length=100), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('drafted_at', UtcDateTime(), nullable=False),
    sa.Column('drafted_by', sa.String(length=200), nullable=False),
    sa.Column('approved_at', UtcDateTime(), nullable=True),
    sa.Column('approved_by', sa.String(length=200), nullable=True),
    sa.Column('published_at', UtcDateTime(), nullable=True),
    sa.Column('published_url', sa.Text(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_statements_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statements'))
    )
    with op.batch_alter_table('statements', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_statements_incident_id'), ['incident_id'], unique=False)

    op.create_table('tasks',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('incident_id', RowId, nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('to', sa.String(length=200), nullable=True),
    sa.Column('owner', sa.String(length=200), nullable=True),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('created_by', sa.String(length=200), nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('data', Json, nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_tasks_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tasks_incident_id'), ['incident_id'], unique=False)

    op.create_table('timeline',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('incident_id', RowId, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('words', Json, nullable=False),
    sa.Column('data', Json, nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_timeline_incident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_timeline'))
    )
    with op.batch_alter_table('timeline', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_timeline_incident_id'), ['incident_id'], unique=False)

    op.create_table('evidence',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('incident_id', RowId, nullable=False),
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('signal_id', RowId, nullable=True),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('frozen_at', UtcDateTime(), nullable=False),
    sa.Column('salt', sa.LargeBinary(length=16), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_evidence_incident_id')),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_evidence_mention_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('incident_id', 'mention_id', name=op.f('uq_evidence_incident_id_mention_id'))
    )
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evidence_incident_id'), ['incident_id'], unique=False)

    op.create_table('mention_payloads',
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_mention_payloads_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_mention_payloads'))
    )
    op.create_table('mention_texts',
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_mention_texts_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_mention_texts'))
    )
    op.create_table('mention_topics',
    sa.Column('topic_id', sa.String(length=200), nullable=False),
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('terms', Json, nullable=False),
    sa.Column('weak', sa.Boolean(), nullable=False),
    sa.Column('counts_at', UtcDateTime(), nullable=False),
    sa.Column('place_id', sa.String(length=200), nullable=True),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_mention_topics_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('topic_id', 'mention_id', name=op.f('pk_mention_topics'))
    )
    with op.batch_alter_table('mention_topics', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_topics_mention_id'), ['mention_id'], unique=False)
        batch_op.create_index('ix_mention_topics_topic_at', ['topic_id', 'counts_at'], unique=False)

    op.create_table('readings',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('replies', sa.BigInteger(), nullable=True),
    sa.Column('reposts', sa.BigInteger(), nullable=True),
    sa.Column('views', sa.BigInteger(), nullable=True),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_readings_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_readings'))
    )
    with op.batch_alter_table('readings', schema=None) as batch_op:
        batch_op.create_index('ix_readings_mention_at', ['mention_id', 'at'], unique=False)

    op.create_table('revisions',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_revisions_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions'))
    )
    with op.batch_alter_table('revisions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_revisions_mention_id'), ['mention_id'], unique=False)

    op.create_table('stories',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('first_mention_id', RowId, nullable=False),
    sa.Column('first_seen_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['first_mention_id'], ['mentions.id'], name=op.f('fk_stories_first_mention_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stories'))
    )
    op.create_table('enrichments',
    sa.Column('mention_id', RowId, nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('negative', sa.Float(), nullable=False),
    sa.Column('neutral', sa.Float(), nullable=False),
    sa.Column('positive', sa.Float(), nullable=False),
    sa.Column('confident', sa.Boolean(), nullable=False),
    sa.Column('risks', Json, nullable=False),
    sa.Column('triage', sa.String(length=20), nullable=True),
    sa.Column('story_id', RowId, nullable=True),
    sa.Column('model', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_enrichments_mention_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['story_id'], ['stories.id'], name=op.f('fk_enrichments_story_id')),
    sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_enrichments'))
    )
    with op.batch_alter_table('enrichments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enrichments_story_id'), ['story_id'], unique=False)

    op.create_table('story_bands',
    sa.Column('band', sa.LargeBinary(length=8), nullable=False),
    sa.Column('story_id', RowId, nullable=False),
    sa.ForeignKeyConstraint(['story_id'], ['stories.id'], name=op.f('fk_story_bands_story_id')),
    sa.PrimaryKeyConstraint('band', name=op.f('pk_story_bands'))
    )


def downgrade() -> None:
    """Back to the one before."""
    op.drop_table('story_bands')
    with op.batch_alter_table('enrichments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_enrichments_story_id'))

    op.drop_table('enrichments')
    op.drop_table('stories')
    with op.batch_alter_table('revisions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_revisions_mention_id'))

    op.drop_table('revisions')
    with op.batch_alter_table('readings', schema=None) as batch_op:
        batch_op.drop_index('ix_readings_mention_at')

    op.drop_table('readings')
    with op.batch_alter_table('mention_topics', schema=None) as batch_op:
        batch_op.drop_index('ix_mention_topics_topic_at')
        batch_op.drop_index(batch_op.f('ix_mention_topics_mention_id'))

    op.drop_table('mention_topics')
    op.drop_table('mention_texts')
    op.drop_table('mention_payloads')
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_evidence_incident_id'))

    op.drop_table('evidence')
    with op.batch_alter_table('timeline', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_timeline_incident_id'))

    op.drop_table('timeline')
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tasks_incident_id'))

    op.drop_table('tasks')
    with op.batch_alter_table('statements', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_statements_incident_id'))

    op.drop_table('statements')
    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notifications_incident_id'))
        batch_op.drop_index('ix_notifications_due', sqlite_where=sa.text("state IN ('planned', 'claimed')"), postgresql_where=sa.text("state IN ('planned', 'claimed')"))

    op.drop_table('notifications')
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.drop_index('ix_mentions_to_enrich', sqlite_where=sa.text('enriched_at IS NULL'), postgresql_where=sa.text('enriched_at IS NULL'))
        batch_op.drop_index('ix_mentions_source')
        batch_op.drop_index(batch_op.f('ix_mentions_counts_at'))
        batch_op.drop_index(batch_op.f('ix_mentions_author_id'))

    op.drop_table('mentions')
    op.drop_table('incident_steps')
    op.drop_table('incident_roles')
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_decisions_incident_id'))

    op.drop_table('decisions')
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watches_due_at'))

    op.drop_table('watches')
    op.drop_table('users')
    op.drop_table('used_nonces')
    op.drop_table('tombstones')
    with op.batch_alter_table('sources', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sources_next_poll_at'))

    op.drop_table('sources')
    with op.batch_alter_table('silences', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_silences_ends_at'))

    op.drop_table('silences')
    with op.batch_alter_table('signals', schema=None) as batch_op:
        batch_op.drop_index('ix_signals_to_take', sqlite_where=sa.text('taken_at IS NULL'), postgresql_where=sa.text('taken_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_signals_incident_id'))

    op.drop_table('signals')
    with op.batch_alter_table('overrides', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_overrides_rotation_id'))

    op.drop_table('overrides')
    op.drop_table('measures')
    with op.batch_alter_table('labels', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_labels_mention_id'))
        batch_op.drop_index(batch_op.f('ix_labels_incident_id'))

    op.drop_table('labels')
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.drop_index('uq_incidents_open_key', sqlite_where=sa.text("status IN ('open', 'acknowledged')"), postgresql_where=sa.text("status IN ('open', 'acknowledged')"))
        batch_op.drop_index(batch_op.f('ix_incidents_opened_at'))
        batch_op.drop_index('ix_incidents_next_step', sqlite_where=sa.text('next_step_at IS NOT NULL'), postgresql_where=sa.text('next_step_at IS NOT NULL'))

    op.drop_table('incidents')
    op.drop_table('holds')
    op.drop_table('firsts')
    op.drop_table('facts')
    op.drop_table('detector_states')
    op.drop_table('dead_letters')
    with op.batch_alter_table('coverage', schema=None) as batch_op:
        batch_op.drop_index('ix_coverage_source_ends')

    op.drop_table('coverage')
    op.drop_table('configurations')
    op.drop_table('buckets')
    op.drop_table('authors')
    op.drop_table('audit')
    op.drop_table('api_keys')
