"""Text in, text out: one class per file."""
