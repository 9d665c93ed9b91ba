"""The heartbeat: tells the hub that a spoke is alive and what is wrong with it."""
