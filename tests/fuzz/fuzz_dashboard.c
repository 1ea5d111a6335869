// SPDX-License-Identifier: GPL-2.0
/*
 * The dashboard on an untrusted recording. The first line of an input has one
 * byte for the rows of the screen, one for its columns, and then the keys to
 * press; the rest is the recording. A frame is drawn after each key. A stub
 * replaces the screen, so no terminal and no curses are needed.
 */
#include "model/event_table.h"
#include "fuzz.h"
#include "lines.h"
#include "source/stream.h"
#include "view/view.h"
#include "view/tui/screen.h"

#define RECORDS_A_KEY 16 /* records between two keys */

struct run {
	struct stream stream;
	struct view_tui *view;
	u64 taken;
	bool left;
};

/* -- the screen ------------------------------------------------------------- */

static struct {
	const uint8_t *keys;
	const uint8_t *end;
	int rows;
	int cols;
	bool utf8;
	bool key; /* the next key is due */
} screen;

int tui_screen_open(bool color, bool ascii, char *why, size_t len)
{
	(void)color;
	(void)ascii;
	(void)why;
	(void)len;
	return 0;
}

void tui_screen_close(void)
{
}

int tui_screen_fd(void)
{
	return -1;
}

bool tui_screen_utf8(void)
{
	return screen.utf8;
}

void tui_screen_resize(void)
{
}

void tui_screen_size(int *rows, int *cols)
{
	*rows = screen.rows;
	*cols = screen.cols;
}

void tui_screen_redraw(void)
{
}

void tui_screen_mouse_use(bool use)
{
	(void)use;
}

/* Where the next two keys say */
void tui_screen_mouse(struct tui_mouse *mouse)
{
	uint8_t at[2] = { 0 };
	int i;

	for (i = 0; i < 2 && screen.keys != screen.end; i++)
		at[i] = *screen.keys++;
	mouse->what = at[0] % 3;
	mouse->y = at[0] / 3 % screen.rows;
	mouse->x = at[1] % screen.cols;
}

/* Bytes beyond ASCII stand for special keys. */
int tui_screen_key(void)
{
	int byte;

	if (!screen.key || screen.keys == screen.end)
		return TUI_KEY_NONE;
	screen.key = false;
	byte = *screen.keys++;
	return byte < 0x80 ? byte : TUI_KEY_UP + byte % 16;
}

void tui_screen_begin(void)
{
}

int tui_screen_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

size_t tui_screen_fit(const char *text, int width)
{
	size_t len;

	for (len = 0; text[len]; len++)
		if ((text[len] & 0xc0) != 0x80 && !width--)
			break;
	return len;
}

void tui_screen_text(int y, int x, int width, int style, const char *text)
{
	must((style & 0xff) < TUI_NR_STYLES, "style %d at %d,%d", style, y, x);
	must(width <= 0 || tui_screen_width(text) >= 0, "no text");
}

void tui_screen_cursor(int y, int x)
{
	must(y >= 0 && y < screen.rows && x >= 0 && x < screen.cols,
	     "cursor at %d,%d of %d,%d", y, x, screen.rows, screen.cols);
}

void tui_screen_end(void)
{
}

/* -- the run ---------------------------------------------------------------- */

static void press(struct run *run)
{
	if (run->left)
		return;
	screen.key = true;
	run->left = view_tui_keys(run->view, &run->stream.model) ==
		    VIEW_TUI_QUIT;
	if (run->left)
		return;
	stream_update(&run->stream);
	view_tui_draw(run->view, &run->stream.model);
}

static int take(void *ctx, const struct mhp_record *record)
{
	struct run *run = ctx;
	int err = stream_take(&run->stream, record);

	if (!(++run->taken % RECORDS_A_KEY) && screen.keys < screen.end)
		press(run);
	return err;
}

static void look(struct run *run)
{
	static const struct view_opts opts;
	char why[128];

	if (view_tui_open(&run->view, &opts, why, sizeof(why)))
		abort();
	view_tui_draw(run->view, &run->stream.model);
	while (stream_read(&run->stream, take, run) >= 0)
		;
	stream_finish(&run->stream, take, run);
	do {
		press(run);
	} while (screen.keys < screen.end && !run->left);
	view_tui_close(run->view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size);
	struct run run = { 0 };

	if (!line || line - data < 2)
		return 0;
	screen.rows = 1 + data[0] % 128;
	screen.cols = 1 + data[1] * 2;
	screen.utf8 = data[0] & 1;
	screen.keys = data + 2;
	/* Drawing a frame for each key is slow. */
	screen.end = line - screen.keys > 64 ? screen.keys + 64 : line;
	size -= ++line - data;
	if ((size && *line != '{') ||
	    stream_open_any(&run.stream, fuzz_file(line, size), NULL))
		return 0;
	look(&run);
	stream_close(&run.stream);
	return 0;
}
