"""Documents, sheets and translations as other programs write them, each by a reader of its own."""
