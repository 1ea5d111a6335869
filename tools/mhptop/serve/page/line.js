// SPDX-License-Identifier: GPL-2.0-only
// The time line: operations as slices, those in progress up to now, a lane for each kind, above a time axis. Times are in us.
"use strict";

const LANES = ["add", "online", "offline", "remove"];
// Sizes in CSS pixels: of a lane, of the column of its names, of the axis, and between two ticks at the least
const LANE = 32, NAMES = 56, AXIS = 22, TICK = 78, EDGE = 6;
const SECOND = 1e6, DAY = 86400 * SECOND;
const STEPS = [1, 10, 100, 1e3, 1e4, 1e5].flatMap(unit => [unit, 2 * unit, 5 * unit])
	.concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200].map(step => step * SECOND));
let slices = [], chosenSlice = null;

const two = value => String(value).padStart(2, "0");

function clock(us) {
	const date = new Date(us / 1000);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function day(us) {
	const date = new Date(us / 1000);
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// The wall-clock time of an end, if it is known. A Date has no us.
const wallTime = one => Date.parse(`${one.time.slice(0, 19)}Z`) * 1000 + Number(one.time.slice(20, 26));

// With the day, unless that is today.
const dayAndClock = us => day(us) === day(Date.now() * 1000) ? clock(us) : `${day(us)} ${clock(us)}`;

function endText(one) {
	if (one.open)
		return "in progress";
	return one.time ? dayAndClock(wallTime(one)) : duration(one.ns);
}

function svg(tag, attributes, text) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
	for (const [key, value] of Object.entries(attributes))
		made.setAttribute(key, value);
	if (text !== undefined)
		made.textContent = text;
	return made;
}

function stepFor(total, width) {
	const most = Math.max(1, Math.floor(width / TICK)), fits = step => total / step <= most;
	let step = STEPS.find(fits) || DAY;
	while (!fits(step))
		step *= 2;
	return step;
}

// Ticks of less than a second, or without a clock, count from the first begin. The others are at round local times.
function ticksOf(first, total, step, wall) {
	const counts = !wall || step < SECOND, zone = counts ? 0 : new Date(first / 1000).getTimezoneOffset() * 60 * SECOND;
	const ticks = [], text = at => counts ? at > first ? `+${duration((at - first) * 1000)}` : "0" :
		step >= DAY ? day(at).slice(5) : step % (60 * SECOND) ? clock(at) : clock(at).slice(0, 5);
	for (let at = counts ? first : Math.ceil((first - zone) / step) * step + zone; at <= first + total; at += step)
		ticks.push({at, text: text(at)});
	return ticks;
}

// Of the labels, those of failed operations come first, then those of the latest ones; what has no room is left out.
function labelsOf(right) {
	const pen = document.createElement("canvas").getContext("2d"), taken = LANES.map(() => []), labels = new Map();
	pen.font = "12px system-ui, sans-serif";
	for (const slice of [...slices].sort((a, b) => Boolean(b.one.ret) - Boolean(a.one.ret))) {
		const name = blocksName(slice.one.start, slice.one.bytes);
		for (const text of slice.one.ret ? [`${name}: ${slice.one.reason || "failed"}`, name] : [name]) {
			const width = pen.measureText(text).width, x = Math.max(NAMES, Math.min(slice.x, right - width));
			if (x + width > right + 1 || taken[slice.lane].some(([from, to]) => x < to + 8 && x + width + 8 > from))
				continue;
			taken[slice.lane].push([x, x + width]);
			labels.set(slice, {x, text});
			break;
		}
	}
	return labels;
}

function sliceText(one) {
	return `${one.operation} of ${blocksName(one.start, one.bytes)}, ${memory(one.start, one.bytes)}: ` + (one.open ?
		`in progress, has taken ${duration(one.duration)} so far${one.reason ? `, ${resultText(one)}` : ""}` :
		`${resultText(one)}, took ${duration(one.duration)}, ended ${endText(one)}`);
}

function drawSlice(slice, label) {
	const failed = Boolean(slice.one.ret), top = slice.lane * LANE;
	const group = svg("g", {class: `slice ${failed ? "failed" : slice.one.open ? "going" : "online"}${slice.one.number === chosenSlice ? " chosen" : ""}`,
		"data-number": slice.one.number});
	// Those that failed are taller as well.
	group.append(svg("title", {}, sliceText(slice.one)), svg("rect", {x: slice.x, y: top + (failed ? 16 : 19), width: slice.width,
		height: failed ? 14 : 8}));
	if (label)
		group.append(svg("text", {x: label.x, y: top + 12}, label.text));
	return group;
}

function drawLine() {
	const line = element("line"), bottom = LANES.length * LANE;
	line.toggleAttribute("hidden", !shown.length);
	if (!shown.length) {
		["span", "slice"].forEach(id => say(id, ""));
		return;
	}
	const width = line.clientWidth || 300, right = width - EDGE;
	const wall = shown.every(one => one.time), end = one => wall ? wallTime(one) : one.ns / 1000;
	const begin = one => end(one) - (one.duration || 0) / 1000;
	const first = Math.min(...shown.map(begin)), total = Math.max(1, Math.max(...shown.map(end)) - first);
	const place = at => NAMES + (at - first) / total * (right - NAMES);
	slices = shown.map(one => {
		const size = Math.max(3, place(end(one)) - place(begin(one)));
		return {one, lane: LANES.indexOf(one.operation), x: Math.min(place(begin(one)), right - size), width: size};
	});
	const step = stepFor(total, right - NAMES), labels = labelsOf(right), parts = [];
	for (const {at, text} of ticksOf(first, total, step, wall)) {
		const x = place(at);
		parts.push(svg("path", {class: "tick", d: `M${x} 0V${bottom + 4}`}),
			svg("text", {class: "tick", x, y: bottom + 18, "text-anchor": x > right - TICK / 2 ? "end" : "middle"}, text));
	}
	LANES.forEach((name, nth) => parts.push(svg("path", {class: "lane", d: `M0 ${(nth + 1) * LANE - 0.5}H${width}`}),
		svg("text", {class: "name", x: 0, y: nth * LANE + 26}, name)));
	parts.push(...slices.map(slice => drawSlice(slice, labels.get(slice))));
	line.setAttribute("viewBox", `0 0 ${width} ${bottom + AXIS}`);
	line.replaceChildren(...parts);
	const last = first + total, micro = at => `${clock(at)}.${String(Math.floor(at % SECOND)).padStart(6, "0")}`;
	say("span", wall ? `From ${day(first)} ${micro(first)} to ${day(last) === day(first) ? "" : `${day(last)} `}${micro(last)}.` :
		`From ${duration(first * 1000)} to ${duration(last * 1000)} after the start.`);
	const chosen = shown.find(one => one.number === chosenSlice);
	say("slice", chosen ? sliceText(chosen) : "Point at an operation, or choose one with the arrow keys.");
}

function chooseSlice(nth) {
	if (!shown.length)
		return;
	chosenSlice = shown[Math.max(0, Math.min(shown.length - 1, nth))].number;
	drawLine();
}

function keysLine(event) {
	// The latest operation is the first one.
	const step = {ArrowLeft: 1, ArrowRight: -1, Home: Infinity, End: -Infinity}[event.key];
	if (step === undefined)
		return;
	event.preventDefault();
	const nth = shown.findIndex(one => one.number === chosenSlice);
	chooseSlice(nth < 0 && Number.isFinite(step) ? 0 : nth + step);
}

function pointLine(event) {
	const number = Number(event.target.closest(".slice")?.dataset.number);
	if (number && number !== chosenSlice)
		chooseSlice(shown.findIndex(one => one.number === number));
}

function listenLine() {
	element("line").addEventListener("keydown", keysLine);
	element("line").addEventListener("pointermove", pointLine);
	element("line").addEventListener("pointerdown", pointLine);
}
