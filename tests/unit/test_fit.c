// SPDX-License-Identifier: GPL-2.0
/* Lines and tables that fit a terminal: where they break, and that nothing of them is lost. */
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fit.h"
#include "base/table.h"
#include "ktap.h"

static char *fitted(const char *text, int cols)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	FILE *fit = fit_open(out, cols);

	fputs(text, fit);
	if (fit_close(fit))
		ok(false, "it can be written");
	fclose(out);
	return got;
}

static void fits(const char *name, const char *text, int cols, const char *want)
{
	char *got = fitted(text, cols);

	eq_text(name, got, want);
	free(got);
}

static void test_lines(void)
{
	fits("a line that fits", "one two three\n", 20, "one two three\n");
	fits("a line of just as many cells", "one two three four 9\n", 20,
	     "one two three four 9\n");
	fits("one more", "one two three four 90\n", 20,
	     "one two three four\n  90\n");
	fits("a pipe has whole lines", "one two three four five six\n", 0,
	     "one two three four five six\n");
	fits("below the text of a label",
	     "who    bash and a shell that it runs\n", 24,
	     "who    bash and a shell\n       that it runs\n");
	fits("below a mark", "one " FIT_HERE "two three four five six\n", 20,
	     "one two three four\n    five six\n");
	fits("a mark takes no room", "one " FIT_HERE "two\n", 0, "one two\n");
	fits("a mark far to the right is not heeded",
	     "one two three " FIT_HERE "four five six\n", 20,
	     "one two three four\n    five six\n");
	fits("fields stay whole if that leaves no more than a half empty",
	     "it took 4 s  by bash 312\n", 20, "it took 4 s\n  by bash 312\n");
	fits("what commas separate, if it is a quarter",
	     "aa 1 bbbbbbbb 2, ccc 3, dd 4\n", 20,
	     "aa 1 bbbbbbbb 2,\n  ccc 3, dd 4\n");
	fits("a word longer than a row is broken, as there is no other way",
	     "0123456789012345678901234\n", 20,
	     "01234567890123456789\n  01234\n");
	fits("a number that fits below is not", "at 0x100000000-0x13fffffff\n",
	     25, "at\n  0x100000000-0x13fffffff\n");
	fits("empty lines stay", "\na\n\n", 20, "\na\n\n");
	fits("a line without an end gets one", "one", 20, "one\n");
}

static void test_characters(void)
{
	fits("characters of several bytes", "ääää ääää ääää ääää\n", 20,
	     "ääää ääää ääää ääää\n");
	fits("  and wide ones", "漢字漢字 漢字漢字 漢字漢\n", 20,
	     "漢字漢字 漢字漢字\n  漢字漢\n");
	fits("a byte that is no character takes a cell",
	     "\xff\xff\xff\xff \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\n",
	     20,
	     "\xff\xff\xff\xff\n  \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\n");
}

/* The words of a text, which has been broken or not */
static void words(const char *text, char *to)
{
	for (; *text; text++)
		if (*text != ' ' && *text != '\n')
			*to++ = *text;
		else if (to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

static int widest(const char *text)
{
	int most = 0, width;
	char line[512];

	for (; *text; text += strcspn(text, "\n") + 1) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"),
			 text);
		width = fit_width(line);
		most = width > most ? width : most;
	}
	return most;
}

static void test_widths(void)
{
	static const char text[] =
		"60.000188 offline " FIT_HERE
		"memory32 from Movable  failed: isolation (Device or resource busy)  16.0us  bash (312), sysfs  isolate 12.0us, rest 4.0us\n"
		"       1-23 no      Normal      0  " FIT_HERE
		"224606 slab pages, the first at pfn 0x100040; 1129 page tables, the first at pfn 0x100000\n"
		"removal  97.881309  DIMM at 0x100000000: 7 of 8 memory blocks went offline, memory32 refused (hugetlb): the 7 were brought back\n";
	char before[512] = " ", after[512] = " ", *whole = fitted(text, 0);
	int cols, wide = 0, lost = 0;

	words(whole, before + 1);
	for (cols = 30; cols <= 200; cols++) {
		char *got = fitted(text, cols);

		words(got, after + 1);
		wide += widest(got) > cols;
		lost += strcmp(before, after) != 0;
		free(got);
	}
	eq("no line is wider, at widths from 30 to 200", wide, 0);
	eq("  and no word is lost or broken", lost, 0);
	free(whole);
}

static const struct table_column columns[] = { { "RANGE", -24 },
					       { "SIZE", 9 },
					       { "DEVICE", -12 },
					       { "BLOCK", -1 } };

static void table_is(const char *name, int cols, const char *want)
{
	struct table table = { .columns = columns, .nr_columns = 4 };
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	table_cell(&table, "0x%x", 4096);
	table_cell(&table, "%s", "2.9 GiB");
	table_cell(&table, "-");
	table_cell(&table, "1-23");
	table_cell(&table, "0x%x", 8192);
	table_cell(&table, "%s", "8 MiB");
	table_cell(&table, "virtio0");
	table_cell(&table, "24");
	eq("a table is printed", table_print(&table, cols, out), 0);
	fclose(out);
	eq_text(name, got, want);
	eq("  it fits if that has a line for each row",
	   table_fits(&table, cols), strstr(want, "\n    ") == NULL);
	free(got);
	table_free(&table);
}

static void test_tables(void)
{
	static const char usual[] =
		"RANGE                         SIZE DEVICE       BLOCK\n"
		"0x1000                     2.9 GiB -            1-23\n"
		"0x2000                       8 MiB virtio0      24\n";

	table_is("in a pipe", 0, usual);
	table_is("if it fits", 53, usual);
	table_is("if not, as narrow as the cells", 52,
		 "RANGE     SIZE DEVICE  BLOCK\n"
		 "0x1000 2.9 GiB -       1-23\n"
		 "0x2000   8 MiB virtio0 24\n");
	table_is("  up to the last cell", 28,
		 "RANGE     SIZE DEVICE  BLOCK\n"
		 "0x1000 2.9 GiB -       1-23\n"
		 "0x2000   8 MiB virtio0 24\n");
	table_is("what does not fit is below", 27,
		 "RANGE     SIZE DEVICE\n    BLOCK\n"
		 "0x1000 2.9 GiB -\n    1-23\n"
		 "0x2000   8 MiB virtio0\n    24\n");
	table_is("  in as many lines as it takes", 20,
		 "RANGE     SIZE\n    DEVICE  BLOCK\n"
		 "0x1000 2.9 GiB\n    -       1-23\n"
		 "0x2000   8 MiB\n    virtio0 24\n");
}

/* The columns of a terminal of that size */
static int cols_of(int size, const char *variable)
{
	struct winsize winsize = { .ws_row = size ? 24 : 0, .ws_col = size };
	int ours, theirs, cols;
	FILE *out;

	if (variable)
		setenv("COLUMNS", variable, 1);
	else
		unsetenv("COLUMNS");
	if (openpty(&ours, &theirs, NULL, NULL, &winsize))
		return -1;
	out = fdopen(theirs, "w");
	cols = fit_cols(out);
	fclose(out);
	close(ours);
	return cols;
}

static void test_terminals(void)
{
	FILE *pipe = popen("cat", "w"), *memory;
	char *text = NULL;
	size_t size;

	eq("the size of a terminal", cols_of(132, NULL), 132);
	eq("a serial console does not know its own", cols_of(0, NULL), 80);
	eq("the variable wins", cols_of(132, "100"), 100);
	eq("  on a serial console, too", cols_of(0, "100"), 100);
	eq("  unless it is no number", cols_of(132, "wide"), 132);
	eq("  or none that makes sense", cols_of(132, "-1"), 132);
	eq("  or empty", cols_of(0, ""), 80);
	eq("a terminal that is too narrow", cols_of(3, NULL), 20);
	setenv("COLUMNS", "100", 1);
	eq("a pipe is no terminal, whatever the variable is", fit_cols(pipe),
	   0);
	memory = open_memstream(&text, &size);
	eq("nor is memory", fit_cols(memory), 0);
	fclose(memory);
	free(text);
	pclose(pipe);
}

static void test_full(void)
{
	FILE *full = fopen("/dev/full", "w"), *fit;

	setvbuf(full, NULL, _IONBF, 0);
	fit = fit_open(full, 80);
	fputs("one\n", fit);
	ok(fit_close(fit) < 0, "what cannot be written is reported");
	fclose(full);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	test_lines();
	test_characters();
	test_widths();
	test_tables();
	test_terminals();
	test_full();
	return ktap_done();
}
