"""What an event alone cannot say: reads in the account of a finding, which confirm it, raise it or close it."""
