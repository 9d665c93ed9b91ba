"""What the hub, the spokes, the generator and the dashboard agree on: no boto3, no environment, nothing of ours."""
