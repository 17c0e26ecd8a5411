"""Pictures and their twins for a terminal."""
