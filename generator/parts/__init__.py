"""The parts of the templates: each function returns the resources of one thing."""
