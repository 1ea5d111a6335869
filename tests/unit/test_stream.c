// SPDX-License-Identifier: GPL-2.0
/*
 * The accounts and notices of a stream whose source loses records, as a full
 * ring buffer does. The source is a fake with a ledger like the kernel's, which
 * has all events.
 */
#include <errno.h>
#include <stdlib.h>

#include "ktap.h"
#include "model/times.h"
#include "source/live.h"
#include "source/stream.h"

#define PAGES 32768ULL
#define ROOM 8

struct fake {
	struct source source;
	struct mhp_ledger *ledger; /* the kernel's */
	struct mhp_record waiting[ROOM];
	int nr; /* records in waiting */
	u64 seen;
	u64 lost;
	u64 no_room;
	u64 no_lock;
	int ledger_ret;
	int read_err;
};

static int fake_read(struct source *source, source_sink sink, void *ctx)
{
	struct fake *fake = (struct fake *)source;
	int i, nr = fake->nr;

	if (fake->read_err)
		return fake->read_err;
	for (i = 0; i < nr; i++)
		sink(ctx, &fake->waiting[i]);
	fake->nr = 0;
	return nr;
}

static int fake_totals(struct source *source, struct source_totals *totals)
{
	struct fake *fake = (struct fake *)source;

	totals->count[0] =
		(struct mhp_count){ .seen = fake->seen, .lost = fake->lost };
	totals->no_room = fake->no_room;
	totals->no_lock = fake->no_lock;
	return 0;
}

static int fake_ledger(struct source *source, struct mhp_ledger *ledger,
		       char *why, size_t len)
{
	struct fake *fake = (struct fake *)source;
	const struct mhp_zone_account *zone = NULL;
	const struct mhp_block *block = NULL;
	const struct mhp_range *range = NULL;

	snprintf(why, len, "because");
	if (fake->ledger_ret < 0)
		return fake->ledger_ret;
	while ((block = ledger_next_block(fake->ledger, block)))
		ledger_load_block(ledger, block);
	while ((zone = ledger_next_zone(fake->ledger, zone)))
		ledger_load_zone(ledger, zone);
	while ((range = ledger_next_range(fake->ledger, range)))
		ledger_load_range(ledger, range);
	ledger_load_globals(ledger, ledger_globals(fake->ledger));
	return fake->ledger_ret;
}

static const struct source_ops fake_ops = {
	.name = "fake",
	.read = fake_read,
	.totals = fake_totals,
	.ledger = fake_ledger,
};

static struct fake fake;
static struct stream stream;

static void begin_limited(u64 max_accounts)
{
	fake = (struct fake){
		.source = { .ops = &fake_ops,
			    .info = { .page_bytes = 4096,
				      .block_bytes = PAGES * 4096,
				      .max_accounts = max_accounts,
				      .live = true } },
		.ledger = ledger_new(PAGES, 0),
	};
	memset(&stream, 0, sizeof(stream));
	stream.source = &fake.source;
	if (stream_start(&stream, &fake.source.info, NULL))
		abort();
}

static void begin(void)
{
	begin_limited(0);
}

static void end(void)
{
	rules_free(stream.rules);
	model_fini(&stream.model);
	ledger_free(fake.ledger);
}

/* An event happens: it goes into the kernel's ledger and, if there is room, into the buffer. */
static void happens(const struct mhp_record *record, u16 size)
{
	struct mhp_record r = *record;

	r.seq = ++fake.seen;
	r.time_ns = 1000 * r.seq;
	r.size = size;
	ledger_fold(fake.ledger, &r);
	if (fake.nr < ROOM)
		fake.waiting[fake.nr++] = r;
	else
		fake.lost++;
}

static void add(u64 block, u64 blocks)
{
	struct mhp_record r = { .event = MHP_EVENT_mhp_add_begin };

	r.p.mhp_add_begin =
		(struct mhp_mhp_add_begin){ .start_pfn = block * PAGES,
					    .nr_pages = blocks * PAGES };
	happens(&r, sizeof(r.p.mhp_add_begin));
}

/* A block goes online, and its pages are added to a zone, a number of times. */
static void onlines(u64 block, int times)
{
	struct mhp_record r = { 0 };

	while (times--) {
		r.event = MHP_EVENT_mhp_online_end;
		r.p.mhp_block_end = (struct mhp_mhp_block_end){
			.start_pfn = block * PAGES,
			.nr_pages = PAGES,
			.zone = MHP_ZONE_MOVABLE,
		};
		happens(&r, sizeof(r.p.mhp_block_end));
		r.event = MHP_EVENT_mhp_present;
		r.p.mhp_account = (struct mhp_mhp_account){
			.start_pfn = block * PAGES,
			.delta = PAGES,
			.after = 77 * PAGES,
			.zone = MHP_ZONE_MOVABLE,
		};
		happens(&r, sizeof(r.p.mhp_account));
	}
}

/* Whether all accounts of the stream equal the kernel's. */
static bool is_exact(void)
{
	const struct mhp_ledger *ours = stream.model.ledger;
	const struct mhp_zone_account *zone = NULL, *our_zone = NULL;
	const struct mhp_block *block = NULL, *our_block;
	const struct mhp_range *range = NULL, *our_range;

	while ((block = ledger_next_block(fake.ledger, block))) {
		our_block = ledger_find_block(ours, block->start_pfn);
		if (!our_block || memcmp(block, our_block, sizeof(*block)))
			return false;
	}
	while ((zone = ledger_next_zone(fake.ledger, zone))) {
		our_zone = ledger_next_zone(ours, our_zone);
		if (!our_zone || memcmp(zone, our_zone, sizeof(*zone)))
			return false;
	}
	while ((range = ledger_next_range(fake.ledger, range))) {
		our_range = ledger_find_range(ours, range->start_pfn);
		if (!our_range || memcmp(range, our_range, sizeof(*range)))
			return false;
	}
	return ledger_nr_blocks(ours) == ledger_nr_blocks(fake.ledger) &&
	       ledger_nr_zones(ours) == ledger_nr_zones(fake.ledger) &&
	       ledger_nr_ranges(ours) == ledger_nr_ranges(fake.ledger) &&
	       !memcmp(ledger_globals(ours), ledger_globals(fake.ledger),
		       sizeof(struct mhp_globals));
}

static int take(void)
{
	return stream_read(&stream, stream_take, &stream);
}

static void test_nothing_lost(void)
{
	begin();
	/* An event that only the kernel's ledger has: loading that would show. */
	onlines(3, 1);
	fake.nr = 0;
	fake.seen = 0;
	onlines(4, 2);
	take();
	stream_update(&stream);
	ok(!is_exact(), "the kernel's accounts are not loaded without a loss");
	eq_text("no notice without a loss", stream.model.notice, "");
	end();
}

static void test_lost(void)
{
	u64 logged;

	begin();
	onlines(4, 2);
	take();
	stream_update(&stream);
	ok(is_exact(), "both ledgers are equal before a loss");
	add(9, 4);
	onlines(5, 10);
	onlines(12, 1);
	take();
	ok(!is_exact(), "lost events are missing");
	stream_update(&stream);
	ok(is_exact(), "the kernel's accounts are loaded after a loss");
	eq("the number of lost events", model_lost(&stream.model), fake.lost);
	eq_text("the notice of lost events", stream.model.notice,
		"15 events were lost: accounts are read from the kernel; the log has gaps");

	logged = stream.model.log_head;
	onlines(4, 3);
	stream_update(&stream);
	take();
	ok(is_exact(), "records read after the update are not counted twice");
	eq("records read after the update are logged",
	   stream.model.log_head - logged, 6);
	onlines(6, 1);
	take();
	stream_update(&stream);
	ok(is_exact(), "the accounts are exact after the next update");
	ok(!strncmp(stream.model.notice, "15 ", 3),
	   "the notice stays after the next update");
	onlines(6, 10);
	take();
	stream_update(&stream);
	ok(is_exact(), "the accounts are exact after another loss");
	ok(!strncmp(stream.model.notice, "27 ", 3),
	   "the notice counts another loss");
	end();
}

static void test_not_exact(void)
{
	begin();
	onlines(4, 10);
	fake.ledger_ret = 1;
	stream_update(&stream);
	ok(is_exact(), "incomplete accounts of the kernel are loaded");
	eq_text("the notice says why they are incomplete", stream.model.notice,
		"12 events were lost: because");
	end();

	begin();
	onlines(4, 10);
	fake.ledger_ret = -EIO;
	take();
	stream_update(&stream);
	eq_text("the notice says why the accounts cannot be read",
		stream.model.notice, "12 events were lost: because");
	onlines(4, 1);
	take();
	eq("records are counted while the accounts cannot be read",
	   ledger_find_block(stream.model.ledger, 4 * PAGES)->onlines, 5);
	end();
}

static void test_none(void)
{
	begin();
	onlines(4, 10);
	fake.ledger_ret = -EOPNOTSUPP;
	stream_update(&stream);
	eq_text("no notice for a source without accounts", stream.model.notice,
		"");
	fake.ledger_ret = 0;
	stream.model.info.live = false;
	stream_update(&stream);
	eq("no accounts are loaded from a recording",
	   ledger_nr_blocks(stream.model.ledger), 0);
	stream.model.info.live = true;
	fake.read_err = -EBADMSG;
	eq("a read error ends the stream", take(), -ENODATA);
	stream_update(&stream);
	eq_text("the notice of a read error is not replaced",
		stream.model.notice, "cannot read the events: Bad message");
	ok(is_exact(), "the accounts are loaded after a read error");
	end();
}

/* Too little room, or a lock that was not taken in time: the user learns it, and it is no success. */
static void test_doubt(void)
{
	begin();
	onlines(4, 1);
	take();
	stream_update(&stream);
	eq("exit code without doubts", stream_shown_status(&stream.model),
	   STATUS_OK);
	fake.no_room = 3;
	stream_update(&stream);
	eq_text("the notice of too little room", stream.model.notice,
		"no room for all memory blocks, zones and ranges (failed attempts to make an account: 3)");
	eq("exit code of too little room", stream_shown_status(&stream.model),
	   STATUS_UNKNOWN);
	end();

	begin();
	fake.no_lock = 2;
	stream_update(&stream);
	eq_text("the notice of a lock that was not taken", stream.model.notice,
		"order and accounts may be wrong (events that did not get the collector's lock in time: 2)");
	eq("exit code of a lock that was not taken",
	   stream_shown_status(&stream.model), STATUS_UNKNOWN);
	end();
}

/* A limit of one block: our own ledger has no room for the second one. */
static void test_own_room(void)
{
	char why[160];

	begin_limited(1);
	onlines(4, 1);
	take();
	ok(!model_doubt(&stream.model, why, sizeof(why)),
	   "a ledger has room for as many blocks as its limit");
	onlines(5, 1);
	take();
	ok(model_doubt(&stream.model, why, sizeof(why)),
	   "a ledger has no room for more");
	eq_text("  reason", why,
		"no room for all memory blocks, zones and ranges (failed attempts to make an account: 2)");
	end();
}

static struct mhp_record clock_record;
static int clocks;

static int take_clock(void *ctx, const struct mhp_record *record)
{
	if (record->event == MHP_EVENT_mhp_clock) {
		clock_record = *record;
		clocks++;
	}
	return stream_take(ctx, record);
}

static bool is_near(u64 a, u64 b)
{
	return (a > b ? a - b : b - a) < 60 * LOOP_NS;
}

/* The machine was suspended, or its clock was set, while nobody was looking. */
static void test_clocks(void)
{
	const struct mhp_mhp_clock *clock = &clock_record.p.mhp_clock;
	u64 wall, hour = 3600 * LOOP_NS;

	begin();
	stream_read(&stream, take_clock, &stream);
	eq("no clocks from a source that does not know them", clocks, 0);
	end();

	begin();
	source_live_clocks(&clock_record.p.mhp_clock);
	fake.source.info.wall_ns = clock->wall_ns - hour;
	fake.source.info.mono_ns = clock->mono_ns;
	model_fini(&stream.model);
	if (model_init(&stream.model, &fake.source.info))
		abort();
	stream_read(&stream, take_clock, &stream);
	eq("the clocks, once they moved", clocks, 1);
	eq("  as a record without a number", clock_record.seq, 0);
	ok(is_near(clock->wall_ns, fake.source.info.wall_ns + hour),
	   "  with the wall-clock time of now");
	stream_read(&stream, take_clock, &stream);
	eq("not again as long as they do not move", clocks, 1);
	ok(model_wall(&stream.model, clock->mono_ns, &wall) &&
		   wall == clock->wall_ns,
	   "the model has the new time");
	fake.source.wall_lead += hour;
	stream_read(&stream, take_clock, &stream);
	eq("the clocks, once they moved back", clocks, 2);

	fake.source.wall_lead -= hour;
	stream_tick(&stream, clock->mono_ns + hour);
	eq("the time of the model without an event", model_now(&stream.model),
	   clock->mono_ns + hour);
	ok(model_wall(&stream.model, clock->mono_ns + hour, &wall) &&
		   is_near(wall, clock->wall_ns + hour),
	   "  with its wall-clock time");
	fake.read_err = -EBADMSG;
	take();
	stream_tick(&stream, clock->mono_ns + 2 * hour);
	eq("after the last event the time stands still",
	   model_now(&stream.model), clock->mono_ns + hour);
	end();
}

int main(void)
{
	test_nothing_lost();
	test_lost();
	test_not_exact();
	test_none();
	test_doubt();
	test_own_room();
	test_clocks();
	return ktap_done();
}
