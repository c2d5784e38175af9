#!/usr/bin/env python3
"""Every answer of a running server is what docs/api.yaml says.

usage: check.py SERVER docs/api.yaml

SERVER (tests/api/serve.c) serves two small houses. Every operation of the description is called, as
every kind of user, with the numbers of objects that exist and of some that do not; status and body
must be described, and every operation must succeed at least once.
"""
import http.client
import json
import subprocess
import sys
import urllib.parse

import jsonschema
import yaml

PASSWORD = "correct horse"
# numbers of house.h, by what the path is about
IDS = {"places": [1, 3, 4, 9, 99], "lines": [10, 11, 99], "meters": [12, 13, 17, 99],
       "registers": [18, 19, 99], "channels": [24, 25, 99], "bindings": [30, 31, 99],
       "formulas": [37, 99], "parameters": [38, 39, 99], "closings": [99], "verdicts": [1, 2, 99],
       "users": [1, 2, 99], "grants": [99]}
QUERIES = {"period": "hour", "resource": "cold_water", "calendar": "population_3", "from": "2026-01-10", "till": "2026-01-12", "start": "2026-01-10T03:00",
           "month": "2026-01", "service": "cold_water"}

failures = []


def fail(text):
    failures.append(text)


def to_json_schema(node):
    """OpenAPI 3.0 says nullable; JSON Schema says null is one of the types."""
    if isinstance(node, list):
        return [to_json_schema(x) for x in node]
    if not isinstance(node, dict):
        return node
    node = {k: to_json_schema(v) for k, v in node.items()}
    if node.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, node]}
    return node


class Api:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.raw = yaml.safe_load(f)
        self.spec = to_json_schema(self.raw)

    def deref(self, node):
        while "$ref" in node:
            at = self.raw
            for part in node["$ref"][2:].split("/"):
                at = at[part]
            node = at
        return node

    def check(self, schema, value):
        resolver = jsonschema.RefResolver("", self.spec)
        jsonschema.Draft7Validator(to_json_schema(schema), resolver=resolver).validate(value)

    def operations(self):
        for path, methods in self.raw["paths"].items():
            for method, op in methods.items():
                yield path, method.upper(), op


class Client:
    def __init__(self, port, login=None):
        self.port, self.headers = port, {}
        if login:
            status, headers, body = self.call("POST", "/session", {"login": login, "password": PASSWORD})
            assert status == 200, (login, status, body)
            self.headers = {"Cookie": headers["Set-Cookie"].split(";")[0],
                            "X-CSRF-Token": json.loads(body)["csrf"]}

    def call(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        c.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
        r = c.getresponse()
        is_stream = r.headers.get("Content-Type") == "text/event-stream"
        data = r.read(40) if is_stream else r.read()
        c.close()
        return r.status, r.headers, data


class Checker:
    def __init__(self, api):
        self.api = api
        self.succeeded = set()

    def call(self, client, who, path, method, op, real_path, body=None):
        status, headers, data = client.call(method, real_path, body)
        where = f"{method} {real_path} as {who}: {status}"
        if 200 <= status < 300:
            self.succeeded.add(op["operationId"])
        responses = op["responses"]
        if str(status) in responses:
            response = self.api.deref(responses[str(status)])
        elif status in (400, 401, 403, 404, 405, 413, 415, 429, 503):
            # what any operation may answer is described once
            response = self.api.raw["components"]["responses"]["Error"]
        else:
            fail(f"{where} is not described: {data[:200]}")
            return None
        content = response.get("content")
        if not content:
            if data:
                fail(f"{where} has a body: {data[:200]}")
            return None
        kind = headers.get("Content-Type", "").split(";")[0]
        if kind not in content:
            fail(f"{where}: Content-Type {kind}")
            return None
        if kind != "application/json":
            return None
        value = json.loads(data)
        try:
            self.api.check(content[kind]["schema"], value)
        except jsonschema.ValidationError as e:
            fail(f"{where}: {'/'.join(map(str, e.absolute_path))}: {e.message[:300]}")
        return value

    def find(self, operation):
        for path, method, op in self.api.operations():
            if op["operationId"] == operation:
                return path, method, op
        raise KeyError(operation)

    def do(self, client, operation, number=None, body=None, query=""):
        path, method, op = self.find(operation)
        real = path.replace("{id}", str(number)) + query
        return self.call(client, "root", path, method, op, real, body)


def query_of(api, op):
    wanted = {}
    for p in op.get("parameters", []):
        p = api.deref(p)
        if p["in"] == "query" and p["name"] in QUERIES:
            wanted[p["name"]] = QUERIES[p["name"]]
    return "?" + urllib.parse.urlencode(wanted) if wanted else ""


def read_everything(checker, port):
    api = checker.api
    for login in (None, "root", "tech", "manager", "supplier", "city", "resident"):
        client = Client(port, login)
        for path, method, op in api.operations():
            if method != "GET":
                continue
            for number in IDS[path.split("/")[1]] if "{id}" in path else [0]:
                real = path.replace("{id}", str(number)) + query_of(api, op)
                checker.call(client, login, path, method, op, real)
                if "period=hour" in real:
                    for period in ("half_hour", "day", "month"):
                        checker.call(client, login, path, method, op,
                                     real.replace("period=hour", "period=" + period))


def write_everything(checker, port):
    root = Client(port, "root")
    new = {
        "place": {"name": "new", "kind": "flat", "parent": 3, "area_m2": 40.5},
        "line": {"name": "new", "link": "tcp://127.0.0.1:9"},
        "meter": {"name": "new", "line": 10, "place": 4, "driver": "mbus", "params": "address=9"},
        "register": {"meter": 13, "key": "volume", "quantity": "volume", "unit": "m3"},
        "channel": {"place": 4, "quantity": "volume", "unit": "m3"},
        "binding": {"channel": 25, "register": 19, "from_utc": 1700000000, "till_utc": 1700003600},
        "formula": {"channel": 25, "text": "1 m3", "from_utc": 1600000000, "till_utc": 1600003600},
        "parameter": {"place": 4, "code": "norm.cold_water", "value": 4.5, "unit": "m3"},
    }
    # the binding of house.h is open at both ends: make room for one before it
    checker.do(root, "binding_put", 31, {"from_utc": 1700003600})
    made = []
    for kind, body in new.items():
        made_one = checker.do(root, kind + "_post", body=body)
        if not made_one or "id" not in made_one:
            fail(f"{kind}: not made: {made_one}")
            continue
        made.append((kind, made_one["id"]))
        checker.do(root, kind + "_put", made_one["id"], {} if kind == "binding" else {k: v for k, v in body.items()})
        checker.do(root, kind + "_post", body={"no_such_field": 1})
        checker.do(root, kind + "_history", made_one["id"])
    for kind, number in reversed(made):
        checker.do(root, kind + "_delete", number)
    formula = {"id": 37, "text": "2 * input", "channel": 36}
    checker.do(root, "recompute_preview", body={"changes": [{"kind": "formula", "object": formula}], "period": "day"})
    checker.do(root, "recompute_preview", body={"changes": [{"kind": "formula", "object": {"id": 37, "text": "nobody"}}]})
    checker.do(root, "recompute_preview", body={"changes": [{"kind": "formula", "id": 37, "is_deleted": True}]})
    checker.do(root, "recompute_preview", body={"changes": []})
    checker.do(root, "recompute_post", body={"channels": [36], "why": "test"})
    checker.do(root, "recompute_post", body={"channels": []})
    for text in ("input / 2", "input +", "1 t", "nobody"):
        checker.do(root, "formula_check", body={"channel": 36, "text": text})
    checker.do(root, "formula_check", body={"place": 1, "unit": "GJ", "period": "day", "text": "sum(input, -1d, 0d) * 1"})
    checker.do(root, "formula_check", body={"text": "1"})
    checker.do(root, "formula_functions")
    hour = 1767992400 + 9 * 3600
    word = {"reason": "other", "document": "act 7", "comment": "test"}
    checker.do(root, "channel_values", 25, {"period": "hour", "values": [{"start": hour, "value": 1.5}], **word})
    checker.do(root, "channel_values", 25, {"period": "hour", "values": [{"start": hour, "is_restore": True}], **word})
    checker.do(root, "channel_values", 25, {"period": "hour", "values": [{"start": hour + 1, "value": 1.5}], **word})
    checker.do(root, "channel_values", 25, {"period": "hour", "values": [{"start": hour, "value": 1.5}]})
    checker.do(root, "verdict_decision", 1, {"decision": "accept", **word})
    checker.do(root, "verdict_decision", 1, {"decision": "doubt", **word})
    checker.do(root, "verdict_decision", 99, {"decision": "accept", **word})
    checker.do(root, "verdict_decisions", body={"ids": [1, 2, 99], "decision": "reject", **word})
    checker.do(root, "verdict_list", query="?state=decided")
    closed = checker.do(root, "closing_post", 1, {"month_utc": 1766000000, "note": "bill"})
    checker.do(root, "closing_post", 1, {"month_utc": 1766000000})
    checker.do(root, "closing_list", 1)
    checker.do(root, "closing_delete", closed["id"])
    checker.do(root, "closing_delete", closed["id"])
    user = checker.do(root, "user_post", body={"login": "api", "name": "Api", "password": PASSWORD, "lang": "ru"})
    checker.do(root, "user_put", user["id"], {"name": "API"})
    grant = checker.do(root, "grant_post", body={"user": user["id"], "role": "city", "place": 0})
    client = Client(port, "api")
    checker.do(client, "session_password_put", body={"password": PASSWORD, "new_password": PASSWORD + "!"})
    checker.do(root, "grant_delete", grant["id"])
    checker.do(root, "meter_read", 13)
    checker.do(root, "session_post", body={"login": "root", "password": PASSWORD})
    checker.do(root, "session_post", body={"login": "root", "password": "wrong"})
    checker.do(Client(port, "city"), "session_delete")


def main():
    api = Api(sys.argv[2])
    checker = Checker(api)
    server = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        port = int(server.stdout.readline())
        read_everything(checker, port)
        write_everything(checker, port)
    finally:
        server.stdin.close()
        if server.wait(timeout=60) != 0:
            fail("the server did not end well")
    # need a line that is polled: the node's own tests read meters and traces
    without_poll = {"meter_read", "line_trace"}
    for _, _, op in api.operations():
        if op["operationId"] not in checker.succeeded | without_poll:
            fail(f"{op['operationId']} never succeeded")
    for text in failures[:40]:
        print(text)
    print(f"{len(checker.succeeded)} operations, {len(failures)} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
