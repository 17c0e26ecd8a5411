"""Define training tasks: network, batches, loss and evaluation of each task."""
