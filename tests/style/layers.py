#!/usr/bin/env python3
"""The layers hold: who may include whom, and which file alone knows which library or descriptor.

docs/architecture.md draws the layers; this reads the includes of every C file below src/.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
src = root / "src"

# directory -> directories it may include from (besides itself)
LAYERS = {
    "base": set(),
    "model": {"base"},
    "proto": {"base", "model"},
    "drivers": {"base", "model", "proto"},
    "link": {"base", "model"},
    "store": {"base", "model"},
    "poll": {"base", "model", "drivers", "link", "store"},
    "calc": {"base", "model", "store"},
    "web": {"base", "model", "drivers", "calc", "store", "poll"},
    "sim": {"base", "model", "proto", "drivers", "poll", "link", "store"},
    "cmd": None,  # everything
}

# header -> the only files that may include it
ONLY = {
    "sqlite3.h": {"store/sql_sqlite.c"},
    "microhttpd.h": {"web/http.c"},
    "curl/curl.h": {"link/http.c"},
    "termios.h": {"link/serial.c", "sim/port_pty.c", "cmd/user.c"},
    "sodium.h": {"store/spill.c", "store/users.c", "web/auth.c", "web/password.c", "web/throttle.c"},
    "cyaml/cyaml.h": {"base/schema.c", "calc/figure_file.c", "calc/zones_file.c", "poll/meter_map_cyaml.h"},
}

# proto/ and drivers/ neither allocate, log, sleep nor read a clock
PURE = re.compile(r"\b(malloc|calloc|realloc|free|log_\w+|sleep|usleep|nanosleep|time|clock_(?:now|now_us|mono_us|gettime|wait)|fopen|printf)\s*\(")
# only link/ (and the simulator) opens lines
LINES = re.compile(r"\b(openpty|posix_openpt|tcsetattr|socket|connect)\s*\(")

findings = []


def strip_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


files = sorted(p for p in src.rglob("*") if p.suffix in (".c", ".h", ".def"))
for path in files:
    name = path.relative_to(src).as_posix()
    layer = name.split("/")[0]
    text = path.read_text(encoding="utf-8")
    code = strip_comments(text)
    if layer not in LAYERS:
        findings.append(f"{name}: no such layer in tests/style/layers.py")
        continue
    for number, line in enumerate(text.splitlines(), 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not m:
            continue
        target = m.group(2)
        where = f"{name}:{number}"
        if target in ONLY and name not in ONLY[target]:
            findings.append(f"{where}: only {', '.join(sorted(ONLY[target]))} may include {target}")
        allowed = LAYERS[layer]
        other = target.split("/")[0]
        if m.group(1) == '"' and other in LAYERS and other != layer:
            if allowed is not None and other not in allowed:
                findings.append(f"{where}: {layer}/ may not include {target}")
    if layer in ("proto", "drivers"):
        for m in PURE.finditer(code):
            line = code.count("\n", 0, m.start()) + 1
            findings.append(f"{name}:{line}: {m.group(1)}() in a layer without memory, log and time")
    if layer not in ("link", "sim", "web", "cmd"):
        for m in LINES.finditer(code):
            line = code.count("\n", 0, m.start()) + 1
            findings.append(f"{name}:{line}: {m.group(1)}(): only link/ touches lines")
    if path.suffix == ".c" and not text.lstrip().startswith("/*"):
        findings.append(f"{name}: no comment at the top that says what it is")

if not files:
    findings.append("no files below src/")
print("\n".join(findings) or f"{len(files)} files, layers hold")
sys.exit(1 if findings else 0)
