/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the dashboard share: its state, and who draws what. How
 * it is used from outside is in view.h.
 */
#ifndef VIEW_TUI_H
#define VIEW_TUI_H

#include "view/view.h"
#include "view/tui/cells.h"
#include "view/tui/layout.h"
#include "view/tui/line.h"
#include "model/order.h"
#include "view/tui/screen.h"
#include "view/tui/text.h"

enum tui_mode {
	TUI_MAIN,
	TUI_DETAIL, /* of the selected block */
	TUI_HELP,
	TUI_SORT, /* choosing a column */
	TUI_FILTER, /* typing a filter */
	TUI_DELAY, /* typing seconds */
};

struct view_tui {
	bool open;
	enum tui_mode mode;
	bool paused;
	u64 paused_head; /* of the model's log when that began */
	double delay; /* in s; 0: nobody said yet */
	char message[160]; /* for the last line, until the next key */

	/* the screen */
	struct tui_panes panes;
	enum tui_pane focus;
	bool map_shown;
	bool table_shown;
	enum tui_ranges ranges;
	enum tui_log_size log_size;

	/* made from the model, again when it or these change */
	u64 made_snapshot; /* of the model then, */
	bool made; /* if it was at all */
	struct model_sums sums;
	struct tui_cells cells;
	struct block_order order;

	/* the blocks: which, in which order, where we are */
	const struct column *sort; /* NULL: by pfn */
	bool reverse;
	struct block_filter *filter; /* NULL: all */
	char filter_text[TUI_LINE_MAX + 1];
	bool selected;
	u64 sel_pfn; /* the first of the selected block */
	long sel_row; /* in order, -1 if it is filtered out */
	long table_top;
	int table_col; /* columns scrolled away */
	long ranges_top;
	int ranges_col; /* columns scrolled away */
	bool zoomed; /* one block a cell, however many there are */
	long map_top;

	/* the log */
	bool log_back; /* scrolled back: */
	u64 log_end; /* its last line is the event before this one */
	int log_x;

	/* pages and prompts */
	struct tui_lines lines;
	struct tui_line prompt;
	long chosen; /* column in the sort chooser */
};

/* view_tui_state.c: what follows from the model and from the user's wishes */
void tui_make(struct view_tui *view, const struct model *model);
void tui_arrange(struct view_tui *view, const struct model *model);
/* The cell of a block, by its state and by the laws. */
u8 tui_cell_of(const struct model *model, const struct mhp_block *block);
const struct mhp_block *tui_selected(const struct view_tui *view,
				     const struct model *model);
/* Is it this pane that keys go to? */
bool tui_has_keys(const struct view_tui *view, enum tui_pane pane);
void tui_select(struct view_tui *view, u64 pfn);
void tui_sort(struct view_tui *view, const struct column *column);
/* 0, or -EINVAL with a reason; the filter is then as it was. */
int tui_filter(struct view_tui *view, const char *text, char *why, size_t len);
u64 tui_log_head(const struct view_tui *view, const struct model *model);
/* The rows below the map, or all below the header if those are too few. */
void tui_page_area(const struct view_tui *view, struct tui_area *area);

/* view_tui_header.c */
void tui_header_draw(const struct view_tui *view, const struct model *model);
/* Rows for what the user must be told, 0 if that is nothing. */
int tui_header_alarm(const struct model *model, int cols);

/* view_tui_map.c */
#define TUI_MAP_COLS 480
struct tui_glyph {
	const char *utf8[2]; /* others host its memmap, and it does itself */
	char ascii[2];
	int style;
	const char *word; /* for the legend */
	const char *help;
};
extern const struct tui_glyph tui_glyphs[TUI_NR_CELLS];
/* The glyph of a cell, and its style. */
const char *tui_glyph(u8 cell, char buf[2], int *style);
/* How many columns of the screen a row's label takes. */
int tui_map_label(const struct view_tui *view, const struct model *model);
void tui_map_draw(struct view_tui *view, const struct model *model);

/* view_tui_table.c: the columns in the order of the table, NULL at the end. */
#define TUI_COLUMNS_MAX 64
void tui_table_columns(const struct column *list[TUI_COLUMNS_MAX + 1]);
/* A cell and the space behind it, padded as the column wants it. */
void tui_cell_draw(struct tui_pen *pen, const struct column *column, int style,
		   const char *text);
void tui_table_draw(struct view_tui *view, const struct model *model);

/* view_tui_ranges.c */
void tui_ranges_draw(struct view_tui *view, const struct model *model);
/* Scroll so that row top is the first; no further than to the last. */
void tui_ranges_scroll(struct view_tui *view, const struct model *model,
		       long top);
/* Scroll columns away, or back. */
void tui_ranges_shift(struct view_tui *view, int columns);

/* view_tui_log.c */
#define TUI_EVENT_MAX 640
/* One event as a line: time, cpu, who, name, fields. */
void tui_event_line(const struct mhp_record *record, char *buf, size_t len);
bool tui_event_failed(const struct mhp_record *record);
/* Does it tell of any of these pages? */
bool tui_event_concerns(const struct mhp_record *record, u64 pfn, u64 nr);
void tui_log_draw(struct view_tui *view, const struct model *model);
void tui_log_scroll(struct view_tui *view, const struct model *model, long up);

/* view_tui_detail_range.c: where the memmap is if the range hosts it. */
void tui_detail_memmap(struct tui_lines *lines, const struct model *model,
		       const struct mhp_block *block);
/* The references, and what was freed of it. */
void tui_detail_refs(struct tui_lines *lines, const struct mhp_range *range);

/* view_tui_detail.c */
void tui_detail_make(struct view_tui *view, const struct model *model);

/* view_tui_help.c */
void tui_help_make(struct view_tui *view);
void tui_chooser_make(struct view_tui *view);

/* view_tui_move.c */
enum tui_move {
	TUI_MOVE_UP,
	TUI_MOVE_DOWN,
	TUI_MOVE_PGUP,
	TUI_MOVE_PGDN,
	TUI_MOVE_FIRST,
	TUI_MOVE_LAST,
	TUI_MOVE_LEFT,
	TUI_MOVE_RIGHT,
};
void tui_move(struct view_tui *view, const struct model *model,
	      enum tui_move move);

/* view_tui_prompt.c */
void tui_prompt_open(struct view_tui *view, enum tui_mode mode);
bool tui_prompt_is_open(const struct view_tui *view);
/* Multiply the time between frames. */
void tui_delay_step(struct view_tui *view, double factor);
void tui_prompt_key(struct view_tui *view, int key);
void tui_footer_draw(const struct view_tui *view);

#endif
