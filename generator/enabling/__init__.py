"""AWS's own security services, switched on by the hub account as their delegated administrator.

CloudFormation knows none of an organization's settings of these services, so `deploy` makes the calls. Each part reads
what is there and asks only for what differs: run again, it does nothing. Nothing is ever switched off.
"""
