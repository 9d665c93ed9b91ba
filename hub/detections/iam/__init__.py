"""Identities and their rights: credentials, policies, trust."""
