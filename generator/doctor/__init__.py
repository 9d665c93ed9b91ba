"""Whether what Muster needs is there, and how to mend what is not."""
