"""Feeds: events in which another AWS service says what it found."""
