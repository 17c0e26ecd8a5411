"""What every picture shares: its kind and its fonts."""

import shlex
from importlib.util import find_spec
from pathlib import Path

from seqtext.errors import ConfigError
from seqtext.extras import missing

PICTURES = (".png", ".svg", ".pdf")


def check_picture(path: str | Path) -> str:
    """The kind of picture that a path asks for: "png", "svg" or "pdf".

    raises ConfigError for another ending or a folder that is not there; SeqtextError where matplotlib is not installed
    """
    kind, folder = Path(path).suffix.lower(), Path(path).parent
    if kind not in PICTURES:
        good = Path(path).with_suffix(".png") if Path(path).name else "attention.png"
        raise ConfigError(
            f"A picture cannot be written as {str(path)!r}; accepted are {', '.join(PICTURES)}.", f"{good}"
        )
    if not folder.is_dir():
        raise ConfigError(
            f"A picture cannot be written as {str(path)!r}: there is no such folder.",
            f"mkdir -p {shlex.quote(str(folder))}",
        )
    if find_spec("matplotlib") is None:
        raise missing("matplotlib", "A picture")
    return kind[1:]


def families(text: str) -> list[str]:
    """The fonts that together have every character of a text, where installed fonts do; matplotlib's own first."""
    from matplotlib.font_manager import fontManager, get_font

    missing, names = {ord(character) for character in text}, ["DejaVu Sans"]
    plain = [
        font for font in fontManager.ttflist if (font.style, font.weight) in (("normal", 400), ("normal", "normal"))
    ]
    for font in sorted(plain, key=lambda font: (font.name != names[0], "Sans" not in font.name, font.name)):
        if not missing:
            break
        try:
            found = missing.intersection(get_font(font.fname).get_charmap())
        except (OSError, RuntimeError):  # removed since, or damaged
            continue
        if found and not font.name.startswith("Last Resort"):  # has a box for every character
            missing -= found
            names.append(font.name)
    return list(dict.fromkeys(names))
