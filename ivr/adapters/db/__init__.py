"""The store on SQLite and PostgreSQL. Migrations are apart: they cost 0.2 s to import."""
