"""Machines, their images and their disks."""
