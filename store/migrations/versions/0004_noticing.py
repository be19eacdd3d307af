"""Noticing: when the asker took a post for the answer."""

import sqlalchemy as sa
from alembic import op

from store.columns import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """To this schema."""
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('accepted_at', UtcDateTime(), nullable=True))
        batch_op.create_index('ix_mentions_accepted', ['accepted_at'], unique=False, sqlite_where=sa.text('accepted_at IS NOT NULL'), postgresql_where=sa.text('accepted_at IS NOT NULL'))


def downgrade() -> None:
    """Back to the third."""
    with op.batch_alter_table('mentions', schema=None) as batch_op:
        batch_op.drop_index('ix_mentions_accepted')
        batch_op.drop_column('accepted_at')
