#!/usr/bin/env python3
"""A real node in a real browser: tests/e2e/pages.mjs against a building with three days of history."""
import datetime
import os
import subprocess
import sys

from node import PASSWORD, SOURCE, Place


def main():
    if not (SOURCE / "ui" / "dist" / "index.html").exists() or not (SOURCE / "ui" / "node_modules").exists():
        print("skipped: the web application is not built (script/build)")
        return 77
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3)
    text = start.strftime("%Y-%m-%dT00:00:00Z")
    shots = os.environ.get("DOMOVOI_SHOTS", str(SOURCE / "build" / "shots"))
    with Place() as place:
        clock = place.dir / "clock"
        site = place.sim("--clock", str(clock), "--born", text, "--poll", "3600", "--lang", "ru")
        place.setup(site.read_text(encoding="utf-8"))
        place.start("--clock", str(clock), "--start", text, "--until", "now", listen=False)
        place.finish()
        live = place.run("db", "export", "--db", place.db).replace("poll_s: 3600", "poll_s: 5")
        (place.dir / "live.yaml").write_text(live, encoding="utf-8")
        place.run("db", "import", "--db", place.db, str(place.dir / "live.yaml"))
        place.start("--ui", str(SOURCE / "ui" / "dist"))
        env = dict(os.environ, DOMOVOI_URL=f"http://127.0.0.1:{place.port}", DOMOVOI_LOGIN="admin",
                   DOMOVOI_PASSWORD=PASSWORD, DOMOVOI_SHOTS=shots)
        return subprocess.run(["node", str(SOURCE / "tests" / "e2e" / "pages.mjs")], env=env, check=False,
                              timeout=900).returncode


if __name__ == "__main__":
    sys.exit(main())
