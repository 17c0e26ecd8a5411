"""Scores of models beside baselines."""
