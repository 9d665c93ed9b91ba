"""Ways to reach people and programs."""
