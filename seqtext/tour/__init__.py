"""The tour of a lecture on sequence models: its steps, its made-up texts, its figures."""
