"""The settings of `muster.toml`: a module for each table, and what is said about them."""
