#!/usr/bin/env python3
"""One RS-485 line with electricity meters of three makers, in real time.

A Mercury 230, a CE303 that is woken at 300 baud and read at 9600, and a Modbus meter share one pseudo-terminal; each
hears only the speed it is set to at that moment, and every byte takes its time. They are asked without a pause for
a minute (DOMOVOI_LINE_S seconds), their archives read besides. Nothing may go wrong between them, but for the two questions
an old Mercury does not answer, which are asked three times each, once.
"""
import datetime
import os
import sys
import time

from node import Place, check

UTC = datetime.timezone.utc
PLAN = "mercury230,ce303,sdm120"
UNANSWERED = 6


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def main():
    seconds = int(os.environ.get("DOMOVOI_LINE_S", "60"))
    born = datetime.datetime.now(UTC) - datetime.timedelta(hours=6)
    with Place() as place:
        site = place.sim("--plan", PLAN, "--strict-speed", "--pace", "--zone", "UTC", "--poll", "5", "--born", iso(born))
        place.setup(site.read_text(encoding="utf-8"))
        place.start()
        time.sleep(seconds)
        state = place.get("/lines/state")["items"][0]
        meters = place.get("/meters/state")["items"]
        counters = state["counters"]
        log = (place.dir / "node.log").read_text(errors="replace")
        bad = [line for line in log.splitlines() if line.startswith(("W poll", "E poll"))]
        check(not bad, "\n".join(bad))
        check(state["meters"] == 3 and state["meters_silent"] == 0, f"line: {state}")
        check(counters["noises"] == 0 and counters["foreign"] == 0, f"counters: {counters}")
        check(counters["timeouts"] <= UNANSWERED, f"{counters['timeouts']} time-outs: {counters}")
        for m in meters:
            check(m["counters"]["exchanges"] >= seconds / 5, f"{m['counters']['exchanges']} exchanges of {m['meter']}")
        values = {r["key"] for r in place.get("/registers")["items"]}
        check({"active_energy", "active_energy.amount", "voltage.l1", "frequency"} <= values, f"registers: {values}")
        print(f"{seconds} s: {counters['exchanges']} exchanges, {counters['timeouts']} unanswered, {len(meters)} meters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
