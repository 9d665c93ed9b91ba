"""Asking the archive in SQL; `muster archive` asks by the same."""
