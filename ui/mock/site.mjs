/*
 * site.mjs - the mock's building: 12 flats, a heating point, three lines, and one that does not work
 */
export function makeSite() {
	let id = 0;
	const next = () => ++id;
	const site = { places: [], lines: [], meters: [], registers: [], channels: [], bindings: [] };
	const place = (o) => {
		const p = { id: next(), parent: 0, kind: "other", name: "", sort: 0, zone: "", report_hour: -1, report_day: 0,
			area_m2: 0, people: 0, floor: 0, address: "", note: "", ...o };
		site.places.push(p);
		return p.id;
	};
	const line = (o) => {
		const l = { id: next(), name: "", link: "", baud: 0, framing: "", reply_ms: 0, gap_ms: 0, has_echo: false,
			is_enabled: true, note: "", ...o };
		site.lines.push(l);
		return l.id;
	};
	const meter = (o) => {
		const m = { id: next(), line: 0, place: 0, name: "", driver: "mbus", params: "", serial: "", model: "", poll_s: 60,
			clock_s: 86400, archives: true, is_enabled: true, zone: "", report_hour: -1, report_day: 0, note: "", ...o };
		site.meters.push(m);
		return m.id;
	};
	const feed = (meterId, placeId, quantity, unit, key = quantity, channelUnit = unit, sort = 0) => {
		const r = { id: next(), meter: meterId, key, quantity, unit, form: "point", decimals: 3, capacity: 100000,
			max_rate: 0, is_ignored: false };
		site.registers.push(r);
		if (placeId) {
			const c = { id: next(), place: placeId, quantity, unit: channelUnit, name: "", sort, note: "" };
			site.channels.push(c);
			site.bindings.push({ id: next(), channel: c.id, register: r.id, from_utc: null, till_utc: null,
				multiplier: 1, reading_fitted: null, reading_removed: null, note: "" });
		}
	};

	const house = place({ kind: "building", name: "Лесная, 14", zone: "Europe/Moscow", area_m2: 748.4, people: 31,
		address: "Тверь, Лесная улица, 14" });
	const point = place({ parent: house, kind: "heating_point", name: "Тепловой пункт", sort: 1 });
	const mbus = line({ name: "M-Bus, подвал", link: "serial:/dev/ttyUSB0", baud: 2400, framing: "8E1" });
	const rs485 = line({ name: "RS-485, щитовая", link: "serial:/dev/ttyUSB1", baud: 9600, framing: "8N1" });
	const tcp = line({ name: "Шлюз теплового пункта", link: "tcp://192.168.1.20:4001" });
	line({ name: "Резервный порт", link: "serial:/dev/ttyUSB7", baud: 9600 });

	const input = meter({ line: tcp, place: point, name: "Теплосчётчик ввода", driver: "modbus",
		params: "model=heat_input address=1", serial: "0214557", model: "heat meter, 2 pipes" });
	feed(input, point, "heat_energy", "Gcal", "heat_energy", "Gcal", 1);
	feed(input, point, "volume_supply", "m3", "volume_supply", "m3", 2);
	feed(input, point, "volume_return", "m3", "volume_return", "m3", 3);
	feed(input, point, "operating_time", "h", "operating_time", "h", 4);
	for (const [q, u] of [["temperature_supply", "°C"], ["temperature_return", "°C"], ["flow_supply", "m3/h"],
		["heat_power", "Gcal/h"], ["pressure_supply", "MPa"], ["pressure_return", "MPa"]]) {
		feed(input, point, q, u);
	}
	feed(input, 0, "error_code", "");
	const common = meter({ line: rs485, place: house, name: "Общедомовой электросчётчик", driver: "modbus",
		params: "model=three_phase address=1", serial: "31180022" });
	feed(common, house, "active_energy", "kWh");
	feed(common, house, "active_power", "kW");
	for (const l of [1, 2, 3]) {
		feed(common, 0, "voltage", "V", `voltage.l${l}`);
	}
	const coldIn = meter({ line: mbus, place: house, name: "Водомер ввода", params: "address=1", serial: "70010001" });
	feed(coldIn, house, "cold_water", "m3");

	let number = 0;
	for (const e of [1, 2]) {
		const entrance = place({ parent: house, kind: "entrance", name: `Подъезд ${e}`, sort: e + 1 });
		for (let floor = 1; floor <= 3; floor++) {
			for (let i = 0; i < 2; i++) {
				number++;
				const flat = place({ parent: entrance, kind: "flat", name: `Квартира ${number}`, sort: number, floor,
					area_m2: i ? 44.1 : 61.3, people: 1 + number % 4 });
				const water = (q, name, n) => {
					const m = meter({ line: mbus, place: flat, name: `${name}, кв. ${number}`, params: `address=${n}`,
						serial: String(70010000 + n) });
					feed(m, flat, q, "m3", "volume", "m3", q === "cold_water" ? 2 : 1);
				};
				water("hot_water", "ГВС", number * 3);
				water("cold_water", "ХВС", number * 3 + 1);
				const heat = meter({ line: mbus, place: flat, name: `Тепло, кв. ${number}`, params: `address=${number * 3 + 2}`,
					serial: String(80010000 + number) });
				feed(heat, flat, "heat_energy", "kWh", "energy", "Gcal", 0);
				const power = meter({ line: rs485, place: flat, name: `Электро, кв. ${number}`, driver: "modbus",
					params: `model=single_phase address=${10 + number}`, serial: String(31180100 + number) });
				feed(power, flat, "active_energy", "kWh", "active_energy", "kWh", 3);
			}
		}
	}
	return { site, next };
}

/* A second, empty site, for the steps from nothing to the first value. */
export function emptySite() {
	let id = 0;
	return { site: { places: [], lines: [], meters: [], registers: [], channels: [], bindings: [] }, next: () => ++id };
}
