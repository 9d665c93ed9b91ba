"""Links in messages that act: acknowledge and suppress."""
