/* SPDX-License-Identifier: GPL-2.0 */
/* The names of the running kernel's functions, modules included, from /proc/kallsyms. */
#ifndef SOURCE_SYMBOL_H
#define SOURCE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include "base/types.h"

#define SYMBOL_MAX 208

/* The function at an address: "name", or "name [module]". False if there is none, or without root. */
bool symbol_at(u64 address, char name[SYMBOL_MAX]);
/* The same, by its distance from _stext in bytes. */
bool symbol_from_text(s64 distance, char name[SYMBOL_MAX]);

#endif
