"""Learning from renderings before any real image, a pipeline of its own: `make weights`."""
