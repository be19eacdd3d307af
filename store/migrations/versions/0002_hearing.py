"""Hearing: what every source costs, hides and is pushed by; stories that know their near copies."""

import sqlalchemy as sa
from alembic import op

from store.columns import Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """To this schema."""
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
    sa.PrimaryKeyConstraint('source_id', name=op.f('pk_subscriptions')),
    sa.UniqueConstraint('token', name=op.f('uq_subscriptions_token'))
    )
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('views', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('parent_key', sa.LargeBinary(length=16), nullable=True))

    with op.batch_alter_table('sources', schema=None) as batch_op:
        batch_op.add_column(sa.Column('every_s', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('missed', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('quota_left', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('quota_resets_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('hub', sa.Text(), nullable=True))


def downgrade() -> None:
    """Back to the first."""
    with op.batch_alter_table('sources', schema=None) as batch_op:
        batch_op.drop_column('hub')
        batch_op.drop_column('quota_resets_at')
        batch_op.drop_column('quota_left')
        batch_op.drop_column('missed')
        batch_op.drop_column('every_s')

    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.drop_column('parent_key')
        batch_op.drop_column('views')

    op.drop_table('subscriptions')
    op.drop_table('meter')
