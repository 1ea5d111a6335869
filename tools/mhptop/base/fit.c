// SPDX-License-Identifier: GPL-2.0
/* Breaks lines where a terminal ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wctype.h>

#include "base/fit.h"
#include "base/vec.h"

#define COLS_USUAL 80 /* of a serial console, which does not know its size */
#define COLS_MIN 20 /* so that there is room below an indent */
#define COLS_MAX 9999

struct fit {
	FILE *out;
	int cols;
	char *line; /* what there is of a line */
	size_t nr, room;
	long here; /* where FIT_HERE is in it, -1 if it has none */
};

/* As curses has it, the variable wins over what the terminal says. */
int fit_cols(FILE *out)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	long cols = text ? strtol(text, NULL, 10) : 0;
	int fd = fileno(out);

	if (fd < 0 || !isatty(fd))
		return 0;
	if (cols <= 0 || cols > COLS_MAX)
		cols = ioctl(fd, TIOCGWINSZ, &size) ? 0 : size.ws_col;
	if (!cols)
		cols = COLS_USUAL;
	return cols < COLS_MIN ? COLS_MIN : cols;
}

wchar_t fit_char(const char **text, bool utf8, int *cells)
{
	mbstate_t state = { 0 };
	wchar_t c = (unsigned char)**text;
	size_t len = 1;

	if (c >= 0x80) {
		len = utf8 ? mbrtowc(&c, *text, MB_CUR_MAX, &state) : 0;
		/* The name of a process may contain any bytes. */
		if (!len || len > MB_CUR_MAX) {
			c = '?';
			len = 1;
		}
	}
	*text += len;
	*cells = iswprint(c) ? wcwidth(c) : 0;
	if (*cells < 1) {
		*cells = 1;
		c = '?';
	}
	return c;
}

int fit_width(const char *text)
{
	int cells, width = 0;

	while (*text) {
		fit_char(&text, true, &cells);
		width += cells;
	}
	return width;
}

/* The bytes that fit into so many cells */
static int bytes_fit(const char *text, int cols)
{
	const char *at = text, *next = text;
	int cells, used = 0;

	while (*next) {
		fit_char(&next, true, &cells);
		used += cells;
		if (used > cols)
			break;
		at = next;
	}
	return at - text;
}

/* The last place from first to fit where a text has this, 0 if it has none. */
static int find_last(const char *text, int first, int fit, const char *what)
{
	int at;

	for (at = fit; at >= first && at > 0; at--)
		if (!strncmp(text + at, what, strlen(what)))
			return at;
	return 0;
}

/*
 * Two spaces separate fields, and commas what belongs together: it is better kept so,
 * if that leaves no more than a half or a quarter of the row empty.
 */
int fit_break(const char *text, int label, int fit)
{
	int first = strspn(text, " "), at = 0;

	if (!text[fit])
		return fit;
	if (label >= 0)
		at = find_last(text, label > fit / 2 ? label : fit / 2, fit,
			       "  ");
	if (label >= 0 && !at)
		at = find_last(text, fit - fit / 4, fit - 1, ", ");
	at = at ? at + (text[at] == ',') : find_last(text, first, fit, " ");
	while (at > first && text[at - 1] == ' ')
		at--;
	if (at > first)
		return at;
	return fit ? fit : 1;
}

int fit_indent(const char *text, int cols)
{
	int first = strspn(text, " !"), indent = first + 2;
	const char *gap = strstr(text + first, "  ");

	if (gap)
		indent = gap - text + strspn(gap, " ");
	return indent <= cols / 2 ? indent : first + 2;
}

/* The indent of what follows a line, in cells */
static int line_indent(const struct fit *fit)
{
	int indent;

	if (fit->here < 0)
		return fit_indent(fit->line, fit->cols);
	indent = fit_width(fit->line) - fit_width(fit->line + fit->here);
	return indent <= fit->cols / 2 ? indent : 4;
}

static void put_line(struct fit *fit)
{
	const char *rest = fit->line;
	int len, indent, label;

	if (!fit->cols || fit_width(rest) <= fit->cols) {
		fprintf(fit->out, "%s\n", rest);
		return;
	}
	indent = line_indent(fit);
	label = fit->here < 0 ? indent : fit->here;
	len = fit_break(rest, label, bytes_fit(rest, fit->cols));
	fprintf(fit->out, "%.*s\n", len, rest);
	for (rest += len; *(rest += strspn(rest, " ")); rest += len) {
		len = fit_break(rest, 0, bytes_fit(rest, fit->cols - indent));
		fprintf(fit->out, "%*s%.*s\n", indent, "", len, rest);
	}
}

/* A line is written as soon as it is complete. */
static bool take_char(struct fit *fit, char c)
{
	if (!vec_grow(fit->line, fit->nr, fit->room))
		return false;
	if (c == *FIT_HERE) {
		fit->here = fit->nr;
	} else if (c != '\n') {
		fit->line[fit->nr++] = c;
	} else {
		fit->line[fit->nr] = '\0';
		put_line(fit);
		fit->nr = 0;
		fit->here = -1;
	}
	return true;
}

static ssize_t fit_write(void *cookie, const char *buf, size_t len)
{
	struct fit *fit = cookie;
	size_t i;

	for (i = 0; i < len; i++)
		if (!take_char(fit, buf[i]) || ferror(fit->out))
			return 0;
	return len;
}

static int fit_end(void *cookie)
{
	struct fit *fit = cookie;
	bool lost = fit->nr && !take_char(fit, '\n');

	lost |= ferror(fit->out);
	free(fit->line);
	free(fit);
	return lost ? -1 : 0;
}

FILE *fit_open(FILE *out, int cols)
{
	struct fit *fit = malloc(sizeof(*fit));
	FILE *file;

	if (!fit)
		return NULL;
	*fit = (struct fit){ .out = out, .cols = cols, .here = -1 };
	file = fopencookie(fit, "w",
			   (cookie_io_functions_t){ .write = fit_write,
						    .close = fit_end });
	if (!file)
		free(fit);
	return file;
}

int fit_close(FILE *fit)
{
	bool failed = ferror(fit);

	return fclose(fit) || failed ? -EIO : 0;
}
