"""Hearing: what every source costs, hides and is pushed by; stories that know their near copies."""

import sqlalchemy as sa
from alembic import op

from store.columns import Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """To this schema."""
    op.create_table('blindness',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('group_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('why', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('expected', sa.Float(), nullable=True),
    sa.Column('since', UtcDateTime(), nullable=False),
    sa.Column('found_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blindness'))
    )
    with op.batch_alter_table('blindness', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_blindness_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index('uq_blindness_open', ['source_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('meter',
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('looks', sa.BigInteger(), nullable=False),
    sa.Column('failed', sa.BigInteger(), nullable=False),
    sa.Column('unchanged', sa.BigInteger(), nullable=False),
    sa.Column('capped', sa.BigInteger(), nullable=False),
    sa.Column('mentions', sa.BigInteger(), nullable=False),
    sa.Column('cost', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('source_id', 'day', name=op.f('pk_meter'))
    )
    op.create_table('pictures',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('bytes', sa.LargeBinary(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('first_seen_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_pictures'))
    )
    op.create_table('subscriptions',
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('hub', sa.Text(), nullable=False),
    sa.Column('topic_url', sa.Text(), nullable=False),
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('secret', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('refused_because', sa.Text(), nullable=True),
    sa.Column('pushed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('source_id', name=op.f('pk_subscriptions')),
    sa.UniqueConstraint('token', name=op.f('uq_subscriptions_token'))
    )
    op.create_table('flags',
    sa.Column('mention_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('by', sa.String(length=200), nullable=False),
    sa.Column('place', sa.String(length=20), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_flags_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_flags'))
    )
    with op.batch_alter_table('flags', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_flags_at'), ['at'], unique=False)

    op.create_table('mention_pictures',
    sa.Column('mention_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mentions.id'], name=op.f('fk_mention_pictures_mention_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mention_id', 'sha256', name=op.f('pk_mention_pictures'))
    )
    with op.batch_alter_table('mention_pictures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_pictures_sha256'), ['sha256'], unique=False)

    op.create_table('story_marks',
    sa.Column('mark', sa.LargeBinary(length=8), nullable=False),
    sa.Column('story_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['story_id'], ['stories.id'], name=op.f('fk_story_marks_story_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('mark', 'story_id', name=op.f('pk_story_marks')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('enrichments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('author_role', sa.String(length=20), nullable=True))

    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('views', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('parent_key', sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column('changed_at', UtcDateTime(), nullable=True))
        batch_op.create_index('ix_mentions_to_read_again', ['id'], unique=False, sqlite_where=sa.text('changed_at IS NOT NULL'), postgresql_where=sa.text('changed_at IS NOT NULL'))

    with op.batch_alter_table('sources', schema=None) as batch_op:
        batch_op.add_column(sa.Column('every_s', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('missed', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('quota_left', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('quota_resets_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('hub', sa.Text(), nullable=True))

    with op.batch_alter_table('stories', schema=None) as batch_op:
        batch_op.add_column(sa.Column('language', sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column('sketch', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('source_id', sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Back to the first."""
    with op.batch_alter_table('stories', schema=None) as batch_op:
        batch_op.drop_column('source_id')
        batch_op.drop_column('sketch')
        batch_op.drop_column('language')

    with op.batch_alter_table('sources', schema=None) as batch_op:
        batch_op.drop_column('hub')
        batch_op.drop_column('quota_resets_at')
        batch_op.drop_column('quota_left')
        batch_op.drop_column('missed')
        batch_op.drop_column('every_s')

    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.drop_index('ix_mentions_to_read_again', sqlite_where=sa.text('changed_at IS NOT NULL'), postgresql_where=sa.text('changed_at IS NOT NULL'))
        batch_op.drop_column('changed_at')
        batch_op.drop_column('parent_key')
        batch_op.drop_column('views')

    with op.batch_alter_table('enrichments', schema=None) as batch_op:
        batch_op.drop_column('author_role')

    op.drop_table('story_marks')
    with op.batch_alter_table('mention_pictures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mention_pictures_sha256'))

    op.drop_table('mention_pictures')
    with op.batch_alter_table('flags', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_flags_at'))

    op.drop_table('flags')
    op.drop_table('subscriptions')
    op.drop_table('pictures')
    op.drop_table('meter')
    with op.batch_alter_table('blindness', schema=None) as batch_op:
        batch_op.drop_index('uq_blindness_open', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_blindness_ended_at'))

    op.drop_table('blindness')
