"""Webhooks of a sidecar, verified."""
