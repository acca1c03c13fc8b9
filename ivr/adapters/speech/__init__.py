"""Prompt audio: rendered before any call, checked at start-up, joined for secrets."""
