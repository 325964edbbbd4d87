"""Builds the binary that users get."""
