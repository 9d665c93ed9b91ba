"""A whole AWS organization on a laptop: MiniStack, pinned, and what it lacks."""
