"""The dashboard: what happens in the organization, read from the hub's tables."""
