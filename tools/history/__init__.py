"""A history of invented calls for measurements and demonstrations."""
