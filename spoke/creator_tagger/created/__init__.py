"""What each API call creates, by group of services: one line per call."""
