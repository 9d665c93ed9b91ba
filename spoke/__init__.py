"""The spoke: what runs in every member account and Region."""
