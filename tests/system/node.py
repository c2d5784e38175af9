"""Start a simulator and a node as a user would, and talk to the node's API.

Used by the system tests: everything runs in a directory of its own and is gone afterwards.
"""
import http.cookiejar
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("DOMOVOI_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
DOMOVOI = os.environ.get("DOMOVOI", str(SOURCE / "build" / "domovoi"))
VECTORS = pathlib.Path(os.environ.get("DOMOVOI_VECTORS", SOURCE.parent / "shared" / "vectors"))
PASSWORD = "a long password for tests"


def need(path, what):
    """Skip aloud (exit 77) when foreign data are absent."""
    if not path.exists():
        print(f"skipped: no {what} (DOMOVOI_VECTORS)")
        sys.exit(77)
    return path


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class Place:
    """A directory with a database, a simulator and a node; context manager."""

    def __init__(self, db=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="domovoi-"))
        self.db = db or f"sqlite:{self.dir}/domovoi.db"
        self.children = []
        self.node = None
        self.port = None
        self.csrf = ""
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill_node()
        for child in self.children:
            child.terminate()
            child.wait(10)
        if os.environ.get("DOMOVOI_KEEP"):
            print("kept:", self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, *args, text=None, ok=True):
        """A sub-command to its end; its standard output."""
        done = subprocess.run([DOMOVOI, *args], input=text, capture_output=True, text=True, timeout=300)
        if ok and done.returncode != 0:
            raise AssertionError(f"domovoi {' '.join(args)}: exit {done.returncode}: {done.stderr}")
        return done.stdout if ok else done

    def sim(self, *args):
        """A virtual building; returns when its ports are there and its site text is written."""
        site = self.dir / "site.yaml"
        log = open(self.dir / "sim.log", "wb")
        child = subprocess.Popen([DOMOVOI, "sim", "--dir", str(self.dir / "lines"), "--site", str(site),
                                  "--control", str(self.dir / "control"), *args], stdout=log, stderr=log)
        self.children.append(child)
        self.wait(lambda: site.exists() and site.stat().st_size > 0, "the simulator's site", child)
        return site

    def setup(self, site_text):
        """A database with this configuration and an administrator."""
        self.run("db", "init", "--db", self.db)
        path = self.dir / "import.yaml"
        path.write_text(site_text, encoding="utf-8")
        self.run("db", "import", "--db", self.db, str(path))
        self.run("user", "add", "admin", "--role", "administrator", "--password-stdin", "--db", self.db,
                 text=PASSWORD + "\n")

    def start(self, *args, listen=True):
        """The node; with `listen`, returns when it answers, signed in."""
        self.port_file = self.dir / "node.log"
        log = open(self.port_file, "ab")
        where = ["--listen", "127.0.0.1:0"] if listen else ["--no-web"]
        offset = self.port_file.stat().st_size
        self.node = subprocess.Popen([DOMOVOI, "run", "--db", self.db, *where, *args], stdout=log, stderr=log)
        if listen:
            def port():
                for line in self.port_file.read_bytes()[offset:].decode(errors="replace").splitlines():
                    if "(port " in line:
                        self.port = int(line.split("(port ")[1].split(")")[0])
                        return True
                return False
            self.wait(port, "the node's port", self.node)
            self.sign_in()
        return self.node

    def finish(self, timeout=300):
        """Wait for a node that ends by itself."""
        code = self.node.wait(timeout)
        self.node = None
        check(code == 0, f"the node ended with {code}: " + self.log_tail())

    def stop_node(self):
        self.node.send_signal(signal.SIGTERM)
        code = self.node.wait(60)
        self.node = None
        check(code == 0, f"the node ended with {code}: " + self.log_tail())

    def kill_node(self):
        if self.node:
            self.node.kill()
            self.node.wait()
            self.node = None

    def log_tail(self, n=2000):
        path = self.dir / "node.log"
        return path.read_text(errors="replace")[-n:] if path.exists() else ""

    def wait(self, condition, what, child=None, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            if child is not None and child.poll() is not None:
                break
            time.sleep(0.02)
        logs = "".join((self.dir / n).read_text(errors="replace")[-2000:]
                       for n in ("sim.log", "node.log") if (self.dir / n).exists())
        raise AssertionError(f"waited in vain for {what}\n{logs}")

    # ---- the API ----

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        if self.csrf:
            request.add_header("X-CSRF-Token", self.csrf)
        with self.opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def get(self, path):
        return self.request("GET", path)

    def sign_in(self):
        self.csrf = ""
        self.csrf = self.request("POST", "/session", {"login": "admin", "password": PASSWORD})["csrf"]

    def stream(self):
        """The open event stream, for reading line by line."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/stream")
        return self.opener.open(request, timeout=60)
