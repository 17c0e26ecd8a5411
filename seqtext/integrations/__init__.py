"""Integrate models with other programs. They answer tables of any length, in engines that spread rows over machines."""
