"""Asking the archive, and bringing a day back."""
