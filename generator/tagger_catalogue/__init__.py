"""Derives the creator tagger's catalogue from what AWS publishes: which call creates what, and how that is named."""
