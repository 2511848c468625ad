"""One thin script a stage, run as `python -m stages.<name>` from the repository's root."""
