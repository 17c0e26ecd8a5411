"""Answer texts, one class of model per file."""
