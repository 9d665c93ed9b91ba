"""What happened in a day or a week, for those who look once."""
