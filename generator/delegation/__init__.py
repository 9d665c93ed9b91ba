"""What the management account gives to the hub, once."""
