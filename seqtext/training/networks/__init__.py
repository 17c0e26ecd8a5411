"""Define networks in PyTorch: twins of `seqtext.networks` with a loss."""
