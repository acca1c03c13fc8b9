"""The turn whose media stream came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("stream_turn", sa.Integer(), nullable=False, server_default="-1")
    )


def downgrade() -> None:
    with op.batch_alter_table("calls") as batch:
        batch.drop_column("stream_turn")
