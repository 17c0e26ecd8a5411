"""Read documents, sheets and translations from other programs."""
