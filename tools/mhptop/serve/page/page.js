// SPDX-License-Identifier: GPL-2.0-only
// Shows the state of this machine's memory, and operations as they end. /state is a JSON object, /events are server-sent
// events: operations, and how many records mhptop has read, by which the page knows that its state is old.
"use strict";

const KINDS = {online: "online", boot: "online since boot", offline: "offline", going: "going online or offline", failed: "an offline failed",
	removed: "removed"};
const OPERATIONS_SHOWN = 200;
// fetch() refuses an address with the password in it, which some people type for this page.
const STATE = new URL("state", location.origin + location.pathname);
const element = id => document.getElementById(id);
let state = null, cells = [], chosen = -1, seen = null, operations = [];

function bytes(value) {
	if (value === null || value === undefined)
		return "?";
	const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let unit = 0;
	while (Math.abs(value) >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const pages = value => value === null ? "?" : bytes(value * state.page_bytes);
const unknown = value => value === null ? "?" : String(value);
const hex = value => "0x" + value.toString(16);
const memory = (start, size) => `${hex(start)}-${hex(start + size - 1)}`;

function duration(ns) {
	if (ns === null)
		return "?";
	for (const [limit, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "us"]])
		if (ns >= limit)
			return `${(ns / limit).toPrecision(3)} ${unit}`;
	return `${ns} ns`;
}

// Rows of texts; "n" marks those that are numbers. Texts are never taken for HTML.
function fill(id, rows, numeric, classes) {
	element(id).replaceChildren(...rows.map((row, nth) => {
		const tr = document.createElement("tr");
		tr.className = classes ? classes[nth] : "";
		row.forEach((text, column) => {
			const td = tr.insertCell();
			td.textContent = text;
			td.className = numeric.includes(column) ? "n" : "";
		});
		return tr;
	}));
}

function kindOf(run) {
	if (run.state.startsWith("going") || run.state === "adding" || run.state === "removing")
		return "going";
	if (run.state === "online")
		return run.hosting === "boot" ? "boot" : "online";
	if (run.state === "offline")
		return "offline";
	return "removed";
}

function showHeader() {
	element("host").textContent = state.host;
	document.title = `mhptop ${state.host}`;
	element("about").textContent = `Linux ${state.kernel}, source ${state.source}, memory blocks of ${bytes(state.block_bytes)}, ` +
		`${state.events.seen} events, ${state.events.lost} lost.`;
	element("notice").hidden = !state.notice;
	element("notice").textContent = state.notice || "";
}

function showAttention() {
	const found = state.attention.findings.map(one => `${one.text}: ${one.do}`);
	const more = state.attention.found - state.attention.findings.length, doubts = state.attention.unknown;
	if (more > 0)
		found.push(`And ${more} more.`);
	if (state.violated)
		found.unshift(`The kernel violated rules ${state.violated} times: record the events, and run mhptop check.`);
	if (!found.length)
		found.push(doubts.length ? "Nothing was found, but not everything can be known." : "Nothing.");
	if (doubts.length)
		found.push(`Unknown: ${doubts.join(", ")}.`);
	element("attention").replaceChildren(...found.map(text => {
		const item = document.createElement("li");
		item.textContent = text;
		return item;
	}));
}

function showSums() {
	const sums = state.sums, lost = state.events.lost;
	element("lost").hidden = !lost;
	element("lost").textContent = lost ? `${lost} events were lost: these sums may lack what they said.` : "";
	const rows = [["Present", pages(sums.present)], ["Managed", pages(sums.managed)], ["Memmap in added memory", pages(sums.self_hosted)],
		["Memmap from the rest", pages(sums.buddy_hosted)], ["Memory blocks", sums.blocks], ["Online", sums.blocks_online],
		["Offline", sums.blocks_offline], ["Failed operations", unknown(sums.failures)]];
	element("sums").replaceChildren(...rows.map(([name, text]) => {
		const pair = document.createElement("div");
		pair.append(document.createElement("dt"), document.createElement("dd"));
		pair.firstChild.textContent = name;
		pair.lastChild.textContent = text;
		return pair;
	}));
}

function runName(run) {
	return run.count > 1 ? `memory${run.id} to memory${run.id + run.count - 1}` : `memory${run.id}`;
}

function showTables() {
	fill("runs", state.runs.map(run => [runName(run), run.count, run.state + (run.failed ? ", an offline failed" : ""), unknown(run.node),
		unknown(run.zone), unknown(run.hosting)]), [1]);
	fill("zones", state.zones.map(zone => [zone.node, zone.zone, pages(zone.present), pages(zone.managed), pages(zone.vmemmap_pages),
		zone.blocks_online]), [2, 3, 4, 5]);
	fill("ranges", state.ranges.map(range => [memory(range.base_pfn * state.page_bytes, range.nr_pages * state.page_bytes),
		unknown(range.node), unknown(range.hosting), unknown(range.why), pages(range.vmemmap_pages),
		range.removed ? "removed" : range.reason || "there"]), [4]);
}

// A cell is one memory block, or several if there are too many to see; the worst of them gives it its colour. "alike" of
// them are as bad, the first of which is "first"; "run" is the run that all of them are in, or null.
function makeCells(room) {
	const rank = kind => ["removed", "boot", "online", "offline", "going", "failed"].indexOf(kind);
	const total = state.runs.reduce((sum, run) => sum + run.count, 0);
	const group = Math.max(1, Math.ceil(total / room));
	const made = [];
	for (const run of state.runs) {
		const kind = run.failed && run.state === "online" ? "failed" : kindOf(run);
		let id = run.id, left = run.count, last = made[made.length - 1];
		if (last && last.id + last.count === id && last.count < group) {
			const taken = Math.min(left, group - last.count);
			if (rank(kind) > rank(last.kind))
				Object.assign(last, {kind, alike: 0, first: id});
			last.alike += kind === last.kind ? taken : 0;
			last.run = null;
			last.count += taken;
			id += taken;
			left -= taken;
		}
		for (; left > 0; id += group, left -= group)
			made.push({id, count: Math.min(group, left), kind, alike: Math.min(group, left), first: id, run});
	}
	return made;
}

function drawMap() {
	const canvas = element("map"), width = canvas.clientWidth || 300, ratio = window.devicePixelRatio || 1;
	if (!state)
		return;
	const total = state.runs.reduce((sum, run) => sum + run.count, 0);
	const size = total <= 512 ? 16 : total <= 4096 ? 10 : 6;
	const columns = Math.max(8, Math.floor(width / size / 8) * 8);
	cells = makeCells(columns * 64);
	const rows = Math.max(1, Math.ceil(cells.length / columns));
	canvas.style.height = `${rows * size}px`;
	canvas.width = width * ratio;
	canvas.height = rows * size * ratio;
	const context = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
	context.scale(ratio, ratio);
	cells.forEach((cell, nth) => {
		cell.x = nth % columns * size;
		cell.y = Math.floor(nth / columns) * size;
		context.fillStyle = style.getPropertyValue(`--${cell.kind}`);
		context.fillRect(cell.x, cell.y, size - 1, size - 1);
		// Not by colour alone: what is offline has a hole, what moves or failed has a bar.
		context.fillStyle = style.getPropertyValue("--bg");
		if (cell.kind === "offline")
			context.fillRect(cell.x + size / 4, cell.y + size / 4, size / 2 - 1, size / 2 - 1);
		else if (cell.kind === "going" || cell.kind === "failed")
			context.fillRect(cell.x, cell.y + size / 2 - 1, size - 1, 1.5);
		if (nth === chosen) {
			context.strokeStyle = style.getPropertyValue("--fg");
			context.lineWidth = 2;
			context.strokeRect(cell.x, cell.y, size - 1, size - 1);
		}
	});
	canvas.dataset.columns = columns;
	canvas.dataset.size = size;
	canvas.setAttribute("aria-label", `${total} memory blocks, ${state.sums.blocks_online} online, ${state.sums.blocks_offline} offline`);
}

function runText(run) {
	return `${run.state}, node ${unknown(run.node)}, zone ${unknown(run.zone)}, memmap hosted by ${unknown(run.hosting)}` +
		`${run.failed ? ", an offline failed: mhptop explain says why" : ""}`;
}

// Of memory blocks that differ, only the number of the worst ones is true.
function groupText(cell) {
	const text = `${cell.alike} of ${cell.count} ${cell.kind === "failed" ? "online after an offline failed" : KINDS[cell.kind]}`;
	return cell.alike < cell.count ? `${text}, the first is memory${cell.first}` : text;
}

function choose(nth) {
	if (!cells.length)
		return;
	chosen = Math.max(0, Math.min(cells.length - 1, nth));
	const cell = cells[chosen], start = cell.id * state.block_bytes;
	element("cell").textContent = `${runName(cell)}, ${memory(start, cell.count * state.block_bytes)}: ` +
		(cell.run ? runText(cell.run) : groupText(cell));
	drawMap();
}

function showLegend() {
	element("legend").replaceChildren(...Object.entries(KINDS).map(([kind, text]) => {
		const item = document.createElement("span");
		item.innerHTML = `<svg viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" class="${kind}"/></svg>`;
		item.append(text);
		return item;
	}));
}

function showOperations() {
	element("none").hidden = operations.length > 0;
	fill("operations", operations.map(one => [one.time ? new Date(one.time).toLocaleTimeString() : duration(one.ns), one.operation,
		memory(one.start, one.bytes), one.ret ? `failed: ${one.reason || "?"} (${one.ret})` : "ok", duration(one.duration)]), [4],
	operations.map(one => one.ret ? "failed" : ""));
	const ends = operations.map(one => one.ns), first = Math.min(...ends.map((ns, nth) => ns - (operations[nth].duration || 0)));
	const span = Math.max(1, Math.max(...ends) - first), line = element("line");
	line.setAttribute("viewBox", "0 0 1000 30");
	line.replaceChildren(...operations.map(one => {
		const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
		const width = Math.max(3, (one.duration || 0) / span * 1000);
		for (const [key, value] of Object.entries({x: Math.min(1000 - width, (one.ns - (one.duration || 0) - first) / span * 1000), width,
			y: {add: 2, online: 9, offline: 16, remove: 23}[one.operation], height: 6, class: one.ret ? "failed" : "online"}))
			bar.setAttribute(key, value);
		return bar;
	}));
}

async function load() {
	const answer = await fetch(STATE);
	if (!answer.ok)
		throw new Error(await answer.text());
	state = await answer.json();
	showHeader();
	showAttention();
	showSums();
	showTables();
	drawMap();
	document.body.dataset.ready = "1";
}

// One request for the state at a time, and one more if something came meanwhile.
let loading = false, again = false;
async function reload() {
	again = true;
	if (loading)
		return;
	loading = true;
	try {
		while (again) {
			again = false;
			await load();
		}
	} catch (error) {
		element("connection").textContent = `cannot read the state: ${error.message}`;
	}
	loading = false;
}

function follow() {
	const source = new EventSource("events");
	source.addEventListener("operation", event => {
		operations.unshift(JSON.parse(event.data));
		operations.length = Math.min(operations.length, OPERATIONS_SHOWN);
		showOperations();
	});
	source.addEventListener("seen", event => {
		element("connection").textContent = "Connected.";
		if (event.data !== seen || state && state.runs.some(run => kindOf(run) === "going"))
			reload();
		seen = event.data;
	});
	let failed = 0;
	source.addEventListener("open", () => failed = 0);
	// Each answer ends, and the browser asks again. Two errors without an answer between them are a failure.
	source.addEventListener("error", () => {
		if (++failed > 1)
			element("connection").textContent = "Not connected: this may be old.";
	});
}

function keys(event) {
	const columns = Number(element("map").dataset.columns);
	const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity}[event.key];
	if (step === undefined)
		return;
	event.preventDefault();
	choose(chosen + step);
}

function point(event) {
	const map = element("map"), size = Number(map.dataset.size), box = map.getBoundingClientRect();
	const nth = Math.floor((event.clientY - box.top) / size) * Number(map.dataset.columns) + Math.floor((event.clientX - box.left) / size);
	if (nth !== chosen && nth < cells.length)
		choose(nth);
}

showLegend();
element("map").addEventListener("keydown", keys);
element("map").addEventListener("pointermove", point);
element("map").addEventListener("pointerdown", point);
window.addEventListener("resize", drawMap);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);
follow();
