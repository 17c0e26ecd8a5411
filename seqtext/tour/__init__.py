"""The tour of a lecture on sequence models. It has steps, made-up texts and figures."""
