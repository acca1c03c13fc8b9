"""Databases for the tests of this folder."""

from __future__ import annotations

from fixtures_postgres import postgres_server, postgres_url
from fixtures_store import clock, sqlite_url, store, store_url

__all__ = ["clock", "postgres_server", "postgres_url", "sqlite_url", "store", "store_url"]
