"""Where examples come from: lines, tables, corpora, labels, sentences, samples and splits."""
