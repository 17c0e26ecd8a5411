"""Read examples: lines, tables, corpora, labels, sentences, samples and splits."""
