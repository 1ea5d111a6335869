// SPDX-License-Identifier: GPL-2.0
/* The files of a recorder: how their totals add up, what a flight recorder keeps, and what a packed file holds at any time. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "ktap.h"
#include "base/loop.h"
#include "model/event_table.h"
#include "record/accounts.h"
#include "record/flight.h"
#include "record/pack.h"
#include "record/part.h"
#include "source/source.h"

static const struct source_info info = {
	.page_bytes = 4096,
	.block_bytes = 134217728,
	.wall_ns = 5000,
	.mono_ns = 1000,
	.boot = "a-boot",
};

static struct mhp_record record_of(u16 event, u64 seq, u64 time_ns)
{
	return (struct mhp_record){
		.event = event, .seq = seq, .time_ns = time_ns, .size = 16
	};
}

/* Give a part a record; its number there, 0 if it was refused. */
static u64 give(struct part *part, u16 event, u64 seq, u64 time_ns)
{
	struct mhp_record record = record_of(event, seq, time_ns);

	return part_take(part, &record) ? record.seq : 0;
}

static void lose(struct source_totals *source, u16 event, u64 nr)
{
	source->count[event].lost += nr;
	source->count[event].seen += nr;
	source->count[0].lost += nr;
	source->count[0].seen += nr;
}

/* Totals that do not add up would be refused by readers. */
static bool is_read(const struct recording_totals *totals)
{
	struct recording_totals read;
	char line[RECORDING_LINE_MAX], why[160];
	size_t len = recording_totals_put(totals, line);

	return !recording_totals_get(line, len - 1, &read, why, sizeof(why));
}

static void test_numbers(void)
{
	struct recording_totals one = { 0 }, two = { 0 };
	struct source_totals source = { 0 };
	struct source_info first = info, second = info;
	struct run run;
	struct part part;

	run_begin(&run, &info);
	part_begin(&part, &run, &first, 0, 4000);
	eq("the first file of a run has no place", first.part, 0);
	eq("its records keep their numbers",
	   give(&part, MHP_EVENT_mhp_notify, 1, 1010), 1);
	give(&part, MHP_EVENT_mhp_notify, 2, 1020);
	part_end(&part, &run, &source, false, &one);
	eq("its totals", one.source.count[0].seen, 2);
	part_begin(&part, &run, &second, 2, 4000);
	eq("the second one has the second place", second.part, 2);
	eq("  of this run", second.run_ns, info.mono_ns);
	ok(source_info_continues(&first, &second), "  and continues it");
	eq("  it begins behind its last record", second.mono_ns, 1021);
	eq("  with the wall-clock time of that moment", second.wall_ns, 5021);
	eq("  its snapshot has the first numbers",
	   give(&part, MHP_EVENT_mhp_snapshot_zone, 0, 1021), 1);
	give(&part, MHP_EVENT_mhp_snapshot_block, 0, 1021);
	eq("  then come events", give(&part, MHP_EVENT_mhp_notify, 3, 1020), 3);
	eq("  no record is earlier", part.last_ns, 1021);
	part_end(&part, &run, &source, true, &two);
	eq("  its totals have the snapshot, too", two.source.count[0].seen, 3);
	ok(is_read(&one) && is_read(&two), "  both can be read");

	strcpy(second.boot, "b-boot");
	ok(!source_info_continues(&first, &second), "another boot");
	second.boot[0] = first.boot[0] = '\0';
	ok(!source_info_continues(&first, &second), "no boot");
	strcpy(first.boot, "a-boot");
	strcpy(second.boot, "a-boot");
	second.part = 3;
	ok(!source_info_continues(&first, &second), "a file is missing");
	second.part = 2;
	second.run_ns++;
	ok(!source_info_continues(&first, &second), "another recorder");
}

/* The source counts losses by event, and its count may already have those that come later. */
static void test_losses(void)
{
	struct recording_totals one = { 0 }, two = { 0 };
	struct source_totals source = { 0 };
	struct source_info header = info;
	struct run run;
	struct part part;

	lose(&source, MHP_EVENT_mhp_present, 2);
	lose(&source, MHP_EVENT_mhp_notify, 3);
	run_begin(&run, &info);
	part_begin(&part, &run, &header, 0, 0);
	give(&part, MHP_EVENT_mhp_managed, 1, 1010);
	/* 2 and 3 are missing. */
	give(&part, MHP_EVENT_mhp_managed, 4, 1020);
	part_end(&part, &run, &source, false, &one);
	eq("what is missing in the first file", one.source.count[0].lost, 2);
	header = info;
	part_begin(&part, &run, &header, 0, 0);
	/* 5 to 7 are missing, 7 is the last. */
	give(&part, MHP_EVENT_mhp_managed, 8, 1030);
	part_end(&part, &run, &source, true, &two);
	eq("  in the second one", two.source.count[0].lost, 3);
	eq("  each is counted once, by its event",
	   one.source.count[MHP_EVENT_mhp_present].lost +
		   two.source.count[MHP_EVENT_mhp_present].lost,
	   2);
	ok(is_read(&one) && is_read(&two), "  both can be read");
}

/* An event that did not get the collector's lock may come after those with higher numbers. */
static void test_late(void)
{
	struct recording_totals one = { 0 }, two = { 0 };
	struct source_totals source = { .no_lock = 1, .balloon = true };
	struct source_info header = info;
	struct run run;
	struct part part;

	run_begin(&run, &info);
	part_begin(&part, &run, &header, 0, 0);
	give(&part, MHP_EVENT_mhp_managed, 1, 1010);
	give(&part, MHP_EVENT_mhp_managed, 3, 1030);
	part_end(&part, &run, &source, false, &one);
	eq("a number that has not come counts as lost",
	   one.source.count[0].lost, 1);
	eq("  and as one without the lock", one.source.no_lock, 1);
	eq("a balloon that came is in the totals of each file",
	   one.source.balloon, true);
	header = info;
	part_begin(&part, &run, &header, 0, 0);
	eq("if its record comes in the next file, it is left out",
	   give(&part, MHP_EVENT_mhp_notify, 2, 1020), 0);
	eq("  later ones are not", give(&part, MHP_EVENT_mhp_managed, 4, 1040),
	   1);
	part_end(&part, &run, &source, true, &two);
	eq("  which has no lost one", two.source.count[0].lost, 0);
	eq("  nor one without the lock", two.source.no_lock, 0);
	ok(is_read(&one) && is_read(&two), "  both can be read");
}

struct kept {
	u64 nr, first, last, bytes;
};

/* Sink */
static int keep(void *ctx, const struct mhp_record *record)
{
	struct kept *kept = ctx;

	if (!kept->nr++)
		kept->first = record->seq;
	kept->last = record->seq;
	kept->bytes += MHP_RECORD_HEADER + record->size;
	return 0;
}

static struct kept all_kept(struct flight *flight)
{
	struct kept kept = { 0 };

	flight_walk(flight, keep, &kept);
	return kept;
}

static void fly(struct flight *flight, u16 event, u64 seq)
{
	struct mhp_record record = record_of(event, seq, 1000 + seq);

	record.size = event_info(event)->size;
	if (event == MHP_EVENT_mhp_snapshot_zone) {
		record.p.mhp_snapshot_zone.zone = MHP_ZONE_NORMAL;
		record.p.mhp_snapshot_zone.present = seq;
	}
	flight_take(flight, &record);
}

/* Sink */
static int note_block(void *ctx, const struct mhp_record *record)
{
	struct mhp_record *last = ctx;

	if (record->event == MHP_EVENT_mhp_snapshot_block)
		*last = *record;
	return 0;
}

/* The block of a snapshot that is made of the accounts; event 0: there is none. */
static struct mhp_record block_of(const struct mhp_ledger *ledger)
{
	struct mhp_record last = { 0 };

	accounts_put(ledger, 1234, note_block, &last);
	return last;
}

#define BLOCK_PAGES 65536
#define HALF (BLOCK_PAGES / 2)

/* A memory block of two sections, whose memmap comes and goes by halves. */
static void test_accounts(void)
{
	struct mhp_ledger *ledger = ledger_new(BLOCK_PAGES, 0);
	struct mhp_record record = record_of(MHP_EVENT_mhp_add_begin, 1, 10);
	struct mhp_record block;
	int half;

	record.p.mhp_add_begin.start_pfn = 4 * BLOCK_PAGES;
	record.p.mhp_add_begin.nr_pages = BLOCK_PAGES;
	ledger_fold(ledger, &record);
	for (half = 0; half < 2; half++) {
		eq("a memory block without all of its memmap is left out",
		   block_of(ledger).event, 0);
		record =
			record_of(MHP_EVENT_mhp_vmemmap_populate, 2 + half, 20);
		record.p.mhp_vmemmap_populate =
			(struct mhp_mhp_vmemmap_populate){
				.start_pfn = 4 * BLOCK_PAGES + half * HALF,
				.nr_pages = HALF,
				.vmemmap_pages = 512,
				.hosting = MHP_HOSTING_BUDDY,
				.nid = 1,
			};
		ledger_fold(ledger, &record);
	}
	block = block_of(ledger);
	eq("a whole one is there", block.event, MHP_EVENT_mhp_snapshot_block);
	eq("  with its page", block.p.mhp_snapshot_block.start_pfn,
	   4 * BLOCK_PAGES);
	eq("  its memmap", block.p.mhp_snapshot_block.populated, 1024);
	eq("  its host", block.p.mhp_snapshot_block.hosting, MHP_HOSTING_BUDDY);
	eq("  its node", block.p.mhp_snapshot_block.nid, 1);
	eq("  its state", block.p.mhp_snapshot_block.state, MHP_STATE_OFFLINE);
	eq("  and the time", block.time_ns, 1234);
	ok(block.unknown & MHP_FIELD(mhp_snapshot_block, poisoned),
	   "  poisoned pages are unknown");
	record = record_of(MHP_EVENT_mhp_vmemmap_free, 4, 30);
	record.p.mhp_vmemmap_free = (struct mhp_mhp_vmemmap_free){
		.start_pfn = 4 * BLOCK_PAGES,
		.nr_pages = HALF,
		.vmemmap_pages = 512,
		.hosting = MHP_HOSTING_BUDDY,
	};
	ledger_fold(ledger, &record);
	eq("  half of which is gone is left out", block_of(ledger).event, 0);
	ledger_free(ledger);
}

#define RING 4096

static void test_flight(void)
{
	static struct flight flight;
	struct kept kept;
	u64 seq = 0, wrong = 0;

	flight_init(&flight, &info, RING, LOOP_NS);
	while (seq < 20)
		fly(&flight, MHP_EVENT_mhp_snapshot_zone, ++seq);
	flight_settle(&flight);
	kept = all_kept(&flight);
	eq("a snapshot that fits is kept", kept.nr, 20);
	while (!flight.dropped)
		fly(&flight, MHP_EVENT_mhp_notify, ++seq);
	kept = all_kept(&flight);
	ok(kept.first > 20,
	   "it is dropped as a whole: number %llu is the first", kept.first);
	for (; seq < 5000;) {
		fly(&flight, MHP_EVENT_mhp_notify, ++seq);
		kept = all_kept(&flight);
		wrong += kept.last != seq || kept.bytes > RING ||
			 kept.bytes < RING / 2 ||
			 kept.nr + flight.dropped != seq ||
			 kept.first != flight.base_seq + 1;
	}
	eq("it keeps the latest records, and counts the others", wrong, 0);

	fly(&flight, MHP_EVENT_mhp_add_begin, ++seq);
	for (; seq < 5200;)
		fly(&flight, MHP_EVENT_mhp_vmemmap_ref, ++seq);
	eq("an add that is longer is not kept in part", all_kept(&flight).nr,
	   0);
	fly(&flight, MHP_EVENT_mhp_add_end, ++seq);
	fly(&flight, MHP_EVENT_mhp_notify, ++seq);
	kept = all_kept(&flight);
	eq("  what comes after it is", kept.first, seq);
	fly(&flight, MHP_EVENT_mhp_add_begin, ++seq);
	fly(&flight, MHP_EVENT_mhp_notify, ++seq);
	flight_written(&flight);
	kept = all_kept(&flight);
	eq("an add in progress is kept after it was written", kept.first,
	   seq - 1);
	ok(flight.repeats, "  so it is written again");
	fly(&flight, MHP_EVENT_mhp_add_end, ++seq);
	flight_written(&flight);
	eq("  others are not", all_kept(&flight).nr, 0);
	ok(!flight.repeats && !flight.dropped, "  and nothing is missing");
	flight_fini(&flight);

	flight_init(&flight, &info, RING, LOOP_NS);
	for (seq = 0; seq < 200;)
		fly(&flight, MHP_EVENT_mhp_snapshot_zone, ++seq);
	flight_settle(&flight);
	eq("a snapshot that is longer is not kept in part",
	   all_kept(&flight).nr, 0);
	eq("  the accounts have it",
	   ledger_next_zone(flight.base, NULL)->present, 200);
	flight_fini(&flight);
}

static char path[] = "/tmp/test_parts.XXXXXX";

/* What a reader gets of the file now; whole: its end is there. */
static size_t unpack(char *text, size_t len, bool *whole)
{
	static char packed[1 << 20];
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	int fd = open(path, O_RDONLY);
	ZSTD_inBuffer in = { packed, read(fd, packed, sizeof(packed)), 0 };
	ZSTD_outBuffer out = { text, len, 0 };
	size_t left = 1;

	while (in.pos < in.size && !ZSTD_isError(left))
		left = ZSTD_decompressStream(zstd, &out, &in);
	*whole = !left;
	ZSTD_freeDCtx(zstd);
	close(fd);
	return ZSTD_isError(left) ? 0 : out.pos;
}

static void test_pack(void)
{
	static char text[1 << 20], got[1 << 20];
	struct pack *pack = pack_new();
	struct out out;
	size_t at, len = 1000, wrong = 0;
	bool whole;
	int file;

	for (at = 0; at < sizeof(text); at++)
		text[at] = 'a' + at * at % 23;
	for (file = 0; file < 2; file++) {
		out_init(&out, open(path, O_WRONLY | O_TRUNC), -1);
		for (at = 0; at + len < sizeof(text) / 4; at += len) {
			wrong += pack_write(pack, &out, text + at, len, false);
			wrong += unpack(got, sizeof(got), &whole) != at + len ||
				 memcmp(got, text, at + len) || whole;
		}
		wrong += pack_write(pack, &out, text + at, len, true);
		wrong += unpack(got, sizeof(got), &whole) != at + len ||
			 memcmp(got, text, at + len) || !whole;
		ok(out.written < at / 2, "  it is packed: %zu of %zu bytes",
		   out.written, at);
		close(out.fd);
	}
	eq("all that was written so far can be read, and the end is known",
	   wrong, 0);
	pack_free(pack);
}

int main(void)
{
	close(mkstemp(path));
	test_numbers();
	test_losses();
	test_late();
	test_accounts();
	test_flight();
	test_pack();
	unlink(path);
	return ktap_done();
}
