"""Prompts: texts by id, split into the pieces that are rendered before any call."""
