"""The agent installer: looks at instances, has the customer's script run on them, and tells the hub what came of it."""
