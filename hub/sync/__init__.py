"""Reads in Security Hub what its events did not bring."""
