"""Cross-validation, a pipeline of its own: `dvc repro crossval/dvc.yaml`."""
