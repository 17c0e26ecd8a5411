"""The model folder on disk, and where models are found."""
