#!/usr/bin/env python3
"""kill -9 of the node at random moments under load: the database stays whole and no acknowledged reading is missing.

Acknowledged is what the node itself told after its commit: the readings of its event stream. After each kill the
database is checked, the meters are made silent, and a new node must know a reading of every register that is at
least as new as the last one told - and the same one, when it is the same moment.
"""
import json
import os
import random
import socket
import sys
import threading
import time

from node import Place, check

KILLS = int(os.environ.get("DOMOVOI_KILLS", "50"))


class Listener(threading.Thread):
    """Keeps the newest reading told of every register until the stream breaks off."""

    def __init__(self, place):
        super().__init__(daemon=True)
        self.stream = place.stream()
        self.told = {}
        self.count = 0

    def run(self):
        event = ""
        try:
            for line in self.stream:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    event = text[7:]
                elif text.startswith("data: ") and event == "reading":
                    r = json.loads(text[6:])
                    self.told[(r["register"], r["channel"])] = r
                    self.count += 1
        except (OSError, ValueError):
            pass  # the node was killed, perhaps in the middle of a line


def control(place, *commands):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(place.dir / "control"))
        s.settimeout(10)
        for command in commands:
            s.sendall(command.encode() + b"\n")
            s.recv(65536)


def known(place):
    """What a node that hears nothing knows: the last readings by register."""
    return {item["register"]: item for item in place.get("/last")["items"]}


def main():
    random.seed(20)
    with Place() as place:
        site = place.sim("--poll", "1", "--flats", "12")
        place.setup(site.read_text(encoding="utf-8"))
        names = [line["name"] for line in json_lines(site)]
        down = [f"line {n} down" for n in names]
        up = [f"line {n} up" for n in names]
        total = 0
        for n in range(KILLS):
            control(place, *up)
            place.start()
            listener = Listener(place)
            listener.start()
            time.sleep(random.uniform(0.2, 1.5))
            place.kill_node()
            listener.join(10)
            total += listener.count
            done = place.run("db", "check", "--db", place.db, ok=False)
            check(done.returncode == 0, f"kill {n}: db check: {done.stdout}{done.stderr}")
            control(place, *down)
            place.start()
            have = known(place)
            for (register, channel), r in listener.told.items():
                kept = have.get(register)
                check(kept is not None, f"kill {n}: register {register} was told and is gone")
                check(kept["utc"] >= r["utc"], f"kill {n}: told {r}, kept {kept}")
                if kept["utc"] == r["utc"] and channel == kept.get("channel"):
                    check(kept["value"] == r["value"], f"kill {n}: told {r}, kept {kept}")
            place.kill_node()
        check(total > KILLS, f"only {total} readings were told in all")
        print(f"{KILLS} kills, {total} readings told, none missing")
    return 0


def json_lines(site):
    """The lines of an exported site, by name (a plain reading of its YAML)."""
    import yaml
    return yaml.safe_load(site.read_text(encoding="utf-8"))["lines"]


if __name__ == "__main__":
    sys.exit(main())
