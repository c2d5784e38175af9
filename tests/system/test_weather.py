#!/usr/bin/env python3
"""Outdoor temperature from a web service becomes readings and hours' input of a channel, with its bytes kept; a
service that fails is told with its cause, never with its key; a file does the same."""
import http.server
import os
import pathlib
import threading

from node import Place, check

KEY = "topsecretkey"
SITE = """
places:
  - {{id: 1, kind: building, name: House, zone: Europe/Moscow}}
lines:
  - {{id: 2, name: weather, link: "http://127.0.0.1:{port}/now?appid={key}"}}
  - {{id: 3, name: station, link: "file:outdoor.csv"}}
meters:
  - {{id: 4, line: 2, place: 1, name: service, driver: weather, params: "path=main.temp unit=K", poll_s: 1}}
  - {{id: 5, line: 3, place: 1, name: thermometer, driver: weather, poll_s: 1}}
"""


class Service(http.server.BaseHTTPRequestHandler):
    status, body, asked = 200, b'{"main": {"temp": 269.65}}', 0

    def do_GET(self):
        type(self).asked += KEY in self.path
        self.send_response(Service.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(Service.body)

    def log_message(self, *_):
        pass


def values(place):
    """Last readings by meter."""
    return {r["meter"]: r for r in place.get("/last")["items"]}


def state(place, meter):
    return next(m for m in place.get("/meters/state")["items"] if m["meter"] == meter)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Place() as place:
        inputs = place.dir / "input"
        inputs.mkdir()
        os.environ["DOMOVOI_INPUT"] = str(inputs)
        station = pathlib.Path(inputs, "outdoor.csv")
        station.write_text("-3,5\n", encoding="utf-8")
        place.setup("format: 1\n" + SITE.format(port=server.server_port, key=KEY))
        place.start()
        place.wait(lambda: {4, 5} <= set(values(place)), "readings of both", place.node)
        by_meter = values(place)
        print(by_meter[4])
        check(abs(by_meter[4]["value"] - 269.65) < 1e-9, f"kelvin as told: {by_meter[4]}")
        check(by_meter[5]["value"] == -3.5, f"the file: {by_meter[5]}")
        check(Service.asked > 0, "the service was asked with its key")

        Service.status, Service.body = 500, b"<html>oops</html>"
        place.wait(lambda: state(place, 4)["error"] is not None, "the failure to be told", place.node)
        told = str(state(place, 4))
        check("500" in told, f"the cause: {told}")
        station.unlink()
        place.wait(lambda: "outdoor.csv" in str(state(place, 5)), "the missing file to be told", place.node)
        check(KEY not in told and KEY not in place.log_tail(100000), "no key in states and logs")

        Service.status, Service.body = 200, b'{"main": {"temp": 270.65}}'
        place.wait(lambda: abs(values(place)[4]["value"] - 270.65) < 1e-9, "the service again", place.node)
        place.stop_node()
    server.shutdown()
    print("ok")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
