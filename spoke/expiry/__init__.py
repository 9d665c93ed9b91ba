"""The expiry: what is past its date is marked, waits, and goes, unless somebody uses it."""
