"""Backup and restore under load: what is lost, how long it takes. ``python -m tools.drill``."""
