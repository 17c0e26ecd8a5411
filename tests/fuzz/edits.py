"""Damage to files, as plain data: what JSON holds, bytes, arrays of weights, and what kind of file a name is.

An edit is a dictionary that JSON can hold, so that a case can be kept and done again:

    {"on": FILE, "do": "set" | "drop" | "twice", "path": [KEY, ...], "to": VALUE}   of JSON, lines of it, a header
    {"on": FILE, "do": "flip" | "cut" | "insert" | "repeat", "at": BYTE, ...}       of bytes
    {"on": FILE, "do": "fill", "array": NUMBER, "to": VALUE}                         of weights
    {"on": FILE, "do": "take", "from": [SEED, PRECISION]}                            the same file of another folder
    {"on": FILE, "do": "become", "what": KIND}                                       missing, a pipe, a link …
    {"on": FILE, "do": "copy", "to": NAME}                                           beside itself

A path goes through a text that holds JSON by the key "$json", and through packed counts of an anomaly detector by
"$packed". A value {"$raw": TEXT, "times": N} stands for characters that no JSON writer would write.
"""

import copy
import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Edit = dict[str, Any]
Files = dict[str, bytes]

_RAW = re.compile(r'"@raw(\d+)@"')
_ARRAY_TYPES = {"F32": "<f4", "F16": "<f2", "I8": "i1"}


def write_json(value: Any) -> str:
    """JSON of a value in which {"$raw": …} stands for characters as they are."""
    raws: list[str] = []

    def marked(one: Any) -> Any:
        if isinstance(one, dict) and "$raw" in one:
            raws.append(one["$raw"] * one.get("times", 1) + one.get("close", "") * one.get("times", 1))
            return f"@raw{len(raws) - 1}@"
        if isinstance(one, dict):
            return {key: marked(part) for key, part in one.items()}
        return [marked(part) for part in one] if isinstance(one, list) else one

    text = json.dumps(marked(value), ensure_ascii=False)
    return _RAW.sub(lambda match: raws[int(match[1])], text) if raws else text


def encoded(text: str) -> bytes:
    """The bytes of a text; half a surrogate pair as its three bytes, which no UTF-8 has."""
    return text.encode("utf-8", "surrogatepass")


def document(name: str, data: bytes) -> tuple[Any, Callable[[Any], bytes]]:
    """What a file holds as plain data, and how that becomes a file again; raises ValueError for one without JSON."""
    if name.endswith(".safetensors"):
        length = int.from_bytes(data[:8], "little")
        header, rest = json.loads(data[8 : 8 + length]), data[8 + length :]

        def whole(changed: Any) -> bytes:
            text = encoded(write_json(changed))
            return len(text).to_bytes(8, "little") + text + rest

        return header, whole
    if name.endswith(".jsonl"):
        lines = [json.loads(line) for line in data.splitlines()]
        return lines, lambda changed: b"".join(encoded(write_json(line)) + b"\n" for line in changed)
    if name.endswith(".json"):
        return json.loads(data), lambda changed: encoded(write_json(changed))
    raise ValueError(f"{name} holds no JSON")


def _opened(value: Any, key: Any) -> Any:
    return json.loads(value) if key == "$json" else value[key]


def value_at(root: Any, path: list[Any]) -> Any:
    """What stands at a path."""
    for key in path:
        root = _opened(root, key)
    return root


def _changed(root: Any, path: list[Any], edit: Edit) -> Any:
    """The plain data with one place changed."""
    if not path:
        return edit.get("to")
    key, rest = path[0], path[1:]
    if key == "$json":
        return write_json(_changed(json.loads(root), rest, edit))
    if not isinstance(root, dict | list):
        return root
    root = copy.copy(root)
    if rest:
        root[key] = _changed(root[key], rest, edit)
    elif edit["do"] == "drop":
        del root[key]
    elif edit["do"] == "twice":
        raw = f"{json.dumps(key)}: {write_json(root.get(key))}, {json.dumps(key)}: {write_json(edit['to'])}"
        root.pop(key, None)
        root = {"$raw": "{" + "".join(f"{json.dumps(k)}: {write_json(v)}, " for k, v in root.items()) + raw + "}"}
    elif isinstance(root, list) and key >= len(root):
        root.append(edit["to"])
    else:
        root[key] = edit["to"]
    return root


def _edit_counts(data: bytes, edit: Edit) -> bytes:
    """Weights in which the packed counts of an anomaly detector are changed."""
    header, _ = document("x.safetensors", data)
    body = 8 + int.from_bytes(data[:8], "little")
    start, stop = header["normal"]["data_offsets"]
    kind = _ARRAY_TYPES[header["normal"]["dtype"]]
    counts = json.loads(zlib.decompress(np.frombuffer(data[body + start : body + stop], kind).astype(np.uint8)))
    packed = zlib.compress(encoded(write_json(_changed(counts, edit["path"][1:], edit))), 9)
    array = np.frombuffer(packed, np.uint8).astype(kind).tobytes()
    moved = len(array) - (stop - start)
    for entry in header.values():
        entry["data_offsets"] = [place + moved * (place >= stop) for place in entry["data_offsets"]]
    header["normal"] = {**header["normal"], "shape": [len(packed)], "data_offsets": [start, start + len(array)]}
    text = encoded(json.dumps(header))
    return len(text).to_bytes(8, "little") + text + data[body : body + start] + array + data[body + stop :]


def _fill_array(data: bytes, edit: Edit) -> bytes:
    """Weights in which every number of an array, or one of them, is replaced."""
    header, _ = document("x.safetensors", data)
    body = 8 + int.from_bytes(data[:8], "little")
    arrays = [entry for name, entry in sorted(header.items()) if name != "__metadata__"]
    entry = arrays[edit["array"] % len(arrays)]
    start, stop = (body + place for place in entry["data_offsets"])
    with np.errstate(all="ignore"):
        values = np.frombuffer(data[start:stop], _ARRAY_TYPES[entry["dtype"]]).copy()
        place = slice(None) if edit.get("at") is None else edit["at"] % max(1, len(values))
        values[place] = np.float64(edit["to"]).astype(values.dtype)
    return data[:start] + values.tobytes() + data[stop:]


def _edit_bytes(data: bytes, edit: Edit) -> bytes:
    place = edit["at"] % (len(data) + 1) if edit["at"] >= 0 else max(0, len(data) + edit["at"])
    if edit["do"] == "cut":
        return data[:place]
    if edit["do"] == "flip":
        return data[:place] + bytes(byte ^ edit["with"] for byte in data[place : place + 1]) + data[place + 1 :]
    inserted = encoded(edit["text"]) if "text" in edit else bytes.fromhex(edit["hex"])
    return data[:place] + inserted * edit.get("times", 1) + data[place + edit.get("over", 0) :]


def edit_files(files: Files, edit: Edit, other: Callable[[str, str], Files] | None = None) -> Files:
    """The files after one edit; one that no longer fits, such as of JSON that is damaged by now, changes nothing."""
    name, do = edit["on"], edit["do"]
    if do == "become" or name not in files:
        return files
    data = files[name]
    try:
        if do in ("set", "drop", "twice"):
            if edit["path"][:1] == ["$packed"]:
                return {**files, name: _edit_counts(data, edit)}
            root, whole = document(name, data)
            return {**files, name: whole(_changed(root, edit["path"], edit))}
        if do == "fill":
            return {**files, name: _fill_array(data, edit)}
        if do == "copy":
            return {**files, edit["to"]: data}
        if do == "take":
            taken = other(*edit["from"]) if other else files
            return {**files, name: taken.get(name, b"")}
        return {**files, name: _edit_bytes(data, edit)}
    except (ValueError, LookupError, TypeError, OverflowError, AttributeError, RecursionError, zlib.error):
        return files


def write_files(folder: Path, files: Files, edits: list[Edit]) -> None:
    """Write files into a folder, and let some of them become what is no file."""
    kinds = {edit["on"]: edit["what"] for edit in edits if edit["do"] == "become"}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name not in kinds:
            path.write_bytes(data)
    for name, kind in kinds.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _BECOME[kind](folder / name, files.get(name, b""))


def _huge(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.truncate(path, 1 << 33)


def _inside(path: Path, data: bytes) -> None:
    (path.parent / "elsewhere").write_bytes(data)
    path.symlink_to("elsewhere")


_BECOME: dict[str, Callable[[Path, bytes], Any]] = {
    "missing": lambda path, data: None,
    "empty": lambda path, data: path.write_bytes(b""),
    "folder": lambda path, data: path.mkdir(),
    "pipe": lambda path, data: os.mkfifo(path),
    "link outside": lambda path, data: path.symlink_to("/etc/passwd"),
    "link to nothing": lambda path, data: path.symlink_to("nothing"),
    "link to itself": lambda path, data: path.symlink_to(path.name),
    "link inside": _inside,
    "device": lambda path, data: path.symlink_to("/dev/zero"),
    "huge": _huge,
}
KINDS_OF_FILE = tuple(_BECOME)
