"""Networks: who may reach them, what they may reach, and who still sees it."""
