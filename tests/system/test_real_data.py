#!/usr/bin/env python3
"""Real consumption, played through simulated M-Bus meters and polled over a pseudo-terminal, comes back as it was.

Two weeks of hourly water readings of twelve flats (DAIAD, vectors/datasets/daiad_water), then two weeks of a
building's heat meter (HSLU, vectors/datasets/hslu_lcm). In the middle the line is dead for a day: the node hears
nothing, and heals its archive from the meters' memory afterwards. The expectation is computed here from the data alone.
"""
import csv
import datetime
import gzip
import io
import sys
import zipfile

from node import VECTORS, Place, check, need

UTC = datetime.timezone.utc
HOUR = datetime.timedelta(hours=1)


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def water(path, start, till, flats):
    """Rows of the first `flats` flats whose readings never fall in the time: {key: [(time, litres)]}."""
    rows = {}
    with zipfile.ZipFile(path) as z, z.open("swm_trialA_clean.csv") as f:
        reader = csv.reader(io.TextIOWrapper(f, "utf-8"), delimiter=";")
        next(reader)
        for key, when, litres, _ in reader:
            t = datetime.datetime.strptime(when, "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC)
            if start - 3 * HOUR <= t < till + 3 * HOUR:
                rows.setdefault(key, []).append((t, float(litres)))
    good = {}
    for key, r in rows.items():
        if (len(good) < flats and len(r) > 340 and r[0][0] <= start and r[-1][1] - r[0][1] > 500
                and all(a[0] < b[0] and a[1] <= b[1] for a, b in zip(r, r[1:]))):
            good[key] = r
    check(len(good) == flats, f"only {len(good)} flats have whole data")
    return good


def heat(path, start, till):
    """Readings of the building's heat meter, kWh."""
    rows = []
    with gzip.open(path, "rt", encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter=";"):
            t = datetime.datetime.strptime(row["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            if row["energyHeatingMeter"] and start - 48 * HOUR <= t < till + 48 * HOUR:
                rows.append((t, float(row["energyHeatingMeter"])))
    check(len(rows) > 14, "no heat readings in the time")
    return rows


def reading_at(rows, t):
    """What the meter shows at t: the last reading told before."""
    value = None
    for when, reading in rows:
        if when > t:
            break
        value = reading
    return value


def play(place, start, till, outage, sim_args):
    clock = place.dir / "clock"
    fault = f"heating-point:silence:from={iso(outage[0])},till={iso(outage[1])}"
    site = place.sim("--zone", "UTC", "--no-tcp", "--flats", "1", "--poll", "3600", "--clock", str(clock), "--born", iso(start - 24 * HOUR),
                     "--fault", fault, *sim_args)
    # a pseudo-terminal answers at once: a dead line shall not cost the test its time
    place.setup(site.read_text(encoding="utf-8").replace("    baud: ", "    reply_ms: 30\n    baud: "))
    place.start("--clock", str(clock), "--start", iso(start), "--until", iso(till), listen=False)
    place.finish()
    for child in place.children:
        child.terminate()
    # what was kept is read from a node that polls nothing any more
    text = place.run("db", "export", "--db", place.db)
    (place.dir / "quiet.yaml").write_text(text.replace("is_enabled: true", "is_enabled: false"), encoding="utf-8")
    place.run("db", "import", "--db", place.db, str(place.dir / "quiet.yaml"))
    place.start()


def compare(place, channel, rows, start, till, outage, factor, resolution, unit):
    """The channel's hours equal the differences of readings to the meter's resolution."""
    answer = place.get(f"/channels/{channel['id']}/archive?period=hour&from={iso(start)}&till={iso(till)}")
    check(answer["unit"]["symbol"] == unit, f"unit {answer['unit']}")
    hours = int((till - start) / HOUR)
    check(len(answer["start"]) == hours, f"{len(answer['start'])} hours of {hours}")
    healed, wrong, total, expected_total = 0, [], 0.0, 0.0
    for i in range(hours):
        t = start + i * HOUR
        expect = (reading_at(rows, t + HOUR) - reading_at(rows, t)) * factor
        value = answer["value"][i]
        if value is None or abs(value - expect) > resolution * 1.001 or answer["quality"][i] not in (0, "MEASURED"):
            wrong.append((iso(t), value, expect, answer["quality"][i]))
        total += value or 0
        expected_total += expect
        healed += outage[0] <= t < outage[1] - HOUR
    check(not wrong, f"{channel['name']}: {len(wrong)} hours differ, first {wrong[:3]}")
    check(abs(total - expected_total) <= 2 * resolution, f"sum {total} is not {expected_total}")
    check(answer["completeness"]["share"] == 1, f"completeness {answer['completeness']}")
    return healed


def main():
    datasets = need(VECTORS / "datasets", "datasets")
    start = datetime.datetime(2016, 11, 7, tzinfo=UTC)
    till = start + 14 * 24 * HOUR
    outage = (start + 6.5 * 24 * HOUR, start + 7.5 * 24 * HOUR)
    for key, rows in water(datasets / "daiad_water" / "swm_trialA_clean.zip", start, till, 2).items():
        with Place() as place:
            path = place.dir / "water.csv"
            with open(path, "w", encoding="utf-8", newline="") as f:
                f.write("user.key;datetime;meter.reading;diff\n")
                f.writelines(f"{key};{t:%d/%m/%Y %H:%M:%S};{litres:.0f};0\n" for t, litres in rows)
            play(place, start, till + 2 * HOUR, outage, ["--profile", f"{path},to=input.cold,zone=UTC"])
            healed = compare(place, input_channel(place, "cold_water"), rows, start, till, outage, 0.001, 0.001, "m3")
            print(f"water: 336 hours equal the data; {healed} hours healed after the outage")

    start = datetime.datetime(2019, 1, 14, tzinfo=UTC)
    till = start + 14 * 24 * HOUR
    outage = (start + 6.5 * 24 * HOUR, start + 7.5 * 24 * HOUR)
    with Place() as place:
        rows = heat(datasets / "hslu_lcm" / "centralHeating.csv.gz", start, till)
        path = place.dir / "heat.csv"
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write("time;energyHeatingMeter\n")
            f.writelines(f"{t:%Y-%m-%d %H:%M:%S};{kwh}\n" for t, kwh in rows)
        play(place, start, till + 2 * HOUR, outage, ["--profile", f"{path},to=input.heat,unit=kWh,zone=UTC"])
        healed = compare(place, input_channel(place, "heat_energy"), rows, start, till, outage, 1 / 1163, 1e-4, "Gcal")
        print(f"heat: 336 hours equal the data; {healed} hours healed after the outage")
    return 0


def input_channel(place, quantity):
    """The channel of the supply input that a meter feeds."""
    computed = {f["channel"] for f in place.get("/formulas")["items"]}
    points = {p["id"] for p in place.get("/places")["items"] if p["kind"] == "heating_point"}
    found = [c for c in place.get("/channels")["items"]
             if c["quantity"] == quantity and c["place"] in points and c["id"] not in computed]
    check(len(found) == 1, f"{len(found)} channels of {quantity} at the input")
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
