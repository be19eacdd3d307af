"""Understanding: what a team's labels taught of each topic."""

import sqlalchemy as sa
from alembic import op

from store.columns import Json

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """To this schema."""
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.add_column(sa.Column('learnt', Json, nullable=True))
        batch_op.add_column(sa.Column('correction', sa.String(length=20), nullable=True))


def downgrade() -> None:
    """Back to the second."""
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.drop_column('correction')
        batch_op.drop_column('learnt')
