"""The backup tagger: images and snapshots learn until when they are kept."""
