"""Draw plots, as pictures and as text for a terminal."""
