"""The page's files, without a browser: small, whole, nothing from elsewhere, texts as text only."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from seqtext.server.pages import FOLDER

FILES = sorted(path.name for path in FOLDER.iterdir())
SCRIPTS = [name for name in FILES if name.endswith(".js")]
PANELS = ["fill", "write", "read", "translate", "classify", "logs", "exercises", "ladder"]
SHARED = ["api.js", "app.js", "command.js", "dom.js", "panel.js"]
OTHERS = ["docs.css", "gradients.json", "icon.svg", "index.html", "style.css"]
VOID = {"meta", "link", "input", "br", "img", "hr"}
NAMESPACE = "http://www.w3.org/2000/svg"  # a name, which nobody fetches


class Outline(HTMLParser):
    """The elements of a page, each with its attributes and the element around it; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: Counter[str] = Counter()
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self._open, tag
        assert self._open.pop() == tag, f"</{tag}> stands where another element is open"

    def handle_data(self, data) -> None:
        if self._open:
            self.texts[self._open[-1]] += len(data.strip())

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name))]


@pytest.fixture(scope="module")
def outline() -> Outline:
    return Outline(read("index.html"))


def read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def test_every_file_is_known() -> None:
    assert sorted([*SHARED, *(f"{name}.js" for name in PANELS), *OTHERS]) == FILES


def test_files_are_small() -> None:
    sizes = {name: (FOLDER / name).stat().st_size for name in FILES}
    assert sum(sizes.values()) < 120_000, sizes
    assert max(sizes[name] for name in SCRIPTS) < 12_000, sizes


def test_ids_are_unique_and_those_that_are_referred_to_exist(outline: Outline) -> None:
    ids = Counter(outline.values("id"))
    assert max(ids.values()) == 1
    referred = [*outline.values("for"), *outline.values("aria-controls"), *outline.values("aria-labelledby")]
    assert set(referred) <= set(ids)
    assert {value[1:] for value in outline.values("href") if value.startswith("#")} <= set(ids)


def test_every_panel_has_a_tab_a_form_an_answer_and_places_for_faults_and_news(outline: Outline) -> None:
    for name in PANELS:
        assert ("button", "tab") in [
            (tag, found.get("role")) for tag, found in outline.elements if found.get("id") == f"tab-{name}"
        ]
    roles = Counter(found.get("role") for _, found in outline.elements)
    assert [roles[role] for role in ("tab", "tabpanel", "alert", "status")] == [len(PANELS)] * 4
    assert sum(tag == "form" and "novalidate" in found for tag, found in outline.elements) == len(PANELS)


def test_every_field_has_a_label(outline: Outline) -> None:
    fields = [found for tag, found in outline.elements if tag in ("input", "select", "textarea")]
    assert len(fields) > len(PANELS)
    assert {found["id"] for found in fields} <= set(outline.values("for"))


def test_every_panel_but_the_ladder_has_an_example_in_its_box(outline: Outline) -> None:
    boxes = re.findall(r"<textarea [^>]*>(.+?)</textarea>", read("index.html"), re.DOTALL)
    assert len(boxes) == len(PANELS) - 1
    assert all(len(text) > 10 for text in boxes)


def test_nothing_is_written_that_the_content_security_policy_forbids(outline: Outline) -> None:
    assert not outline.texts["script"]
    assert not outline.texts["style"]
    for tag, attributes in outline.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], (tag, attributes)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_make_no_markup_and_run_no_text(name: str) -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|javascript:|DOMParser"
    )
    forbidden += r"|setAttribute\(\"(style|on)|createContextualFragment|setHTML|localStorage|document\.cookie"
    assert not re.search(forbidden, read(name))


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_fetched_from_elsewhere(name: str) -> None:
    text = read(name).replace(NAMESPACE, "")
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+|url\(|@import", text)


@pytest.mark.parametrize("name", SCRIPTS)
def test_modules_import_what_exists(name: str) -> None:
    for wanted, module in re.findall(r'^import \{ (.+?) \} from "\./(.+?)";', read(name), re.MULTILINE):
        exported = re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", read(module), re.MULTILINE)
        assert set(wanted.split(", ")) <= set(exported), module


def test_addresses_of_the_page_are_files_or_routes(outline: Outline) -> None:
    for address in [*outline.values("href"), *outline.values("src")]:
        if address.startswith("/page/"):
            assert address.removeprefix("/page/") in FILES
        else:
            assert address.startswith("#") or address in ("/docs", "/openapi.json", "/v1/models")


def test_data_and_drawings_can_be_read() -> None:
    assert json.loads(read("gradients.json"))["figures"]
    assert ElementTree.parse(FOLDER / "icon.svg").getroot().tag == f"{{{NAMESPACE}}}svg"


def test_the_style_sheet_answers_to_what_people_set() -> None:
    style = read("style.css")
    for wanted in ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce", "@media print", ":focus-visible"):
        assert wanted in style
    assert style.count("{") == style.count("}")
