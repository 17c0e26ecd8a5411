"""Begin a training and leave it after some updates: TASK CORPUS RUN STEPS SETTINGS, the last as JSON."""

import contextlib
import json
import sys

import seqtext

task, corpus, run, steps, settings = sys.argv[1:]
with contextlib.closing(seqtext.train(task, corpus, run, save_seconds=0.0, **json.loads(settings))) as events:
    for event in events:
        if type(event).__name__ == "Saved" and event.step == int(steps):
            print(f"left after {event.step}")
            break
