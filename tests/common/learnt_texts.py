"""A folder that knows some texts as a run knows those that it has learnt."""

from pathlib import Path

from seqtext.storage.learnt import PATH, LearntWriter


def leave_learnt(folder: Path, *texts: str, before: str = "") -> Path:
    """Leave texts in a folder as a run leaves those that it has learnt; gives the folder.

    before: the model that the run began with, if what that had learnt is not known
    """
    writer = LearntWriter(folder / PATH)
    for text in texts:
        writer.add(text)
    writer.before = before
    writer.close()
    (folder / PATH).with_name("report.json").write_text("{}", encoding="utf-8")
    return folder
