"""Understanding: what a team's labels taught of each topic; history counted again; bands, which nothing ever used, are gone."""

import sqlalchemy as sa
from alembic import op

from store.columns import Json, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """To this schema."""
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.add_column(sa.Column('learnt', Json, nullable=True))
        batch_op.add_column(sa.Column('correction', sa.String(length=20), nullable=True))


    op.create_table('recounts',
    sa.Column('topic_id', sa.String(length=200), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('since', UtcDateTime(), nullable=False),
    sa.Column('upto', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('counted', sa.BigInteger(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('claimed_until', UtcDateTime(), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('topic_id', name=op.f('pk_recounts'))
    )
    op.drop_table('story_bands')


def downgrade() -> None:
    """Back to the second."""
    op.create_table('story_bands',
    sa.Column('band', sa.LargeBinary(length=8), nullable=False),
    sa.Column('story_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['story_id'], ['stories.id'], name=op.f('fk_story_bands_story_id')),
    sa.PrimaryKeyConstraint('band', name=op.f('pk_story_bands'))
    )
    op.drop_table('recounts')
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.drop_column('correction')
        batch_op.drop_column('learnt')
