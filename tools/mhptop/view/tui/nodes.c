// SPDX-License-Identifier: GPL-2.0
/* The view of nodes: a tree of nodes, zones and ranges, with their memory blocks and pages. */
#include <stdio.h>
#include <string.h>

#include "model/event_table.h"
#include "view/tui/state.h"

/* Addresses of a large machine need more than a narrow screen has. */
static int name_width(const struct view_tui *view)
{
	return view->panes.cols < 90 ? 28 : 33;
}

static long nodes_lines(struct view_tui *view, const struct model *model)
{
	if (!view->tree.made)
		tui_tree_make(&view->tree, model);
	return view->tree.nr;
}

static const struct tui_tree_line *node_selected(struct view_tui *view,
						 const struct model *model)
{
	long line = tui_view_place(view)->line;

	return line < nodes_lines(view, model) ? &view->tree.lines[line] : NULL;
}

static const struct mhp_range *line_range(const struct model *model,
					  const struct tui_tree_line *line)
{
	return line->is_range ?
		       ledger_find_range(model->ledger, line->first_pfn) :
		       NULL;
}

static const char *fold_mark(const struct tui_tree_line *line)
{
	if (tui_screen_utf8())
		return line->folded ? "▸" : "▾";
	return line->folded ? "+" : "-";
}

static void node_name(const struct model *model,
		      const struct tui_tree_line *line, char *buf, size_t len)
{
	const struct mhp_range *range = line_range(model, line);
	u64 page = model->info.page_bytes;

	if (line->kind == TUI_TREE_NODE && line->nid < 0)
		snprintf(buf, len, "%s node unknown", fold_mark(line));
	else if (line->kind == TUI_TREE_NODE)
		snprintf(buf, len, "%s node %d", fold_mark(line), line->nid);
	else if (line->kind == TUI_TREE_ZONE)
		snprintf(buf, len, "  %s %s",
			 line->tally.blocks ? fold_mark(line) : " ",
			 !line->zone ? "zone unknown" :
			 line->zone == MHP_ZONE_NONE ?
				       "in no zone" :
				       event_symbol(event_zones, line->zone));
	else if (range)
		snprintf(buf, len, "    0x%llx-0x%llx", range->start_pfn * page,
			 (range->start_pfn + range->nr_pages) * page - 1);
	else
		snprintf(buf, len, "    range unknown");
}

static int node_style(const struct tui_tree_line *line)
{
	if (line->kind == TUI_TREE_NODE)
		return TUI_TITLE;
	if (line->tally.failed)
		return TUI_FAILED;
	return line->kind == TUI_TREE_ZONE && !line->tally.blocks ? TUI_DIM :
								    TUI_PLAIN;
}

#define PAGES_WIDTH 9
#define HOSTING_WIDTH 7
static const char *const pages_titles[] = { "PRESENT", "MANAGED", "VMEMMAP" };

/* Pages of a node or a zone; "-" for anything else, "?" if they are unknown. */
static void pages_cell(struct tui_pen *pen, int style,
		       const struct tui_tree_line *line,
		       const struct model *model, u64 pages, bool known)
{
	char text[UNITS_TEXT_MAX];

	/* A part of a number would be another number. */
	if (pen->end - pen->x < PAGES_WIDTH)
		return;
	if (!line->pages.known)
		tui_pen_force(pen, style, "%9s ", "-");
	else if (!known)
		tui_pen_force(pen, style, "%9s ", "?");
	else
		tui_pen_force(pen, style, "%9s ",
			      size_text(text, pages * model->info.page_bytes));
}

static void node_draw(const struct view_tui *view, const struct model *model,
		      const struct tui_tree_line *line, int y, bool selected)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	int style = node_style(line) | (selected ? TUI_REVERSE : 0);
	const struct mhp_range *range = line_range(model, line);
	const struct tui_tally *tally = &line->tally;
	char name[96], size[UNITS_TEXT_MAX];
	int width, most = name_width(view);

	node_name(model, line, name, sizeof(name));
	width = tui_screen_width(name);
	tui_pen_force(&pen, style, "%s%s%*s", selected ? ">" : " ", name,
		      width < most ? most - width : 1, "");
	tui_pen_force(&pen, style, "%9s %6llu %6llu %7llu ",
		      size_text(size, tally->blocks * model->info.block_bytes),
		      tally->blocks, tally->online, tally->offline);
	snprintf(name, sizeof(name), "%s%llu", tally->failed ? "!" : "",
		 tally->failed);
	tui_pen_force(&pen, style, "%6s ", name);
	pages_cell(&pen, style, line, model, line->pages.present, true);
	pages_cell(&pen, style, line, model, line->pages.managed, true);
	pages_cell(&pen, style, line, model, line->pages.vmemmap,
		   !tally->unknown && model->info.kind != SOURCE_SYSFS);
	if (pen.end - pen.x >= HOSTING_WIDTH)
		tui_pen_force(&pen, style, "%s",
			      range && range->hosting ?
				      event_symbol(event_hostings,
						   range->hosting) :
				      "-");
	if (selected && pen.x < pen.end)
		tui_screen_text(y, pen.x, pen.end - pen.x, style, "");
}

static void nodes_draw(struct view_tui *view, const struct model *model,
		       const struct tui_area *area)
{
	const struct tui_place *place = tui_view_place(view);
	struct tui_pen pen = { area->y, 0, view->panes.cols };
	long i, nr = nodes_lines(view, model);

	pen.x = tui_view_title(view, area, nr);
	tui_pen_write(&pen, TUI_DIM, "  Left: fold  Right: unfold");
	pen = (struct tui_pen){ area->y + 1, 0, view->panes.cols };
	tui_pen_force(&pen, TUI_TITLE, " %-*s%9s %6s %6s %7s %6s ",
		      name_width(view), "NODE, ZONE, RANGE", "SIZE", "BLOCKS",
		      "ONLINE", "OFFLINE", "FAILED");
	for (i = 0; i < 3; i++)
		if (pen.end - pen.x >= PAGES_WIDTH)
			tui_pen_force(&pen, TUI_TITLE, "%*s ", PAGES_WIDTH,
				      pages_titles[i]);
	if (pen.end - pen.x >= HOSTING_WIDTH)
		tui_pen_force(&pen, TUI_TITLE, "HOSTING");
	for (i = 0; i < area->height - 2 && place->top + i < nr; i++)
		node_draw(view, model, &view->tree.lines[place->top + i],
			  area->y + 2 + i, place->top + i == place->line);
	if (!nr)
		tui_screen_text(area->y + 2, TUI_GUTTER,
				view->panes.cols - TUI_GUTTER, TUI_DIM,
				"no nodes yet");
}

/* Fold a line; if it has nothing to fold, go to the one that it is part of. */
static void nodes_turn(struct view_tui *view, const struct model *model,
		       bool right)
{
	const struct tui_tree_line *line = node_selected(view, model);
	struct tui_place *place = tui_view_place(view);

	if (!line || tui_tree_fold(&view->tree, line, !right) || right)
		return;
	while (place->line > 0 &&
	       view->tree.lines[place->line].kind >= line->kind)
		place->line--;
}

static void nodes_open(struct view_tui *view, const struct model *model)
{
	const struct tui_tree_line *line = node_selected(view, model);

	if (!line)
		return;
	if (line->kind == TUI_TREE_RANGE)
		tui_detail_open(view, model, line->first_pfn);
	else
		tui_tree_fold(&view->tree, line, !line->folded);
}

const struct tui_view_ops tui_view_nodes = {
	.title = "Nodes",
	.heads = 2,
	.lines = nodes_lines,
	.draw = nodes_draw,
	.turn = nodes_turn,
	.open = nodes_open,
};
