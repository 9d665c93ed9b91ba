"""The first `muster.toml`: what is asked for, what AWS tells, and how answers are checked."""
