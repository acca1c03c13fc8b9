"""Telephone service desk of the state of Mato Grosso do Sul: (67) 3318-3600."""
