"""Labeled crops of real UI libraries, rendered in Chromium: the `render/dvc.yaml` pipeline."""
