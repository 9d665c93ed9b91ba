"""The hub: decides, stores, tells people."""
