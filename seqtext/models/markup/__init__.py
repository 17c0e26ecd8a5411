"""Marked-up text: Markdown, HTML and subtitles cut into sentences to translate and the marks around and inside them.

Our own small scanners, not markdown-it-py's or lxml's: every character must come back where it stood, and those parsers
keep no positions of what stands inside a line. They are what the tests compare with.
"""
