"""The catalogue over a history of CloudTrail's log files: what it would have found, and how loud it would have been."""
