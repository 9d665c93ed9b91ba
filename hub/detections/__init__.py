"""What Muster looks for: one module a service, one function a detection, all listed in `catalogue`."""
