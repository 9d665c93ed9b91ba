"""The security agents on instances: their scripts, and what people do about them."""
