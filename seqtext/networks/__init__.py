"""Forward passes in NumPy."""
