"""The API: findings, and what people decide about them, over HTTPS."""
