"""Translate marked-up text: Markdown, HTML and subtitles.

A text is cut into literals, which are copied, and segments, whose sentences are translated and whose marks are placed
again. The scanners are our own, not markdown-it-py's or lxml's: every character must come back where it stood, and
those parsers keep no positions of inline marks. The tests compare ours with them.
"""
