"""Installs the security agent on EC2 instances, and says of each whether it has it, or why not."""
