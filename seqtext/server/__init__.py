"""Serve HTTP for `seqtext serve`, with its web page."""
