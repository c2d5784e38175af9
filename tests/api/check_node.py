#!/usr/bin/env python3
"""Every answer and every event of a node that polls is what docs/api.yaml says.

As check.py, with a simulated line of meters behind it: "read now", the trace, states with numbers in
them; and the events of the stream, held against the schemas the description names for them.
"""
import json
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

import check as api_check  # noqa: E402  the two folders are not packages
from node import PASSWORD, SOURCE, Place, check  # noqa: E402

SCHEMAS = {"hello": "StreamHello", "reading": "StreamReading", "meter": "MeterState", "line": "LineState",
           "store": "StoreState", "site": "StreamSite"}


def events(stream, wanted, seconds=60):
    """Events until each of `wanted` was seen."""
    missing, event, end = set(wanted), "", time.monotonic() + seconds
    while missing and time.monotonic() < end:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            missing.discard(event)
            yield event, json.loads(line[6:])
    check(not missing, f"never heard: {missing}")


def main():
    api_check.PASSWORD = PASSWORD
    api = api_check.Api(SOURCE / "docs" / "api.yaml")
    checker = api_check.Checker(api)
    with Place() as place:
        site = place.sim("--flats", "2", "--no-tcp", "--poll", "2", "--die-with-parent")
        place.setup(site.read_text(encoding="utf-8"))
        place.start()
        meters = [m["id"] for m in place.get("/meters")["items"]]
        lines = [line["id"] for line in place.get("/lines")["items"]]
        client = api_check.Client(place.port, "admin")

        stream = place.stream()
        for name, value in events(stream, ["hello", "reading", "meter", "line"]):
            api.check({"$ref": "#/components/schemas/" + SCHEMAS[name]}, value)
        note = place.get("/places")["items"][0]
        place.request("PUT", f"/places/{note['id']}", {"note": "changed"})
        for name, value in events(stream, ["site"]):
            api.check({"$ref": "#/components/schemas/" + SCHEMAS[name]}, value)

        for number in meters[:1] + meters[-1:]:
            said = checker.do(client, "meter_read", number)
            check(said and said.get("items"), f"meter {number} said nothing: {said}")
            checker.do(client, "meter_gaps", number)
        for number in lines:
            checker.do(client, "line_trace", number)
        for operation in ("meter_states", "line_states", "building_list", "last_list", "event_list", "status_get"):
            checker.do(client, operation)
        checker.do(client, "place_summary", place.get("/buildings")["items"][0]["id"])
        check({"meter_read", "line_trace"} <= checker.succeeded, "read now and trace did not succeed")
        healths = {m["health"] for m in place.get("/meters/state")["items"]}
        check("ok" in healths, f"no meter answers: {healths}")
        stream.close()
        place.stop_node()
    for text in api_check.failures:
        print(text)
    return 1 if api_check.failures else 0


if __name__ == "__main__":
    os.environ.setdefault("DOMOVOI_SOURCE", str(HERE.parents[1]))
    sys.exit(main())
