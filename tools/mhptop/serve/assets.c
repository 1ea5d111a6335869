// SPDX-License-Identifier: GPL-2.0
/* Holds the files of the page: serve/page/, included as they are. */
#include <stddef.h>
#include <string.h>

#include "serve/assets.h"

/* The makefile lists them as well, so that a change of one compiles this file anew. */
#define ASSET(name, file)                                                   \
	extern const char asset_##name[], asset_##name##_end[];             \
	__asm__(".pushsection .rodata\n"                                    \
		".global asset_" #name "\n.global asset_" #name "_end\n"    \
		"asset_" #name ":\n.incbin \"tools/mhptop/serve/page/" file \
		"\"\nasset_" #name "_end:\n.popsection\n")

ASSET(html, "page.html");
ASSET(css, "page.css");
ASSET(js, "page.js");
ASSET(line, "line.js");

static const struct asset assets[] = {
	{ "/", "text/html; charset=utf-8", asset_html, asset_html_end },
	{ "/page.css", "text/css; charset=utf-8", asset_css, asset_css_end },
	{ "/page.js", "text/javascript; charset=utf-8", asset_js,
	  asset_js_end },
	{ "/line.js", "text/javascript; charset=utf-8", asset_line,
	  asset_line_end },
};

const struct asset *assets_find(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(assets) / sizeof(*assets); i++)
		if (!strcmp(assets[i].path, path))
			return &assets[i];
	return NULL;
}
