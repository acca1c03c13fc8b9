"""Pages and machine interfaces: Flask blueprints over the service."""
