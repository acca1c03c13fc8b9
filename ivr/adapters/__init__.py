"""Implementations of the ports. No adapter imports a sibling."""
