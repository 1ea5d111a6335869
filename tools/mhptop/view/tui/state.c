// SPDX-License-Identifier: GPL-2.0
/*
 * What the dashboard keeps of the model and of the user's choices. The cells and
 * the list of blocks are made anew only when the model took records.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "view/tui/state.h"

u8 tui_cell_of(const struct model *model, const struct mhp_block *block)
{
	return tui_cells_of(block,
			    model->violations.total &&
				    violations_of_block(&model->violations,
							block->start_pfn));
}

static void cells_add(struct view_tui *view, const struct model *model,
		      const struct mhp_block *blocks, u64 number, size_t nr)
{
	u8 *cells = tui_cells_extend(&view->cells, number, nr);
	size_t i;

	for (i = 0; i < nr; i++) {
		model_sum_block(&view->sums, &blocks[i]);
		if (cells)
			cells[i] = tui_cell_of(model, &blocks[i]);
	}
}

/* Whether the list has these blocks at this place. */
static bool list_has(const struct block_order *order, size_t at, u64 pfn,
		     u64 block_pages, size_t nr)
{
	size_t i;

	if (nr > order->nr - at)
		return false;
	for (i = 0; i < nr; i++)
		if (order->pfns[at + i] != pfn + i * block_pages)
			return false;
	return true;
}

/*
 * One walk for the sums, the cells, the tree if it is shown, and whether the list of
 * blocks stays as it is, that is, all of them by address. With many blocks, much of its
 * time is spent waiting for memory.
 */
static void accounts_walk(struct view_tui *view, const struct model *model)
{
	u64 block_pages = ledger_block_pages(model->ledger), number;
	bool tree = view->view == TUI_VIEW_nodes, same = true;
	const struct mhp_block *blocks;
	size_t at = 0, nr;

	tui_cells_clear(&view->cells);
	model_sum_zones(model, &view->sums);
	view->tree.filled = tree;
	view->tree.made = false;
	if (tree)
		tui_tree_begin(&view->tree, model);
	for (number = 0;
	     (blocks = ledger_walk_blocks(model->ledger, &number, &nr));
	     number += nr, at += nr) {
		cells_add(view, model, blocks, number, nr);
		same = same && list_has(&view->order, at, number * block_pages,
					block_pages, nr);
		if (tree)
			tui_tree_add(&view->tree, blocks, number, nr);
	}
	view->listed = same && at == view->order.nr;
}

/*
 * The selection follows its block. If the block is no longer listed, the block
 * now in its row is selected, unless the map or the detail page is in use.
 */
static void selection_keep(struct view_tui *view)
{
	const struct block_order *order = &view->order;
	long row = view->sel_row < 0 ? 0 : view->sel_row;

	view->sel_row = -1;
	if (view->selected)
		view->sel_row = block_order_find(order, view->sel_pfn);
	if (view->sel_row >= 0 || !order->nr)
		return;
	if (view->selected &&
	    (view->focus == TUI_MAP || view->mode == TUI_DETAIL))
		return;
	if (row >= (long)order->nr)
		row = order->nr - 1;
	tui_select(view, order->pfns[row]);
}

/* Whether the time of the model alone can change the list of blocks. */
static bool list_has_time(const struct view_tui *view)
{
	return (view->sort && view->sort->kind == COLUMN_TIME) ||
	       (view->filter && block_filter_has_time(view->filter));
}

void tui_make(struct view_tui *view, const struct model *model)
{
	/* While paused, only the user can change what is shown. */
	bool news = !view->paused && view->made_seen != model->seen;
	bool later = !view->paused && view->made_now != model_now(model) &&
		     list_has_time(view);

	if (view->made && !news && !later)
		return;
	view->made_now = model_now(model);
	if (news || !view->made_seen) {
		accounts_walk(view, model);
		view->made_seen = model->seen;
	}
	if ((!view->listed || view->sort || view->reverse || view->filter) &&
	    block_order_make(&view->order, model, view->sort, view->reverse,
			     view->filter))
		snprintf(view->message, sizeof(view->message),
			 "out of memory: cannot list %zu blocks",
			 ledger_nr_blocks(model->ledger));
	view->listed = !view->sort && !view->reverse && !view->filter;
	view->made = true;
	selection_keep(view);
}

const struct mhp_block *tui_selected(const struct view_tui *view,
				     const struct model *model)
{
	if (!view->selected)
		return NULL;
	return ledger_find_block(model->ledger, view->sel_pfn);
}

bool tui_has_keys(const struct view_tui *view, enum tui_pane pane)
{
	return view->mode == TUI_MAIN && view->focus == pane;
}

void tui_select(struct view_tui *view, u64 pfn)
{
	view->selected = true;
	view->sel_pfn = pfn;
	view->sel_row = block_order_find(&view->order, pfn);
}

void tui_sort(struct view_tui *view, const struct column *column)
{
	if (view->view == TUI_VIEW_ranges) {
		view->range_sort = column;
		return;
	}
	if (column_is_asked(column)) {
		snprintf(view->message, sizeof(view->message),
			 "%s " COLUMN_ASKED_WHY, column->title);
		return;
	}
	view->sort = column;
	view->made = false;
}

void tui_sort_reverse(struct view_tui *view)
{
	if (view->view == TUI_VIEW_ranges) {
		view->range_reverse = !view->range_reverse;
		return;
	}
	view->reverse = !view->reverse;
	view->made = false;
}

const struct column *tui_sorted_by(const struct view_tui *view)
{
	return view->view == TUI_VIEW_ranges ? view->range_sort : view->sort;
}

int tui_filter(struct view_tui *view, const char *text, char *why, size_t len)
{
	struct block_filter *filter = NULL;
	int err;

	err = block_filter_parse(&filter, text, why, len);
	if (err)
		return err;
	block_filter_free(view->filter);
	view->filter = NULL;
	/* One that matches all blocks is none. */
	if (text[strspn(text, " ,")])
		view->filter = filter;
	else
		block_filter_free(filter);
	snprintf(view->filter_text, sizeof(view->filter_text), "%s", text);
	view->made = false;
	view->table_top = 0;
	return 0;
}

u64 tui_log_head(const struct view_tui *view, const struct model *model)
{
	return view->paused ? view->paused_head : model->log_head;
}

void tui_page_area(const struct view_tui *view, struct tui_area *area)
{
	const struct tui_panes *panes = &view->panes;
	int top = panes->header.height;

	area->y = top + panes->pane[TUI_MAP].height;
	area->height = panes->footer.y - area->y;
	if (view->mode == TUI_HELP || area->height < 8) {
		area->y = top;
		area->height = panes->footer.y - top;
	}
}
