"""Tells people about findings."""
