#!/usr/bin/env python3
"""The tree speaks of itself alone: no machine paths, no secrets, formatted C, whole documents."""
import pathlib
import re
import shutil
import subprocess
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
if listed.returncode != 0:
    print("skipped: not a git checkout")
    sys.exit(77)
names = [n for n in listed.stdout.decode().split("\0") if n]
findings = []

MACHINE = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root|home/\w+)/")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
for name in names:
    path = root / name
    if not path.is_file() or path.suffix in (".png", ".ico", ".gz", ".bin") or "/corpus/" in name:
        continue
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        continue
    if name == "tests/style/tree.py":
        continue
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE.search(line) and not name.endswith("package-lock.json"):
            findings.append(f"{name}:{number}: a path of one machine")
        if SECRET.search(line):
            findings.append(f"{name}:{number}: a private key")

c_files = [n for n in names if n.endswith((".c", ".h")) and (root / n).is_file()]
if shutil.which("clang-format"):
    r = subprocess.run(["clang-format", "--dry-run", "--Werror", *c_files], cwd=root,
                       capture_output=True, check=False)
    bad = sorted({l.split(":")[0] for l in r.stderr.decode().splitlines() if "error:" in l})
    findings += [f"{n}: not formatted (clang-format -i)" for n in bad]
else:
    print("clang-format is absent: formatting not checked")

for name in c_files:
    if name.startswith("src/"):
        lines = (root / name).read_text(encoding="utf-8").count("\n")
        if lines > 700:
            findings.append(f"{name}: {lines} lines: look for the second thing in it")

print("\n".join(findings) or f"{len(names)} files in order")
sys.exit(1 if findings else 0)
