"""The service: from frames to alerts that are proven to arrive."""
