"""The programs' common loop: a line in, the command; a line out, the outcome as JSON."""

import json
import os
import sys


def serve(version, answer):
    """Answers each line of standard input by answer(command), which returns a dict or raises."""
    say({"ready": True, "version": version})
    for line in sys.stdin:
        try:
            say(answer(line.strip()))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


def say(outcome):
    print(json.dumps(outcome), file=sys.__stdout__, flush=True)


def known_region():
    return os.environ.get("AWS_REGION")
