"""Labeled crops of real UI libraries and desktop toolkits: scripts of `weights/dvc.yaml`."""
