"""A speech-to-text sidecar that answers every request by its deadline."""
