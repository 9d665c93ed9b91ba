"""The dashboard's pages: what was read, laid out."""
