"""Share formats, fonts, colours and atomic writing between pictures."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seqtext.errors import ConfigError
from seqtext.extras import missing
from seqtext.shell import quote
from seqtext.storage.atomic import write_atomically

PICTURES = (".png", ".svg", ".pdf")
#: Colours that are told apart however one sees colours (Okabe and Ito 2008); in grey, the marks tell lines apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X")


def check_picture(path: str | Path) -> str:
    """Return the format that a path asks for: "png", "svg" or "pdf".

    Raises ConfigError for another ending or a folder that is not there; SeqtextError where matplotlib is not installed.
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
            f"mkdir -p {quote(str(folder))}",
        )
    if find_spec("matplotlib") is None:
        raise missing("matplotlib", "A picture")
    return kind[1:]


#: Neither dates nor versions: the same drawing gives the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "seqtext"},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": "seqtext"},
}


@contextmanager
def canvas(path: str | Path, title: str, words: str = "", tight: bool = False, **size: Any) -> Iterator[Any]:
    """Open an empty figure that is written atomically at the end.

    title: what the picture shows, for those who do not see it; words: all of whose characters need a font
    tight: as large as what is drawn; size: what a figure of matplotlib takes. The same drawing gives the same bytes.
    raises what `check_picture` does; ModelError for a file that cannot be written
    """
    kind, picture = check_picture(path), io.BytesIO()
    import matplotlib.style
    from matplotlib.figure import Figure

    # No settings of the user's; the salt makes the ids of an SVG the same each time.
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        matplotlib.rcParams.update({"font.family": families(words), "svg.hashsalt": "seqtext"})
        figure = Figure(**{"dpi": 150, **size})
        yield figure
        room: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.15} if tight else {}
        figure.savefig(picture, format=kind, metadata={"Title": title, **_METADATA[kind]}, **room)
    drawn = picture.getvalue()
    write_atomically(Path(path), _smaller(drawn) if kind == "svg" else drawn)


def _smaller(svg: bytes) -> bytes:
    """Shrink an SVG: no indentation, and two decimals of a point in paths."""
    rounded = re.sub(rb'<path [^>]*?\bd="[^"]*"', lambda path: re.sub(rb"(\.\d\d)\d+", rb"\1", path[0]), svg)
    return re.sub(rb"\n +", b"\n", rounded)


def families(text: str) -> list[str]:
    """List the installed fonts that cover a text, matplotlib's own first."""
    from matplotlib.font_manager import fontManager, get_font

    missing, names = {ord(character) for character in text}, ["DejaVu Sans"]
    plain = [
        font for font in fontManager.ttflist if (font.style, font.weight) in (("normal", 400), ("normal", "normal"))
    ]
    for font in sorted(plain, key=lambda font: (font.name != names[0], "Sans" not in font.name, font.name)):
        if not missing:
            break
        try:
            covered = missing.intersection(get_font(font.fname).get_charmap())
        except (OSError, RuntimeError):  # removed since, or damaged
            continue
        if covered and not font.name.startswith("Last Resort"):  # has a box for every character
            missing -= covered
            names.append(font.name)
    return list(dict.fromkeys(names))
