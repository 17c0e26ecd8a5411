"""Answers over HTTP, and the page that asks for them: what `seqtext serve` runs."""
