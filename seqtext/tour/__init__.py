"""Walk through a lecture on sequence models. The tour has steps, made-up texts and figures."""
