"""Programs for developers and operators of this repository."""
