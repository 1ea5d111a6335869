// SPDX-License-Identifier: GPL-2.0
/* Reads /proc/kallsyms: "ffffffff81234560 t name\t[module]", in which addresses are 0 for users who may not know them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/symbol.h"

struct symbol {
	u64 address;
	char name[128];
	char module[72]; /* in brackets, "" for the kernel itself */
};

static bool read_symbol(const char *line, struct symbol *symbol)
{
	*symbol->module = '\0';
	return sscanf(line, "%llx %*c %127s %71s", &symbol->address,
		      symbol->name, symbol->module) >= 2 &&
	       symbol->address;
}

/* The symbol with a name or, if that is NULL, at an address. */
static bool symbol_search(const char *name, u64 address, struct symbol *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (file && !found && getline(&line, &room, file) > 0)
		found = read_symbol(line, symbol) &&
			(name ? !strcmp(symbol->name, name) :
				symbol->address == address);
	free(line);
	if (file)
		fclose(file);
	return found;
}

bool symbol_at(u64 address, char name[SYMBOL_MAX])
{
	struct symbol symbol;

	if (!address || !symbol_search(NULL, address, &symbol))
		return false;
	snprintf(name, SYMBOL_MAX, "%s%s%s", symbol.name,
		 *symbol.module ? " " : "", symbol.module);
	return true;
}

bool symbol_from_text(s64 distance, char name[SYMBOL_MAX])
{
	struct symbol text;

	return symbol_search("_stext", 0, &text) &&
	       symbol_at(text.address + distance, name);
}
