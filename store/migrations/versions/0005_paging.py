"""Paging: time off, swaps, replies, the state of channels, what a message was called by its service, digests, merges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.columns import Json, RowId, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """To this schema."""
    op.create_table('absences',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('person', sa.String(length=200), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('origin', sa.String(length=200), nullable=True),
    sa.Column('uid', sa.String(length=500), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_absences'),
    sa.UniqueConstraint('origin', 'uid', 'person', name='uq_absences_origin_uid_person')
    )
    with op.batch_alter_table('absences', schema=None) as batch_op:
        batch_op.create_index('ix_absences_ends_at', ['ends_at'], unique=False)
        batch_op.create_index('ix_absences_person', ['person'], unique=False)

    op.create_table('channel_states',
    sa.Column('person', sa.String(length=200), nullable=False),
    sa.Column('channel', sa.String(length=100), nullable=False),
    sa.Column('tested_at', UtcDateTime(), nullable=True),
    sa.Column('confirmed_at', UtcDateTime(), nullable=True),
    sa.Column('misses', sa.Integer(), nullable=False),
    sa.Column('red_since', UtcDateTime(), nullable=True),
    sa.Column('red_because', sa.Text(), nullable=True),
    sa.Column('last_sent_at', UtcDateTime(), nullable=True),
    sa.Column('last_failed_at', UtcDateTime(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('tally', Json(), nullable=True),
    sa.Column('missed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('person', 'channel', name='pk_channel_states')
    )
    op.create_table('replies',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('inbox', sa.String(length=200), nullable=False),
    sa.Column('native_id', sa.String(length=300), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('sender', sa.String(length=300), nullable=False),
    sa.Column('person', sa.String(length=200), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('command', sa.String(length=40), nullable=True),
    sa.Column('incident_id', RowId, nullable=True),
    sa.Column('answer', Json(), nullable=True),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_replies'),
    sa.UniqueConstraint('inbox', 'native_id', name='uq_replies_inbox_native_id')
    )
    with op.batch_alter_table('replies', schema=None) as batch_op:
        batch_op.create_index('ix_replies_incident_id', ['incident_id'], unique=False)

    op.create_table('swaps',
    sa.Column('id', RowId, autoincrement=True, nullable=False),
    sa.Column('rotation_id', sa.String(length=200), nullable=False),
    sa.Column('asked_by', sa.String(length=200), nullable=False),
    sa.Column('person', sa.String(length=200), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('agreed', sa.Boolean(), nullable=True),
    sa.Column('override_id', RowId, nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_swaps')
    )
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('merged_into', RowId, nullable=True))
        batch_op.add_column(sa.Column('close_proposed_at', UtcDateTime(), nullable=True))
        batch_op.create_index('ix_incidents_merged', ['key'], unique=False, sqlite_where=sa.text('merged_into IS NOT NULL'), postgresql_where=sa.text('merged_into IS NOT NULL'))

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('data', Json(), nullable=True))

    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ref', Json(), nullable=True))
        batch_op.add_column(sa.Column('digest_id', RowId, nullable=True))
        batch_op.add_column(sa.Column('confirmed_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('copies', sa.Integer(), nullable=True))
        batch_op.create_index('ix_notifications_digest_id', ['digest_id'], unique=False)
        batch_op.create_index('ix_notifications_sent', ['sent_at'], unique=False)

    with op.batch_alter_table('silences', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('cancelled_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('data', Json(), nullable=True))
        batch_op.add_column(sa.Column('settled_at', UtcDateTime(), nullable=True))
        batch_op.create_index('ix_silences_to_settle', ['ends_at'], unique=False, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))


def downgrade() -> None:
    """Back to the fourth."""
    with op.batch_alter_table('silences', schema=None) as batch_op:
        batch_op.drop_index('ix_silences_to_settle')
        batch_op.drop_column('settled_at')
        batch_op.drop_column('data')
        batch_op.drop_column('cancelled_at')
        batch_op.drop_column('kind')

    with op.batch_alter_table('notifications', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_sent')
        batch_op.drop_index('ix_notifications_digest_id')
        batch_op.drop_column('copies')
        batch_op.drop_column('confirmed_at')
        batch_op.drop_column('digest_id')
        batch_op.drop_column('ref')

    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.drop_index('ix_incidents_merged')
        batch_op.drop_column('close_proposed_at')
        batch_op.drop_column('merged_into')

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_column('data')

    op.drop_table('swaps')
    with op.batch_alter_table('replies', schema=None) as batch_op:
        batch_op.drop_index('ix_replies_incident_id')

    op.drop_table('replies')
    op.drop_table('channel_states')
    with op.batch_alter_table('absences', schema=None) as batch_op:
        batch_op.drop_index('ix_absences_person')
        batch_op.drop_index('ix_absences_ends_at')

    op.drop_table('absences')
