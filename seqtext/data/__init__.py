"""Where examples come from: lines, tables, corpora, labels, sentences."""
