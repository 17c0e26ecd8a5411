"""Define the command line, one module per command. Each parses, calls one function of seqtext and prints."""
