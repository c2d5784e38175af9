#!/usr/bin/env python3
"""A full disk: the node says so on its page and in its log, keeps the values, and catches up when there is room.

The database lies on a small tmpfs, which needs the right to mount; skipped aloud without it. Then the file system is
made read-only: a node that is started on it says so.
"""
import subprocess
import sys
import time

from node import Place, check


def state(place):
    return place.get("/status")["store"]


def main():
    with Place() as place:
        mount = place.dir / "disk"
        mount.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(mount)],
                              capture_output=True, check=False)
        if done.returncode != 0:
            print("skipped: no right to mount a small disk")
            return 77
        try:
            return scenario(place, mount)
        finally:
            place.kill_node()
            subprocess.run(["umount", "-l", str(mount)], check=False)


def utcs(place):
    """Last reading of every register."""
    return {r["register"]: r["utc"] for r in place.get("/last")["items"]}


def scenario(place, mount):
    place.db = f"sqlite:{mount}/domovoi.db"
    site = place.sim("--poll", "1", "--flats", "4")
    place.setup(site.read_text(encoding="utf-8"))
    place.start()
    place.wait(lambda: len(utcs(place)) > 50, "first readings")
    check(state(place)["is_writable"], "writable at first")

    filler = mount / "filler"
    with open(filler, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 4096)
        except OSError:
            pass
    place.wait(lambda: not state(place)["is_writable"], "the node to notice that the disk is full", place.node)
    s = state(place)
    check(s["error"] is not None and s["failing_since_utc"] is not None, f"a full disk is told: {s}")
    log = place.log_tail(20000)
    check("store" in log and ("space" in log or "full" in log.lower()), "the log says it: " + log[-500:])
    before = utcs(place)
    time.sleep(5)
    waiting = state(place)
    check(waiting["spilled_batches"] + waiting["queued"] > 0, f"values wait: {waiting}")

    filler.unlink()
    place.wait(lambda: state(place)["is_writable"], "the node to write again", place.node)
    place.wait(lambda: state(place)["queued"] + state(place)["spilled_batches"] == 0, "nothing left waiting", place.node)
    after = utcs(place)
    check(all(after[r] > before[r] for r in list(before)[:20]), "readings went on")
    place.stop_node()
    done = place.run("db", "check", "--db", place.db, ok=False)
    check(done.returncode == 0, f"db check: {done.stdout}{done.stderr}")
    # what was read while the disk was full is there: no hole of more than two polls in the readings
    rows = subprocess.run(["sqlite3", f"{mount}/domovoi.db", "select distinct utc from reading order by utc"],
                          capture_output=True, text=True, check=True).stdout.split()
    holes = [int(b) - int(a) for a, b in zip(rows, rows[1:]) if int(b) - int(a) > 3]
    check(not holes, f"holes in the readings: {holes}")

    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    place.start(listen=False)
    place.wait(lambda: "read-only" in place.log_tail() or "cannot be written" in place.log_tail(),
               "the log to say that the database cannot be written", place.node, seconds=20)
    place.kill_node()
    print("a full disk was told, survived and caught up with; a read-only one was told")
    return 0


if __name__ == "__main__":
    sys.exit(main())
