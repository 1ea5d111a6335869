# SPDX-License-Identifier: GPL-2.0-only
"""What any page must be like, for everybody who reads it: large and clear letters, nothing cut off, colours that are apart."""
import itertools

from lib_colour import VISIONS, contrast, distance, parse
from lib_host import eq

APART = 15  # CIE 1976; 2.3 is just noticeable side by side
LEGIBLE = 4.5  # WCAG 2, AA
SMALLEST = 12  # CSS pixels of a letter
PHONE, DESK, PAPER = (360, 740), (1280, 900), (718, 1000)
BACKGROUND = "getComputedStyle(document.body).backgroundColor"

# All texts that are visible: letters, size, colour, and the colour behind them.
TEXTS = """(() => {
	const found = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	document.querySelectorAll("details").forEach(one => one.open = true);
	const behind = one => {
		for (; one; one = one.parentElement) {
			const colour = getComputedStyle(one).backgroundColor;
			if (!colour.startsWith("rgba"))
				return colour;
		}
	};
	const add = (text, style, one) => {
		const scale = one.getScreenCTM ? one.getScreenCTM().d : 1;
		const key = [parseFloat(style.fontSize) * scale, one.namespaceURI.endsWith("svg") ? style.fill : style.color, behind(one)].join(" | ");
		found.set(key, text);
	};
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const one = node.parentElement;
		if (!node.textContent.trim() || !one.checkVisibility() || one.closest("noscript, title, canvas"))
			continue;
		add(node.textContent.trim(), getComputedStyle(one), one);
		const before = getComputedStyle(one, "::before");
		if (before.content !== "none")
			add(before.content, before, one);
	}
	return [...found].map(([key, text]) => [...key.split(" | "), text]);
})()"""


def check_texts(browser, name, smallest=SMALLEST):
    """Contrast and size of all texts; in an SVG, as it is drawn."""
    texts = browser.value(TEXTS)
    eq(f"{name}: there are texts of several colours", True, len({colour for _, colour, _, _ in texts}) > 2)
    eq(f"{name}: contrast of texts", [], [(text, colour, behind, round(contrast(parse(colour), parse(behind)), 2)) for _, colour, behind, text in texts
                                          if contrast(parse(colour), parse(behind)) < LEGIBLE])
    eq(f"{name}: size of texts", [], [(text, size) for size, _, _, text in texts if float(size) < smallest - 0.05])


def check_wide(browser, name, within="body"):
    """Nothing is wider than the screen, neither the page nor what one would have to move sideways in a part of it."""
    eq(f"{name}: nothing is wider than it", [], browser.value(f"""[document.documentElement, ...document.querySelectorAll("{within}, {within} *")]
        .filter(one => one.scrollWidth > one.clientWidth + 1 && !["inline", "none"].includes(getComputedStyle(one).display) &&
            one.namespaceURI.endsWith("xhtml") && getComputedStyle(one).position !== "absolute" && !one.closest("thead"))
        .map(one => `${{one.tagName}} ${{one.id}} ${{one.scrollWidth}}`)"""))
    eq(f"{name}: nothing is to the right of it", [], browser.value(f"""[...document.querySelectorAll("{within}, {within} *")]
        .filter(one => one.checkVisibility() && !one.closest("thead") && getComputedStyle(one.closest("tr") || one).position !== "absolute" &&
            one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))"""))


def check_apart(name, colours):
    """All of some colours, by their names, are apart for everybody."""
    eq(f"{name}: there are colours", True, len(set(colours.values())) == len(colours) > 2)
    eq(f"{name}: colours are apart for everybody", [], [(vision, *names) for vision in VISIONS for names in itertools.combinations(colours, 2)
                                                       if distance(*(parse(colours[one]) for one in names), vision) < APART])
