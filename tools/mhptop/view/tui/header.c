// SPDX-License-Identifier: GPL-2.0
/*
 * The header: the source of the numbers, their sums, and whether they can be
 * trusted. Lost events are shown in a header of any size.
 */
#include <errno.h>
#include <string.h>
#include "format/recording.h"
#include "rules/rules.h"
#include "view/tui/state.h"

#define ALARM_TEXT_MAX 448

static void pages_write(struct tui_pen *pen, const struct model *model,
			const char *what, u64 pages)
{
	char bytes[UNITS_TEXT_MAX];

	size_text(bytes, pages * model->info.page_bytes);
	if (!tui_pen_write(pen, TUI_PLAIN, "%s ", what) ||
	    !tui_pen_write(pen, TUI_VALUE, "%s", bytes))
		return;
	tui_pen_write(pen, TUI_PLAIN, " (%llu pages)", pages);
	tui_pen_write(pen, TUI_PLAIN, "  ");
}

/* The user must see that there are no events. */
static void sysfs_write(struct tui_pen *pen)
{
	tui_pen_write(pen, TUI_PLAIN, " ");
	if (!tui_pen_write(pen, TUI_ALARM,
			   " sysfs only: states polled, no events "))
		tui_pen_force(pen, TUI_ALARM, " sysfs only ");
}

/* " PAUSED 12.3s/45.0s x2 ": where in a recording, and how fast it is played. */
static int moment_text(const struct view_motion *motion, char *text, size_t len)
{
	char at[UNITS_TEXT_MAX], of[UNITS_TEXT_MAX], speed[16];

	/* So that a step shows: events are microseconds apart. */
	duration_text(at, motion->elapsed_ns,
		      motion->elapsed_ns < 1000000000 ? 3 : 6);
	duration_text(of, motion->of_ns, 3);
	*speed = '\0';
	if (motion->speed != 1)
		snprintf(speed, sizeof(speed), " x%g", motion->speed);
	if (motion->at_end && !motion->moving) {
		snprintf(text, len, "recording %s%s", of, speed);
		return TUI_PLAIN;
	}
	if (motion->moving && !motion->playing)
		snprintf(text, len, " SEEKING %u%% %s/%s%s ", motion->percent,
			 at, of, speed);
	else
		snprintf(text, len, " %s %s/%s%s ",
			 motion->playing ? "PLAYING" : "PAUSED", at, of, speed);
	return TUI_FOCUS;
}

/* A pipe is live until it ends. Right-aligned. Returns the columns used. */
static int motion_write(const struct view_tui *view, const struct model *model,
			int y, int cols)
{
	char text[160];
	int style = TUI_PLAIN;

	if (view->paused) {
		snprintf(text, sizeof(text), " PAUSED, %llu new ",
			 model->log_head - view->paused_head);
		style = TUI_FOCUS;
	} else if (view->motion.ready) {
		style = moment_text(&view->motion, text, sizeof(text));
	} else if (model->info.live) {
		snprintf(text, sizeof(text), "every %g s", view->delay);
	} else {
		snprintf(text, sizeof(text), "%s",
			 model->info.growing && model->self_check == -EAGAIN ?
				 "live" :
				 "recording");
	}
	tui_screen_text(y, cols - strlen(text), strlen(text), style, text);
	return strlen(text);
}

static void source_draw(const struct view_tui *view, const struct model *model,
			int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	char bytes[UNITS_TEXT_MAX];

	pen.end -= motion_write(view, model, y, view->panes.cols) + 1;
	tui_pen_force(&pen, TUI_TITLE, "mhptop");
	if (model->info.kind == SOURCE_SYSFS)
		sysfs_write(&pen);
	tui_pen_write(&pen, TUI_VALUE, " %s", model->info.kernel);
	if (model->info.kind != SOURCE_SYSFS)
		tui_pen_write(&pen, TUI_GOOD, "  source %s",
			      source_kind_name(model->info.kind));
	tui_pen_write(&pen, TUI_PLAIN, "  block %s",
		      size_text(bytes, model->info.block_bytes));
	if (*model->info.host)
		tui_pen_write(&pen, TUI_PLAIN, "  on %s", model->info.host);
}

static void hosted_write(struct tui_pen *pen, const struct model *model,
			 const char *what, bool unknown, u64 pages)
{
	if (unknown)
		tui_pen_write(pen, TUI_PLAIN, "%s ?  ", what);
	else
		pages_write(pen, model, what, pages);
}

#define ATTENTION_ROW (ATTENTION_TEXT + 64)

/* "!1 needs attention  memory34: …". Returns the length up to the text. */
static int attention_row(char buf[ATTENTION_ROW],
			 const struct attention *attention)
{
	char text[ATTENTION_TEXT];
	int head = snprintf(buf, ATTENTION_ROW, "!%llu need%s attention  ",
			    attention->nr, attention->nr == 1 ? "s" : "");

	snprintf(buf + head, ATTENTION_ROW - head, "%s",
		 attention_text(text, attention->kept));
	return head;
}

int tui_header_attention(const struct model *model, int cols)
{
	char text[ATTENTION_ROW];

	if (!model->attention.nr)
		return 0;
	attention_row(text, &model->attention);
	return text[tui_row_fit(text, cols)] ? 2 : 1;
}

static void attention_draw(const struct view_tui *view,
			   const struct model *model, int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	char text[ATTENTION_ROW];
	int head = attention_row(text, &model->attention);
	int len = tui_row_fit(text, view->panes.cols);

	tui_pen_force(&pen, TUI_FAILED, "%.*s", head, text);
	if (view->panes.attention < 2) {
		tui_pen_force(&pen, TUI_PLAIN, "%s", text + head);
		return;
	}
	if (len > head)
		tui_pen_force(&pen, TUI_PLAIN, "%.*s", len - head, text + head);
	else
		len = head;
	pen = (struct tui_pen){ y + 1, 0, view->panes.cols };
	len += strspn(text + len, " ");
	tui_pen_force(&pen, TUI_PLAIN, "%s", text + len);
}

static void memory_draw(const struct view_tui *view, const struct model *model,
			int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };

	tui_pen_force(&pen, TUI_TITLE, "memory  ");
	if (!ledger_nr_zones(model->ledger)) {
		tui_pen_write(&pen, TUI_PLAIN, "no zones yet");
		return;
	}
	pages_write(&pen, model, "present", view->sums.present);
	pages_write(&pen, model, "managed", view->sums.managed);
}

static void memmap_draw(const struct view_tui *view, const struct model *model,
			int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };

	tui_pen_force(&pen, TUI_TITLE, "memmap  ");
	if (model->info.kind == SOURCE_SYSFS) {
		tui_pen_write(&pen, TUI_PLAIN,
			      "hosting is not available from sysfs");
		return;
	}
	hosted_write(&pen, model, "self-hosted", view->sums.self_unknown,
		     view->sums.self_hosted);
	hosted_write(&pen, model, "buddy-hosted", view->sums.buddy_unknown,
		     view->sums.buddy_hosted);
}

static void self_check_write(struct tui_pen *pen, const struct model *model)
{
	bool differs = model->self_check > 0;

	tui_pen_write(pen, TUI_PLAIN, "  ledger ");
	tui_pen_write(pen, differs ? TUI_ALARM : TUI_GOOD, "%s%s",
		      differs ? "!" : "",
		      recording_check_name(model->self_check));
}

static void rules_write(struct tui_pen *pen, const struct model *model)
{
	u64 violations = model->violations.total;

	if (violations) {
		tui_pen_force(pen, TUI_PLAIN, "  rules ");
		tui_pen_force(pen, TUI_ALARM, "!%llu violation%s", violations,
			      violations == 1 ? "" : "s");
	} else if (tui_pen_write(pen, TUI_PLAIN, "  rules ")) {
		tui_pen_write(pen, TUI_GOOD, "ok");
	}
}

static void events_draw(const struct view_tui *view, const struct model *model,
			int y)
{
	struct tui_pen pen = { y, 0, view->panes.cols };
	const struct model_sums *sums = &view->sums;
	u64 lost = model_lost(model);

	tui_pen_force(&pen, TUI_TITLE, "events  ");
	if (model->info.kind == SOURCE_SYSFS) {
		tui_pen_force(&pen, TUI_PLAIN, "none");
	} else {
		tui_pen_force(&pen, TUI_VALUE, "%llu", model_seen(model));
		tui_pen_force(&pen, TUI_PLAIN, " seen ");
		tui_pen_force(&pen, lost ? TUI_ALARM : TUI_VALUE,
			      lost ? "!%llu LOST" : "%llu lost", lost);
		self_check_write(&pen, model);
		rules_write(&pen, model);
	}
	if (sums->failures)
		tui_pen_write(&pen, TUI_FAILED, "  !%llu failed",
			      sums->failures);
	if (!tui_pen_write(
		    &pen, TUI_PLAIN, "  %llu blocks: %llu online %llu offline",
		    sums->blocks, sums->blocks_online, sums->blocks_offline))
		tui_pen_write(&pen, TUI_PLAIN, "  blocks %llu on %llu off",
			      sums->blocks_online, sums->blocks_offline);
}

static void alarm_text(const struct model *model, char *buf, size_t len)
{
	const struct violation *violation = model->violations.kept;

	if (model->self_check > 0)
		snprintf(buf, len, "! ledger differs: %s",
			 model->self_check_why);
	else if (model->violations.nr_kept)
		snprintf(buf, len, "! %s, memory%llu: expected %s; found %s",
			 rule_infos[violation->rule].name,
			 violation->pfn / ledger_block_pages(model->ledger),
			 violation->expected, violation->found);
	else
		snprintf(buf, len, "! %s", model->notice);
}

/* Break the alarm into rows and draw at most so many, from y. Returns all rows. */
static int alarm_rows(const struct model *model, int cols, int y, int most)
{
	char text[ALARM_TEXT_MAX];

	alarm_text(model, text, sizeof(text));
	return tui_rows_draw(text, TUI_FAILED, y, most, cols);
}

int tui_header_alarm(const struct model *model, int cols)
{
	if (model->self_check <= 0 && !*model->notice &&
	    !model->violations.nr_kept)
		return 0;
	return alarm_rows(model, cols, 0, 0);
}

void tui_header_draw(const struct view_tui *view, const struct model *model)
{
	const struct tui_panes *panes = &view->panes;
	int height = panes->header.height - panes->alarm - panes->attention;
	int y = panes->header.y;

	source_draw(view, model, y++);
	if (panes->attention)
		attention_draw(view, model, y);
	y += panes->attention;
	if (height >= 4)
		memory_draw(view, model, y++);
	if (height >= 3)
		memmap_draw(view, model, y++);
	events_draw(view, model, y++);
	if (panes->alarm)
		alarm_rows(model, panes->cols, y, panes->alarm);
}
