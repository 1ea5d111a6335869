/* SPDX-License-Identifier: GPL-2.0 */
/* The state of the dashboard and its functions, private to view/tui/. */
#ifndef VIEW_TUI_STATE_H
#define VIEW_TUI_STATE_H

#include <limits.h>
#include "view/view.h"
#include "view/tui/cells.h"
#include "view/tui/choice.h"
#include "view/tui/devices.h"
#include "view/tui/layout.h"
#include "view/tui/line.h"
#include "model/order.h"
#include "model/summary.h"
#include "model/times.h"
#include "view/tui/screen.h"
#include "view/tui/text.h"
#include "view/tui/tree.h"
#include "view/tui/views.h"

enum tui_mode {
	TUI_MAIN,
	TUI_DETAIL, /* of the selected block */
	TUI_HELP,
	TUI_SORT, /* choosing a column to sort by */
	TUI_COLUMNS, /* choosing the columns of the table */
	TUI_FILTER, /* typing a filter */
	TUI_DELAY, /* typing a delay */
	TUI_MOMENT, /* typing a time to show */
};

struct view_tui {
	bool open;
	enum tui_mode mode;
	bool paused;
	u64 paused_head; /* head of the model's log when it was paused */
	double delay; /* in seconds; 0: not yet set */
	struct view_motion motion; /* all zero: live */
	struct view_wish wish;
	struct block_answers *answers; /* NULL: none */
	bool delay_changed; /* by the user */
	const char *settings; /* their path, NULL: none */
	enum time_style time;
	bool no_mouse; /* the terminal keeps the mouse */
	char message[PATH_MAX + 512]; /* for the last lines, until the next key */
	char unusable[2048]; /* lines about the settings that cannot be used */

	enum tui_view view;
	struct tui_place places[TUI_NR_VIEWS]; /* in those that are lists */

	/* the view of blocks */
	struct tui_panes panes;
	enum tui_pane focus;
	bool map_shown;
	bool table_shown;
	enum tui_ranges ranges;
	enum tui_log_size log_size;

	/* derived from the model, updated when it or the options change */
	u64 made_seen; /* records the model had then */
	u64 made_now; /* its time then */
	bool made; /* up to date, apart from new records */
	struct model_sums sums;
	struct tui_cells cells;
	struct block_order order;
	bool listed; /* order has all blocks, by address */
	/* made only if they are shown */
	struct tui_tree tree;
	struct tui_devices devices;

	/* the table of blocks: filter, order, selection, scrolling */
	struct tui_choice choice; /* of columns */
	const struct column *sort; /* NULL: by pfn */
	bool reverse;
	struct block_filter *filter; /* NULL: all */
	char filter_text[TUI_LINE_MAX + 1];
	bool selected;
	u64 sel_pfn; /* first pfn of the selected block */
	long sel_row; /* its index in order, -1 if it is filtered out */
	long table_top;
	int table_col; /* columns scrolled away */
	const struct column
		*range_sort; /* of the view of ranges; NULL: as usual */
	bool range_reverse;
	long ranges_top;
	int ranges_col; /* columns scrolled away */
	bool zoomed; /* always one block per cell */
	int zoom; /* else, this often half as many blocks per cell as would fit */
	long map_top;

	/* the log */
	bool log_back; /* scrolled back */
	u64 log_end; /* if so, its last line is the event before this one */
	int log_x;
	long events_nr; /* lines of the view of events, when it was drawn last */
	u64 events_first; /* events that had left the log then */

	/* the views of operations and of latencies */
	long operations_nr; /* lines, when it was drawn last */
	u64 operations_dropped; /* operations that were forgotten then */
	bool operations_alone; /* bars begin at the left, not at their time */
	struct summary_times times[NR_OPERATIONS];
	u64 times_seen; /* records the model had then */
	bool times_made;

	/* pages and prompts */
	struct tui_lines lines;
	struct tui_line prompt;
	long chosen; /* column in the list on the page */
};

/* Update what is derived from the model and from the options of the user. */
void tui_make(struct view_tui *view, const struct model *model);
void tui_arrange(struct view_tui *view, const struct model *model);
/* The cell of a block, from its state and its violations. */
u8 tui_cell_of(const struct model *model, const struct mhp_block *block);
const struct mhp_block *tui_selected(const struct view_tui *view,
				     const struct model *model);
/* Whether the pane has the focus. */
bool tui_has_keys(const struct view_tui *view, enum tui_pane pane);
void tui_select(struct view_tui *view, u64 pfn);
/* Sort what is shown, blocks or ranges. */
void tui_sort(struct view_tui *view, const struct column *column);
void tui_sort_reverse(struct view_tui *view);
/* The column by which what is shown is sorted, NULL: as usual. */
const struct column *tui_sorted_by(const struct view_tui *view);
/* Set the filter. 0, or -errno with a reason in why; the filter is then unchanged. */
int tui_filter(struct view_tui *view, const char *text, char *why, size_t len);
u64 tui_log_head(const struct view_tui *view, const struct model *model);
/* Make the lines of the page that is shown. */
void tui_page_make(struct view_tui *view, const struct model *model);
/* The area of a page: below the map, or below the header if that is too small. */
void tui_page_area(const struct view_tui *view, struct tui_area *area);

void tui_header_draw(const struct view_tui *view, const struct model *model);
/* The number of rows needed to say what needs attention, 0 if nothing does. */
int tui_header_attention(const struct model *model, int cols);
/* The number of rows needed for alarms, 0 if there are none. */
int tui_header_alarm(const struct model *model, int cols);

#define TUI_MAP_COLS 480
struct tui_glyph {
	const char *utf8[2]; /* memmap hosted elsewhere, self-hosted */
	char ascii[2];
	int style;
	const char *word; /* for the legend */
	const char *help;
};
extern const struct tui_glyph tui_glyphs[TUI_NR_CELLS];
/* The glyph of a cell and its style. The glyph may be in buf. */
const char *tui_glyph(u8 cell, char buf[2], int *style);
/* The width of a row's label. */
int tui_map_label(const struct view_tui *view, const struct model *model);
void tui_map_draw(struct view_tui *view, const struct model *model);

#define TUI_GUTTER 2 /* columns for marks at the left of a table */
/*
 * One cell of a table, padded to a width, or to that of its column if it is 0. In a
 * column that was made narrower, words are clipped, and ### stands for a number.
 */
void tui_cell_draw(struct tui_pen *pen, const struct column *column, int width,
		   int style, const char *text);
/* Whether a cell fits at the right of what is drawn: a part of a number would be another number. */
bool tui_cell_fits(const struct tui_pen *pen, const struct column *column,
		   int width);
/* Say in a title that columns are left out. */
void tui_more_columns(struct tui_pen *title);
void tui_table_draw(struct view_tui *view, const struct model *model);
/* The column whose title is there, NULL if there is none. */
const struct column *tui_table_column_at(struct view_tui *view, int x);
void tui_table_move(struct view_tui *view, enum tui_move move);

void tui_ranges_draw(struct view_tui *view, const struct model *model);
/* Scroll so that row top is the first, but not past the last row. */
void tui_ranges_scroll(struct view_tui *view, const struct model *model,
		       long top);
/* Scroll horizontally, by columns. */
void tui_ranges_shift(struct view_tui *view, int columns);
/* The column whose title is there in the view of ranges, NULL if there is none. */
const struct column *tui_ranges_column_at(const struct view_tui *view, int x);

#define TUI_EVENT_MAX 640
#define TUI_EVENT_STEP 16 /* columns that events scroll to the side at once */
/* One event as a line: time, cpu, task, name, fields. */
void tui_event_line(const struct view_tui *view, const struct model *model,
		    const struct mhp_record *record, char *buf, size_t len);
/* The first page that it is about. False if it is about none. */
bool tui_event_pfn(const struct mhp_record *record, u64 *pfn);
bool tui_event_failed(const struct mhp_record *record);
/* Whether it concerns any of these pages. */
bool tui_event_concerns(const struct mhp_record *record, u64 pfn, u64 nr);
void tui_log_draw(struct view_tui *view, const struct model *model);
void tui_log_scroll(struct view_tui *view, const struct model *model, long up);

/* Show the details of the block at a pfn, or say that it is unknown. */
void tui_detail_open(struct view_tui *view, const struct model *model, u64 pfn);
void tui_detail_make(struct view_tui *view, const struct model *model);

void tui_help_make(struct view_tui *view);
void tui_chooser_make(struct view_tui *view);
/* The columns on the page: how many, one of them, and the place of one, 0 if it has none. */
int tui_chooser_nr(const struct view_tui *view);
const struct column *tui_chooser_column(const struct view_tui *view, int at);
int tui_chooser_find(const struct view_tui *view, const struct column *column);
void tui_chooser_move(struct view_tui *view, enum tui_move move);
/* A key of the page for choosing columns. False if it is none of that page. */
bool tui_chooser_key(struct view_tui *view, int key);

void tui_mouse_take(struct view_tui *view, const struct model *model,
		    const struct tui_mouse *mouse);

void tui_prompt_open(struct view_tui *view, enum tui_mode mode);
bool tui_prompt_is_open(const struct view_tui *view);
/* Whether the recording can be shown at any moment; if not, the last line says why. */
bool tui_can_move(struct view_tui *view);
/* Multiply the delay between frames by a factor. */
void tui_delay_step(struct view_tui *view, double factor);
void tui_prompt_key(struct view_tui *view, int key);
/* The number of rows that the last lines need. */
int tui_footer_rows(const struct view_tui *view, int cols);
void tui_footer_draw(const struct view_tui *view);

#endif
