"""Readers of documents, sheets and translations from other programs."""
