"""What brings the generated templates and packages into the organization, and tells what is there."""
