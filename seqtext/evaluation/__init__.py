"""Score models beside baselines."""
