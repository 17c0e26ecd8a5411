"""Tasks as the training loop sees them."""
