// SPDX-License-Identifier: GPL-2.0
/* Reads and writes the settings of the dashboard. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plain_text.h"
#include "view/tui/settings.h"
#include "view/tui/state.h"

#define LINE_BYTES 2048 /* of all columns with their widths, and more */
#define FILE_BYTES (1 << 20) /* that are read at most */
#define REASON_MAX 320

static const char *const view_names[TUI_NR_VIEWS] = {
#define X(name, ...) #name,
	TUI_VIEWS(X)
#undef X
};
static const char *const no_yes[] = { "no", "yes" };
static const char *const ranges_names[] = { "auto", "yes", "no" };
static const char *const log_names[] = { "split", "alone", "hidden" };

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The number of a word among those allowed. -EINVAL with a reason. */
static int word_find(const char *const *words, size_t nr, const char *value,
		     char *why, size_t len)
{
	char quoted[TUI_QUOTED_MAX];
	size_t i, used;

	for (i = 0; i < nr; i++)
		if (!strcmp(words[i], value))
			return i;
	used = snprintf(why, len, "cannot be %s; use one of:",
			tui_quoted(quoted, value, strlen(value)));
	for (i = 0; i < nr && used < len; i++)
		used += snprintf(why + used, len - used, " %s", words[i]);
	return -EINVAL;
}

static void unknown(char *why, size_t len, const char *what, const char *name)
{
	char quoted[TUI_QUOTED_MAX];

	snprintf(why, len, "unknown %s %s", what,
		 tui_quoted(quoted, name, strlen(name)));
}

static int flag_set(bool *flag, const char *value, char *why, size_t len)
{
	int found = word_find(no_yes, ARRAY_SIZE(no_yes), value, why, len);

	if (found >= 0)
		*flag = found;
	return found < 0 ? found : 0;
}

static int set_view(struct view_tui *view, const char *value, char *why,
		    size_t len)
{
	int found = word_find(view_names, TUI_NR_VIEWS, value, why, len);

	if (found >= 0)
		view->view = found;
	return found < 0 ? found : 0;
}

static int set_columns(struct view_tui *view, const char *value, char *why,
		       size_t len)
{
	return tui_choice_parse(&view->choice, value, why, len);
}

static int set_sort(struct view_tui *view, const char *value, char *why,
		    size_t len)
{
	const struct column *column = column_find(value + (*value == '-'));

	if (!column) {
		unknown(why, len, "column", value);
		return -EINVAL;
	}
	if (column_is_asked(column)) {
		snprintf(why, len, "%s " COLUMN_ASKED_WHY, column->key);
		return -EINVAL;
	}
	view->sort = column;
	view->reverse = *value == '-';
	return 0;
}

static int set_range_sort(struct view_tui *view, const char *value, char *why,
			  size_t len)
{
	const struct column *column =
		range_column_find(value + (*value == '-'));

	if (!column) {
		unknown(why, len, "column", value);
		return -EINVAL;
	}
	view->range_sort = column;
	view->range_reverse = *value == '-';
	return 0;
}

static int set_folded(struct view_tui *view, const char *value, char *why,
		      size_t len)
{
	return tui_tree_folds_parse(&view->tree, value, why, len);
}

static int set_time(struct view_tui *view, const char *value, char *why,
		    size_t len)
{
	char quoted[TUI_QUOTED_MAX];
	enum time_style style;

	if (time_style_parse(&style, value)) {
		snprintf(why, len, "needs " TIME_STYLES ", not %s",
			 tui_quoted(quoted, value, strlen(value)));
		return -EINVAL;
	}
	view->time = style;
	return 0;
}

static int set_delay(struct view_tui *view, const char *value, char *why,
		     size_t len)
{
	char quoted[TUI_QUOTED_MAX];

	if (!view_delay_parse(&view->delay, value))
		return 0;
	snprintf(why, len, "needs %g to %g seconds, not %s", VIEW_DELAY_MIN,
		 VIEW_DELAY_MAX, tui_quoted(quoted, value, strlen(value)));
	return -EINVAL;
}

static int set_map(struct view_tui *view, const char *value, char *why,
		   size_t len)
{
	return flag_set(&view->map_shown, value, why, len);
}

static int set_table(struct view_tui *view, const char *value, char *why,
		     size_t len)
{
	return flag_set(&view->table_shown, value, why, len);
}

static int set_ranges(struct view_tui *view, const char *value, char *why,
		      size_t len)
{
	int found = word_find(ranges_names, ARRAY_SIZE(ranges_names), value,
			      why, len);

	if (found >= 0)
		view->ranges = found;
	return found < 0 ? found : 0;
}

static int set_log(struct view_tui *view, const char *value, char *why,
		   size_t len)
{
	int found =
		word_find(log_names, ARRAY_SIZE(log_names), value, why, len);

	if (found >= 0)
		view->log_size = found;
	return found < 0 ? found : 0;
}

static int set_mouse(struct view_tui *view, const char *value, char *why,
		     size_t len)
{
	int found = word_find(no_yes, ARRAY_SIZE(no_yes), value, why, len);

	if (found >= 0)
		view->no_mouse = !found;
	return found < 0 ? found : 0;
}

static void get_view(const struct view_tui *view, char *buf, size_t len)
{
	if (view->view != TUI_VIEW_blocks)
		snprintf(buf, len, "%s", view_names[view->view]);
}

static void get_columns(const struct view_tui *view, char *buf, size_t len)
{
	struct tui_choice usual;
	char text[LINE_BYTES];

	tui_choice_default(&usual);
	tui_choice_text(&usual, text, sizeof(text));
	tui_choice_text(&view->choice, buf, len);
	if (!strcmp(text, buf))
		*buf = '\0';
}

static void get_sort(const struct view_tui *view, char *buf, size_t len)
{
	if (view->sort || view->reverse)
		snprintf(buf, len, "%s%s", view->reverse ? "-" : "",
			 view->sort ? view->sort->key : columns[0].key);
}

static void get_range_sort(const struct view_tui *view, char *buf, size_t len)
{
	if (view->range_sort || view->range_reverse)
		snprintf(buf, len, "%s%s", view->range_reverse ? "-" : "",
			 view->range_sort ? view->range_sort->key :
					    range_columns[0].key);
}

static void get_folded(const struct view_tui *view, char *buf, size_t len)
{
	/* The line has a name, too. */
	tui_tree_folds_text(&view->tree, buf, len - 64);
}

static void get_time(const struct view_tui *view, char *buf, size_t len)
{
	if (view->time != TIME_AS_LOCAL)
		snprintf(buf, len, "%s", time_style_name(view->time));
}

static void get_delay(const struct view_tui *view, char *buf, size_t len)
{
	if (view->delay_changed)
		snprintf(buf, len, "%g", view->delay);
}

static void get_map(const struct view_tui *view, char *buf, size_t len)
{
	if (!view->map_shown)
		snprintf(buf, len, "no");
}

static void get_table(const struct view_tui *view, char *buf, size_t len)
{
	if (!view->table_shown)
		snprintf(buf, len, "no");
}

static void get_ranges(const struct view_tui *view, char *buf, size_t len)
{
	if (view->ranges != TUI_RANGES_AUTO)
		snprintf(buf, len, "%s", ranges_names[view->ranges]);
}

static void get_log(const struct view_tui *view, char *buf, size_t len)
{
	if (view->log_size != TUI_LOG_SPLIT)
		snprintf(buf, len, "%s", log_names[view->log_size]);
}

static void get_mouse(const struct view_tui *view, char *buf, size_t len)
{
	if (view->no_mouse)
		snprintf(buf, len, "no");
}

static const struct {
	const char *name;
	int (*set)(struct view_tui *view, const char *value, char *why,
		   size_t len);
	/* Leaves buf empty for a default. */
	void (*get)(const struct view_tui *view, char *buf, size_t len);
} settings[] = {
#define S(name)                               \
	{                                     \
#name, set_##name, get_##name \
	}
	S(view),  S(columns), S(sort),	S(range_sort), S(folded), S(time),
	S(delay), S(map),     S(table), S(ranges),     S(log),	  S(mouse),
#undef S
};

static int setting_apply(struct view_tui *view, const char *name,
			 const char *value, char *why, size_t len)
{
	char reason[REASON_MAX - 32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (strcmp(settings[i].name, name))
			continue;
		if (!settings[i].set(view, value, reason, sizeof(reason)))
			return 0;
		snprintf(why, len, "%s: %s", name, reason);
		return -EINVAL;
	}
	unknown(why, len, "setting", name);
	return -EINVAL;
}

/* The next word of a line, which ends there. "" if there is none. */
static char *word_cut(char **text)
{
	char *word = *text + strspn(*text, " \t");

	*text = word + strcspn(word, " \t");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

static int line_apply(struct view_tui *view, char *line, char *why, size_t len)
{
	char *rest = line, *name, *value, quoted[TUI_QUOTED_MAX];

	line[strcspn(line, "#\n")] = '\0';
	name = word_cut(&rest);
	value = word_cut(&rest);
	if (!*name)
		return 0;
	plain_text(name);
	plain_text(value);
	if (!*value || *word_cut(&rest)) {
		snprintf(why, len, "%s needs one value",
			 tui_quoted(quoted, name, strlen(name)));
		return -EINVAL;
	}
	return setting_apply(view, name, value, why, len);
}

/* A file that a read could wait for, or a folder, is refused. */
static FILE *settings_open(const char *path, int *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	FILE *file = NULL;

	*err = fd < 0 ? -errno : 0;
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &stat) && S_ISREG(stat.st_mode))
		file = fdopen(fd, "r");
	else
		*err = -EINVAL;
	if (!file && !*err)
		*err = -errno;
	if (!file)
		close(fd);
	return file;
}

/*
 * The next line, of a longer one only the begin. False at the end of the file, or when
 * nothing is left of the bytes that may be read.
 */
static bool line_read(FILE *file, size_t *left, char line[LINE_BYTES],
		      bool *is_longer)
{
	size_t len = 0;
	int c = EOF;

	*is_longer = false;
	while (*left && (c = getc(file)) != EOF && c != '\n') {
		--*left;
		if (len < LINE_BYTES - 1)
			line[len++] = c;
		else
			*is_longer = true;
	}
	line[len] = '\0';
	return c == '\n' || len;
}

#define MORE "and more lines\n"

/* Add a line to those about what cannot be used, as long as there is room. */
static void trouble_add(struct view_tui *view, unsigned int nr,
			const char *reason)
{
	size_t used = strlen(view->unusable);
	char text[REASON_MAX + 32];
	int len = snprintf(text, sizeof(text), "line %u: %s\n", nr, reason);

	if (strstr(view->unusable, MORE))
		return;
	strcpy(view->unusable + used,
	       used + len + sizeof(MORE) <= sizeof(view->unusable) ? text :
								     MORE);
}

#define OR_WRITE "or press W to write the file anew"

/* The lines that cannot be used: the first one, and how many there are. */
static void trouble_tell(struct view_tui *view, const char *path,
			 unsigned int first, const char *reason,
			 unsigned int bad)
{
	int used = snprintf(view->message, sizeof(view->message), "%s:%u: %s. ",
			    path, first, reason);
	char *more = view->message + used;
	size_t len = sizeof(view->message) - used;

	if (bad == 1)
		snprintf(more, len,
			 "The line is ignored: correct it, " OR_WRITE ".");
	else
		snprintf(
			more, len,
			"This line and %u other%s are ignored (? lists them): correct them, " OR_WRITE
			".",
			bad - 1, bad > 2 ? "s" : "");
}

static void file_tell(struct view_tui *view, const char *path, int err)
{
	const char *why = err == -EINVAL ? "not a file" : strerror(-err);

	snprintf(view->message, sizeof(view->message),
		 "cannot read the settings in %s: %s", path, why);
	snprintf(view->unusable, sizeof(view->unusable),
		 "it cannot be read: %s\n", why);
}

void tui_settings_read(struct view_tui *view, const char *path)
{
	char line[LINE_BYTES], reason[REASON_MAX], first[REASON_MAX];
	unsigned int nr = 0, bad = 0, at = 0;
	size_t left = FILE_BYTES;
	bool is_longer;
	int err;
	FILE *file = settings_open(path, &err);

	if (!file && err != -ENOENT && err != -ENOTDIR)
		file_tell(view, path, err);
	if (!file)
		return;
	while (line_read(file, &left, line, &is_longer)) {
		nr++;
		if (is_longer)
			snprintf(reason, sizeof(reason),
				 "the line is longer than %d bytes",
				 LINE_BYTES - 1);
		else if (!line_apply(view, line, reason, sizeof(reason)))
			continue;
		if (!bad++) {
			at = nr;
			memcpy(first, reason, sizeof(first));
		}
		trouble_add(view, nr, reason);
	}
	fclose(file);
	if (bad)
		trouble_tell(view, path, at, first, bad);
}

static int folders_make(const char *path)
{
	char folder[PATH_MAX];
	char *at;

	snprintf(folder, sizeof(folder), "%s", path);
	for (at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(folder, 0700) && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return 0;
}

static int settings_put(const struct view_tui *view, const char *path)
{
	FILE *file = fopen(path, "we");
	char value[LINE_BYTES];
	int err = 0;
	size_t i;

	if (!file)
		return -errno;
	fputs("# Settings of the dashboard, as it saved them.\n", file);
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		*value = '\0';
		settings[i].get(view, value, sizeof(value));
		if (*value)
			fprintf(file, "%s %s\n", settings[i].name, value);
	}
	if (ferror(file))
		err = -EIO;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

int tui_settings_write(const struct view_tui *view, const char *path, char *why,
		       size_t len)
{
	char new[PATH_MAX];
	int err;

	snprintf(new, sizeof(new), "%s.new", path);
	err = folders_make(path);
	if (!err)
		err = settings_put(view, new);
	/* An old file stays whole until the new one is. */
	if (!err && rename(new, path))
		err = -errno;
	if (err)
		snprintf(why, len, "cannot save the settings in %s: %s", path,
			 strerror(-err));
	return err;
}
