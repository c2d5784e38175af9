#!/usr/bin/env python3
"""A week of one RS-485 line shared by meters of different makers, protocols and speeds.

A VKT-7 and an SPT943 at the supply input and two Pulsar meters hang on one pseudo-terminal; each hears only the
speed it is set to, and every byte of the others is noise to it. What was measured is asked from the simulator's own
model over its control socket; the node must have every hour of it.
"""
import datetime
import socket
import sys

from node import Place, check

UTC = datetime.timezone.utc
HOUR = datetime.timedelta(hours=1)
PLAN = "vkt7@9600,spt943,pulsar_water@1200,pulsar_16@19200"
WATER = {"cold_water", "hot_water"}
COUNTERS = WATER | {"heat_energy", "mass_supply", "volume_supply"}


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


class Truth:
    """The simulator's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw", encoding="utf-8")

    def value(self, meter, quantity, t):
        self.file.write(f"value {meter} {quantity} {iso(t)}\n")
        self.file.flush()
        lines = []
        while not lines or not (lines[-1] == "ok" or lines[-1].startswith("error")):
            lines.append(self.file.readline().strip())
        check(lines[-1] == "ok" and lines[0] != "null", f"value {meter} {quantity} {iso(t)}: {lines}")
        check(lines[0].split()[0] != "null", f"value {meter} {quantity} {iso(t)}: {lines}")
        return float(lines[0].split()[0])


def check_channel(place, truth, channel, sim_name, start, till):
    answer = place.get(f"/channels/{channel['id']}/archive?period=hour&from={iso(start)}&till={iso(till)}")
    hours = int((till - start) / HOUR)
    check(len(answer["start"]) == hours, f"{len(answer['start'])} hours of {hours}")
    quantity = "volume" if channel["quantity"] in WATER else channel["quantity"]
    wrong, before = [], truth.value(sim_name, quantity, start)
    for i in range(hours):
        after = truth.value(sim_name, quantity, start + (i + 1) * HOUR)
        value, expect = answer["value"][i], after - before
        before = after
        digit = 0.001 if quantity in ("heat_energy", "volume") else 0.01  # t and m3 at the input
        if value is None or abs(value - expect) > 1.01 * digit or answer["quality"][i] not in (0, "MEASURED"):
            wrong.append((iso(start + i * HOUR), value, expect, answer["quality"][i]))
    check(not wrong, f"{sim_name} {channel['quantity']}: {len(wrong)} hours differ, first {wrong[:3]}")
    return hours


def main():
    start = datetime.datetime(2026, 1, 12, tzinfo=UTC)
    till = start + 7 * 24 * HOUR
    with Place() as place:
        clock = place.dir / "clock"
        site = place.sim("--plan", PLAN, "--strict-speed", "--zone", "UTC", "--poll", "900", "--clock", str(clock),
                         "--born", iso(start - 48 * HOUR))
        place.setup(site.read_text(encoding="utf-8"))
        place.start("--clock", str(clock), "--start", iso(start), "--until", iso(till + 2 * HOUR), listen=False)
        place.finish()
        truth = Truth(place.dir / "control")
        text = place.run("db", "export", "--db", place.db)
        (place.dir / "quiet.yaml").write_text(text.replace("is_enabled: true", "is_enabled: false"), encoding="utf-8")
        place.run("db", "import", "--db", place.db, str(place.dir / "quiet.yaml"))
        place.start()
        meters = place.get("/meters")["items"]
        check(len(meters) == 4, f"{len(meters)} meters")
        registers = {r["id"]: r["meter"] for r in place.get("/registers")["items"]}
        names = {m["id"]: ["input-1", "input-2", "flat-3.hot", "flat-4.cold"][i]
                 for i, m in enumerate(sorted(meters, key=lambda m: m["id"]))}
        seen = {}
        bindings = {b["channel"]: b["register"] for b in place.get("/bindings")["items"]}
        for channel in place.get("/channels")["items"]:
            if channel["quantity"] in COUNTERS:
                name = names[registers[bindings[channel["id"]]]]
                seen[name] = seen.get(name, 0) + check_channel(place, truth, channel, name, start, till)
        check(set(seen) == set(names.values()), f"hours of {sorted(seen)} only")
        for name, hours in sorted(seen.items()):
            print(f"{name}: {hours} hours as measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
