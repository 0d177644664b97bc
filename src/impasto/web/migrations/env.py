"""Runs the migrations on the connection that `migrate` gives."""

from alembic import context

from impasto.web.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="studio_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
