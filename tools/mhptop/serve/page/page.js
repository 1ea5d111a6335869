// SPDX-License-Identifier: GPL-2.0-only
// Shows the state of this machine's memory, and operations as they end. /state is a JSON object, /events are server-sent
// events: which run of mhptop answers, operations, and how many records it has read, by which the page knows that its state
// is old.
"use strict";

const KINDS = {online: "online", boot: "online since boot", offline: "offline", going: "going online or offline", failed: "an offline failed",
	removed: "removed"};
// As many operations as /events has at the most, so that none is missing between two that are shown.
const OPERATIONS_SHOWN = 1024, RUNS_SHOWN = 1000;
// As many operations are visible at once, so that zones and ranges are not out of reach; the others can be opened.
const NEWEST = 20;
// How long a request for the state may take, and how long after one that failed the next one comes: twice as long each time
const AGAIN_MS = 300, REOPEN_MS = 5000, PATIENCE_MS = 20000, RETRY_MS = 1000, RETRY_MOST_MS = 30000;
// fetch() refuses an address with the password in it, which some people type for this page.
const STATE = new URL("state", location.origin + location.pathname);
const element = id => document.getElementById(id);
const HINT = "Point at a memory block, or choose one with the arrow keys.";
let state = null, cells = [];
// The first memory block of the chosen cell
let chosen = null;
// What /events said: the run of mhptop, how many records it has read, its operations and how many there were
let instance = null, seen = 0, operations = [], ended = 0;
// What is in progress and what has ended, as the table and the time line show it
let shown = [];
// Where /events is read, whether the state has more records, whether /events answers, why the state could not be read, how
// often in a row, and when it was read last
let source = null, ahead = false, connected = null, failure = "", failures = 0, loadedAt = 0;

// Screen readers read a text again whenever it is set.
function say(id, text) {
	if (element(id).textContent !== text)
		element(id).textContent = text;
}

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

// As duration_text() of mhptop prints it: the next unit if it would be 1000 of this one once rounded
function duration(ns) {
	if (ns === null)
		return "?";
	if (ns < 1000)
		return `${Math.round(ns)}ns`;
	const [size, unit] = [[1e3, "us"], [1e6, "ms"]].find(([size]) => Number((ns / size).toFixed(1)) < 1000) || [1e9, "s"];
	return `${(ns / size).toFixed(1)}${unit}`;
}

// Memory blocks by their names in sysfs
function blocksName(start, size) {
	const first = start / state.block_bytes, count = size / state.block_bytes;
	if (!Number.isInteger(first) || !Number.isInteger(count))
		return hex(start);
	return count > 1 ? `memory${first}\u2013${first + count - 1}` : `memory${first}`;
}

function resultText(one) {
	if (one.open)
		return one.reason ? `will fail: ${one.reason}` : "not known yet";
	return one.ret ? `failed: ${one.reason || "?"} (${one.ret})` : "ok";
}

// Rows of texts; "n" marks those that are numbers. Texts are never taken for HTML. A phone shows the rows as cards,
// which are no table to a screen reader unless they say so.
function fill(id, rows, numeric, classes) {
	const titles = [...element(id).parentNode.tHead.rows[0].cells].map(cell => cell.textContent);
	element(id).parentNode.hidden = !rows.length;
	if (element(`${id}-none`))
		element(`${id}-none`).hidden = rows.length > 0;
	element(id).replaceChildren(...rows.map((row, nth) => {
		const tr = document.createElement("tr");
		tr.className = classes ? classes[nth] : "";
		tr.setAttribute("role", "row");
		row.forEach((text, column) => {
			const td = tr.insertCell();
			td.setAttribute("role", "cell");
			td.dataset.title = titles[column];
			// A narrow screen may break a range of addresses in two.
			String(text).split(/(?<=[0-9a-f]-)(?=0x)/).forEach((part, place) =>
				td.append(...place ? [document.createElement("wbr"), part] : [part]));
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
		`${state.events.seen} event${state.events.seen === 1 ? "" : "s"}, ${state.events.lost} lost.`;
	const notices = state.notice ? [state.notice] : [];
	if (state.pipe_ended)
		notices.push("The pipe that events came from has ended: nothing below changes any more.");
	element("notice").hidden = !notices.length;
	element("notice").textContent = notices.join(". ");
}

function showAttention() {
	const found = state.attention.findings.map(one => `${one.text}. ${one.do}`);
	const more = state.attention.found - state.attention.findings.length, doubts = state.attention.unknown;
	if (more > 0)
		found.push(`And ${more} more.`);
	if (state.violated)
		found.unshift(`The kernel violated rules ${state.violated === 1 ? "once" : `${state.violated} times`}: record the events, and run mhptop check.`);
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
	element("lost").textContent = lost ? `${lost} events were lost: these totals may be incomplete.` : "";
	const rows = [["Present", pages(sums.present)], ["Managed", pages(sums.managed)], ["Memmap in added memory", pages(sums.self_hosted)],
		["Memmap in other memory", pages(sums.buddy_hosted)], ["Memory blocks", sums.blocks], ["Online", sums.blocks_online],
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
	const more = state.runs.length - RUNS_SHOWN;
	element("more").hidden = more <= 0;
	say("more", more === 1 ? "And one more line: /state has it." : `And ${more} more lines: /state has all of them.`);
	fill("runs", state.runs.slice(0, RUNS_SHOWN).map(run => [runName(run), run.count, run.state + (run.failed ? ", an offline failed" : ""), unknown(run.node),
		unknown(run.zone), unknown(run.hosting)]), [1]);
	fill("zones", state.zones.map(zone => [zone.node, zone.zone, pages(zone.present), pages(zone.managed), pages(zone.vmemmap_pages),
		zone.blocks_online]), [2, 3, 4, 5]);
	fill("ranges", state.ranges.map(range => [memory(range.base_pfn * state.page_bytes, range.nr_pages * state.page_bytes),
		unknown(range.node), unknown(range.hosting), unknown(range.why), pages(range.vmemmap_pages),
		range.removed ? "removed" : range.reason || "present"]), [4]);
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
	const total = state.runs.reduce((sum, run) => sum + run.count, 0);
	const size = total <= 512 ? 16 : total <= 4096 ? 10 : 6;
	const columns = Math.max(8, Math.floor(width / size / 8) * 8);
	cells = makeCells(columns * 64);
	const rows = Math.max(1, Math.ceil(cells.length / columns));
	canvas.style.height = `${rows * size}px`;
	canvas.width = width * ratio;
	canvas.height = rows * size * ratio;
	const context = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
	const colours = Object.fromEntries([...Object.keys(KINDS), "bg", "fg"].map(name => [name, style.getPropertyValue(`--${name}`)]));
	const nthChosen = nthCell();
	context.scale(ratio, ratio);
	cells.forEach((cell, nth) => {
		cell.x = nth % columns * size;
		cell.y = Math.floor(nth / columns) * size;
		context.fillStyle = colours[cell.kind];
		context.fillRect(cell.x, cell.y, size - 1, size - 1);
		// Not by colour alone: what is offline has a hole, what moves or failed has a bar.
		context.fillStyle = colours.bg;
		if (cell.kind === "offline")
			context.fillRect(cell.x + size / 4, cell.y + size / 4, size / 2 - 1, size / 2 - 1);
		else if (cell.kind === "going" || cell.kind === "failed")
			context.fillRect(cell.x, cell.y + size / 2 - 1, size - 1, 1.5);
	});
	if (nthChosen >= 0) {
		context.strokeStyle = colours.fg;
		context.lineWidth = 2;
		context.strokeRect(cells[nthChosen].x, cells[nthChosen].y, size - 1, size - 1);
	}
	canvas.dataset.columns = columns;
	canvas.dataset.size = size;
	canvas.setAttribute("aria-label", `${total} memory blocks, ${state.sums.blocks_online} online, ${state.sums.blocks_offline} offline`);
	say("cell", nthChosen < 0 ? HINT : cellText(cells[nthChosen]));
}

// The cell that has the chosen memory block, -1: none
const nthCell = () => cells.findIndex(cell => chosen !== null && cell.id <= chosen && chosen < cell.id + cell.count);

function runText(run) {
	return `${run.state}, node ${unknown(run.node)}, zone ${unknown(run.zone)}, memmap hosted by ${unknown(run.hosting)}` +
		`${run.failed ? ", an offline failed: mhptop explain says why" : ""}`;
}

// Of memory blocks that differ, only the number of the worst ones is true.
function groupText(cell) {
	const text = `${cell.alike} of ${cell.count} ${cell.kind === "failed" ? "online after an offline failed" : KINDS[cell.kind]}`;
	return cell.alike < cell.count ? `${text}, the first is memory${cell.first}` : text;
}

function cellText(cell) {
	return `${runName(cell)}, ${memory(cell.id * state.block_bytes, cell.count * state.block_bytes)}: ` +
		(cell.run ? runText(cell.run) : groupText(cell));
}

function choose(nth) {
	if (!cells.length)
		return;
	chosen = cells[Math.max(0, Math.min(cells.length - 1, nth))].id;
	drawMap();
}

// The marks are those of the map.
const MARKS = {offline: "M.25 .25h.5v.5h-.5z", going: "M0 .45h1v.12h-1z", failed: "M0 .45h1v.12h-1z"};

function showLegend() {
	element("legend").replaceChildren(...Object.entries(KINDS).map(([kind, text]) => {
		const item = document.createElement("span");
		item.innerHTML = `<svg viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" class="${kind}"/>` +
			`<path d="${MARKS[kind] || ""}"/></svg>`;
		item.append(text);
		return item;
	}));
}

// What the state has in progress, unless /events has its end already; as if it ended now.
function openOperations() {
	const over = one => operations.some(other => other.operation === one.operation && other.ns >= one.ns);
	return (state.in_progress || []).filter(one => !over(one)).map(one =>
		({...one, ns: state.ns, time: state.time, ret: 0, open: true, number: -1 - LANES.indexOf(one.operation)}));
}

function showOperations() {
	shown = [...openOperations(), ...operations];
	const earlier = ended - operations.length, more = shown.length - NEWEST;
	element("earlier").hidden = !earlier;
	say("earlier", `${earlier === 1 ? "One earlier operation is" : `${earlier} earlier operations are`} not shown.`);
	element("rest").hidden = more <= 0;
	say("rest-title", more === 1 ? "One more operation" : `${more} more operations`);
	for (const [id, part] of [["operations", shown.slice(0, NEWEST)], ["older", shown.slice(NEWEST)]])
		fill(id, part.map(one => [endText(one), one.operation, `${blocksName(one.start, one.bytes)}, ${memory(one.start, one.bytes)}`,
			resultText(one), duration(one.duration) + (one.open ? " so far" : "")]), [4], part.map(one => one.open ? "open" : one.ret ? "failed" : ""));
	drawLine();
}

// Whether what is shown is that of now. It says the same until that changes, as screen readers read it.
function showConnection() {
	const age = state ? ` What is shown is from ${dayAndClock(loadedAt)}.` : "", old = connected === false || failure;
	element("connection").classList.toggle("bad", Boolean(old));
	if (old)
		say("connection", `${connected === false ? "Not connected." : ""}${failure ? ` Cannot read the state: ${failure}.` : ""}${age}`.trim());
	else if (connected)
		say("connection", "Connected.");
}

async function load() {
	const answer = await fetch(STATE, {signal: AbortSignal.timeout(PATIENCE_MS)});
	if (!answer.ok)
		throw new Error(`${answer.status} ${answer.statusText}`);
	const loaded = await answer.json();
	// mhptop was started anew, and /events will say so, or has said so while this was on its way.
	if (loaded.instance !== instance)
		return;
	state = loaded;
	loadedAt = Date.now() * 1000;
	showHeader();
	showAttention();
	showSums();
	showTables();
	drawMap();
	showOperations();
	document.body.dataset.ready = "1";
	// Others have asked as well, and the server sent what it had made for them.
	if (state.records < seen)
		setTimeout(reload, AGAIN_MS);
	// Records came after /events had ended. Do not leave it to the browser when to ask again, unless they come all the time.
	const wasAhead = ahead;
	ahead = state.records > seen;
	if (ahead && !wasAhead)
		setTimeout(follow, AGAIN_MS);
}

// One request for the state at a time, and one more if something came meanwhile. After one that failed there is another one
// in any case, even if no event comes.
let loading = false, again = false, retry = 0;
async function reload() {
	again = true;
	if (loading)
		return;
	loading = true;
	clearTimeout(retry);
	try {
		while (again) {
			again = false;
			await load();
			[failure, failures] = ["", 0];
		}
	} catch (error) {
		failure = error.message;
		retry = setTimeout(reload, Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** failures++));
	}
	loading = false;
	showConnection();
}

function takeOperation(event) {
	const number = Number(event.lastEventId.split(".")[1]);
	// A new EventSource gets all of them again.
	if (number <= ended)
		return;
	ended = number;
	operations.unshift({...JSON.parse(event.data), number});
	operations.length = Math.min(operations.length, OPERATIONS_SHOWN);
}

// What the state shows and what /events said is shown together, so that one of them is never that of another run.
function follow() {
	let failed = 0;
	source?.close();
	source = new EventSource("events");
	source.addEventListener("instance", event => {
		if (event.data !== instance)
			[instance, seen, operations, ended] = [event.data, -1, [], 0];
	});
	source.addEventListener("operation", takeOperation);
	source.addEventListener("seen", event => {
		connected = true;
		showConnection();
		// While a request fails, the next one is due by itself.
		if (Number(event.data) !== seen || !failures && state && (state.in_progress?.length || state.runs.some(run => kindOf(run) === "going")))
			reload();
		seen = Number(event.data);
	});
	source.addEventListener("open", () => failed = 0);
	// Each answer ends, and the browser asks again. Two errors without an answer between them are a failure. After an answer
	// that is no success, such as that of a proxy, the browser does not ask again.
	source.addEventListener("error", () => {
		const closed = source.readyState === EventSource.CLOSED;
		if (++failed > 1 || closed)
			connected = false;
		showConnection();
		if (closed)
			setTimeout(follow, REOPEN_MS);
	});
}

function keys(event) {
	const columns = Number(element("map").dataset.columns);
	const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity}[event.key];
	if (step === undefined)
		return;
	event.preventDefault();
	const nth = nthCell();
	choose(nth < 0 && Number.isFinite(step) ? 0 : nth + step);
}

function point(event) {
	const map = element("map"), size = Number(map.dataset.size), box = map.getBoundingClientRect();
	const nth = Math.floor((event.clientY - box.top) / size) * Number(map.dataset.columns) + Math.floor((event.clientX - box.left) / size);
	if (nth !== nthCell() && nth < cells.length)
		choose(nth);
}

element("older").parentNode.prepend(element("operations").parentNode.tHead.cloneNode(true));
showLegend();
say("cell", HINT);
element("map").addEventListener("keydown", keys);
element("map").addEventListener("pointermove", point);
element("map").addEventListener("pointerdown", point);
listenLine();
window.addEventListener("resize", () => {
	if (!state)
		return;
	drawMap();
	drawLine();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state && drawMap());
follow();
