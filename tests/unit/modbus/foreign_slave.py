"""A slave that is not ours answers `domovoi read`, and the values read are those put into it.

The slave is pymodbus: its frames, its decoder, its register store. Values are written into registers
with struct, from the addresses and types of meters/*.yaml as PyYAML reads them. Every meter is a unit
behind one TCP port; some are asked over a pseudo-terminal too, and through a transparent gateway
(RTU frames over TCP).

    foreign_slave.py DOMOVOI SOURCE
"""
import json
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import termios
import threading
import tty
from decimal import Decimal

try:
    import yaml
    from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext,
                                    ModbusSparseDataBlock)
    from pymodbus.factory import ServerDecoder
    from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

WORDS = {"u16": 1, "i16": 1, "u32": 2, "i32": 2, "f32": 2, "u64": 4, "i64": 4, "f64": 4,
         "bcd16": 1, "bcd32": 2}
STRUCT = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f", "u64": ">Q",
          "i64": ">q", "f64": ">d"}


def words_of(raw, kind, order):
    """The registers of a value: struct's bytes, then the word order of the meter."""
    data = struct.pack(STRUCT[kind], raw)
    pairs = [data[i:i + 2] for i in range(0, len(data), 2)]
    if order in ("CDAB", "DCBA"):
        pairs.reverse()
    if order in ("BADC", "DCBA"):
        pairs = [p[::-1] for p in pairs]
    return [int.from_bytes(p, "big") for p in pairs]


def pick(kind, rng):
    """A raw value: floats with five decimal digits, so that what is read is exactly what was set."""
    if kind in ("f32", "f64"):
        return round(rng.uniform(1, 999), 2)
    if kind in ("i16", "i32", "i64"):
        return rng.randrange(-30000, 30000)
    return rng.randrange(0, 60000)


class Meter:
    """One unit: its registers, and what must be read."""

    def __init__(self, path, unit):
        self.map = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.unit = unit
        self.expected = {}
        stores = {3: {}, 4: {}}
        function = self.map.get("function", 3)
        order = self.map.get("order", "ABCD")
        rng = random.Random(path.name)
        for block in self.map.get("blocks", []):
            store = stores[block.get("function", function)]
            for i in range(block["count"]):
                store[block["at"] + i] = 0
        for reg in self.map["registers"]:
            store = stores[reg.get("function", function)]
            at, kind = reg["at"], reg["type"]
            if kind == "text":
                for i in range(reg["words"]):
                    store[at + i] = 0x4142
                continue
            raw = pick(kind, rng)
            for i, word in enumerate(words_of(raw, kind, reg.get("order", order))):
                store[at + i] = word
            value = Decimal(str(raw)) * Decimal(str(reg.get("scale", 1)))
            if "minus" in reg:
                less = pick(kind, rng)
                for i, word in enumerate(words_of(less, kind, reg.get("order", order))):
                    store[reg["minus"] + i] = word
                value -= Decimal(str(less)) * Decimal(str(reg.get("scale", 1)))
            self.expected[reg["key"]] = float(value)
        self.context = ModbusSlaveContext(
            hr=ModbusSparseDataBlock(stores[3] or {0: 0}),
            ir=ModbusSparseDataBlock(stores[4] or {0: 0}), zero_mode=True)


class Slave:
    """pymodbus answers what comes on one stream of bytes."""

    def __init__(self, framer, context):
        self.framer = framer(ServerDecoder())
        self.context = context

    def feed(self, data, send):
        def answer(request):
            response = request.execute(self.context[request.unit_id])
            response.transaction_id = request.transaction_id
            response.unit_id = request.unit_id
            send(self.framer.buildPacket(response))
        self.framer.processIncomingPacket(data, answer, self.context.slaves())


def serve_tcp(framer, context):
    """Listens on a free port of this host; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def client(conn):
        slave = Slave(framer, context)
        with conn:
            while data := conn.recv(512):
                slave.feed(data, conn.sendall)

    def accept():
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=client, args=(conn,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def serve_pty(context):
    """Answers on the master's side of a pseudo-terminal; returns the path of the other."""
    master, other = os.openpty()
    tty.setraw(other, termios.TCSANOW)

    def run():
        slave = Slave(ModbusRtuFramer, context)
        while data := os.read(master, 512):
            slave.feed(data, lambda reply: os.write(master, reply))

    threading.Thread(target=run, daemon=True).start()
    return os.ttyname(other)


def read(domovoi, link, meter, transport):
    out = subprocess.run(
        [domovoi, "read", "--driver", "modbus", "--link", link, "--set",
         f"address={meter.unit}", "--set", f"model={meter.map['name']}", "--set",
         f"transport={transport}", "--set", "gap_ms=1", "--json"],
        capture_output=True, text=True, check=False, timeout=60)
    if out.returncode != 0:
        raise AssertionError(f"{meter.map['name']} over {link}: {out.stderr}{out.stdout}")
    return json.loads(out.stdout)


def must_match(meter, told, link):
    got = {s["key"]: s["value"] for s in told["samples"]}
    if set(got) != set(meter.expected):
        raise AssertionError(f"{meter.map['name']}: {set(got) ^ set(meter.expected)}")
    for key, value in meter.expected.items():
        # floats are scaled after their rounding: one unit in the last place of a double
        if abs(got[key] - value) > abs(value) * 2.3e-16:
            raise AssertionError(
                f"{meter.map['name']} over {link}: {key} is {got[key]}, not {value}")


def main(domovoi, source):
    paths = sorted((pathlib.Path(source) / "meters").glob("*.yaml"))
    meters = [Meter(path, unit) for unit, path in enumerate(paths, 1)]
    context = ModbusServerContext({m.unit: m.context for m in meters}, single=False)
    tcp = f"tcp://127.0.0.1:{serve_tcp(ModbusSocketFramer, context)}"
    gateway = f"tcp://127.0.0.1:{serve_tcp(ModbusRtuFramer, context)}"
    serial = f"serial:{serve_pty(context)}"
    for meter in meters:
        must_match(meter, read(domovoi, tcp, meter, "tcp"), tcp)
    for name in ("sdm630", "pzem_004t", "abb_b23", "domovoi_heat"):
        meter = next(m for m in meters if m.map["name"] == name)
        must_match(meter, read(domovoi, serial, meter, "rtu"), serial)
        must_match(meter, read(domovoi, gateway, meter, "rtu"), gateway)
    print(f"{len(meters)} meters agree with pymodbus over TCP, 4 over a pty and a gateway")


if __name__ == "__main__":
    main(*sys.argv[1:])
