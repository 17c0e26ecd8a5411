"""The HTTP server of `seqtext serve`, and its web page."""
