"""Alembic's entry: runs over the connection that :mod:`ivr.adapters.db.migrate` opened."""

from __future__ import annotations

from alembic import context

from ivr.adapters.db.every_table import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
