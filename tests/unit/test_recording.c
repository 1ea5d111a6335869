// SPDX-License-Identifier: GPL-2.0
/* The header and totals lines of a recording: written, read, and invalid ones. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "ktap.h"
#include "format/recording.h"

static const struct source_info an_info = {
	.schema = 3,
	.kind = SOURCE_EVENTS,
	.kernel = "6.12.117",
	.host = "box",
	.page_bytes = 4096,
	.block_bytes = 134217728,
	.wall_ns = 1700000000123456789,
	.mono_ns = 12345678901234,
};

#define HEADER                                                        \
	"{\"schema\":3,\"type\":\"mhptop\",\"kernel\":\"6.12.117\","  \
	"\"host\":\"box\",\"source\":\"events\",\"page_bytes\":4096," \
	"\"block_bytes\":134217728,\"wall_ns\":1700000000123456789,"  \
	"\"mono_ns\":12345678901234}"

static int get_header(const char *line, struct source_info *info, char *why)
{
	size_t len = strlen(line);
	char *copy = malloc(len ?: 1);
	int err;

	memcpy(copy, line, len);
	*why = '\0';
	err = recording_header_get(copy, len, info, why, 256);
	free(copy);
	return err;
}

static void test_header(void)
{
	struct source_info info, odd = an_info;
	char line[RECORDING_LINE_MAX], why[256];
	struct json_object *object;
	size_t len;

	len = recording_header_put(&an_info, line);
	eq_text("write a header", line, HEADER "\n");
	eq("the length of the header", len, strlen(line));
	line[len - 1] = '\0';
	eq("read a header", get_header(line, &info, why), 0);
	ok(!memcmp(&info, &an_info, sizeof(info)),
	   "the header that is read equals the one written");

	odd.kind = SOURCE_PROBES;
	odd.unknown_events = 1ULL << MHP_EVENT_mhp_vmemmap_ref |
			     1ULL << MHP_EVENT_mhp_vmemmap_retired;
	len = recording_header_put(&odd, line);
	line[len - 1] = '\0';
	ok(strstr(line, "\"unknown_events\":[\"mhp_vmemmap_") &&
		   strstr(line, "\"mhp_vmemmap_ref\"") &&
		   strstr(line, "\"mhp_vmemmap_retired\"") &&
		   !strstr(line, "mhp_notify"),
	   "a header lists the events that its source cannot report");
	eq("read a header of probes", get_header(line, &info, why), 0);
	ok(info.kind == SOURCE_PROBES &&
		   info.unknown_events == odd.unknown_events,
	   "the source and its unknown events are read");
	odd = an_info;
	odd.max_accounts = 131072;
	odd.struct_page_bytes = 80;
	odd.balloon = true;
	len = recording_header_put(&odd, line);
	line[len - 1] = '\0';
	eq("read a header of a machine with many blocks",
	   get_header(line, &info, why), 0);
	eq("its limit of accounts", info.max_accounts, 131072);
	eq("its size of struct page", info.struct_page_bytes, 80);
	eq("its balloon", info.balloon, true);

	strcpy(odd.boot, "15b0ce09-7a5e-4f8a-9b8e-0c4c9a0e4d11");
	len = recording_header_put(&odd, line);
	line[len - 1] = '\0';
	eq("read a header with a boot ID", get_header(line, &info, why), 0);
	eq_text("  boot ID", info.boot, odd.boot);
	ok(!source_info_other_boot(&odd, &info), "  it is of the same boot");
	info.boot[0] = '2';
	ok(source_info_other_boot(&odd, &info), "  another ID is another boot");
	info.boot[0] = '\0';
	ok(!source_info_other_boot(&odd, &info),
	   "  without an ID, the same machine and kernel may be of one boot");
	strcpy(info.kernel, "6.13");
	ok(source_info_other_boot(&odd, &info), "  another kernel is not");
	memset(odd.boot, 0xff, sizeof(odd.boot));

	memset(odd.host, 0xff, sizeof(odd.host));
	memset(odd.kernel, '"', sizeof(odd.kernel));
	len = recording_header_put(&odd, line);
	object = json_tokener_parse(line);
	ok(object && len < RECORDING_LINE_MAX,
	   "names of any bytes make valid JSON");
	json_object_put(object);
	line[len - 1] = '\0';
	eq("names of any bytes are read", get_header(line, &info, why), 0);
}

static void test_control_characters(void)
{
	struct source_info odd = an_info, info;
	char line[RECORDING_LINE_MAX], why[256];
	size_t len;

	strcpy(odd.kernel, "\x1b]0;pwn\x07x");
	strcpy(odd.host, "\xc2\x9b\x33mbox\n");
	len = recording_header_put(&odd, line);
	line[len - 1] = '\0';
	eq("names with control characters are read",
	   get_header(line, &info, why), 0);
	eq_text("control characters in the kernel's name are replaced",
		info.kernel, "?]0;pwn?x");
	eq_text("control characters in the host's name are replaced", info.host,
		"?3mbox?");
}

static void header_fails(const char *line, int err, const char *want)
{
	struct source_info info;
	char why[256];

	ok(get_header(line, &info, why) == err, "%.60s is rejected",
	   *line ? line : "an empty header");
	eq_text("  reason", why, want);
}

#define START "{\"type\":\"mhptop\",\"schema\":2,"
#define NAMES START "\"kernel\":\"k\",\"host\":\"h\","

static void test_wrong_headers(void)
{
	static const char other[] = "not an mhptop recording";

	header_fails("", -EPROTO, other);
	header_fails("\x7f"
		     "ELF",
		     -EPROTO, other);
	header_fails("[]", -EPROTO, other);
	header_fails("{\"schema\":2}", -EPROTO, other);
	header_fails("{\"type\":\"perf\",\"schema\":2}", -EPROTO, other);
	header_fails("{\"type\":\"mhptop\"}", -EPROTO, other);
	header_fails("{\"type\":\"mhptop\",\"schema\":\"1\"}", -EPROTO, other);
	header_fails("{\"type\":\"mhptop\",\"schema\":2", -EPROTO, other);
	header_fails("{\"type\":\"mhptop\",\"schema\":2} x", -EPROTO, other);
	header_fails("{\"type\":\"mhptop\",\"schema\":0}", -EPROTO,
		     "\"schema\" is out of range");
	header_fails(
		"{\"type\":\"mhptop\",\"schema\":4}", -ENOTSUP,
		"schema 4 is newer than 3, the newest this mhptop reads: use the mhptop that recorded it");
	header_fails(START "\"host\":\"h\"}", -EPROTO, "\"kernel\" is missing");
	header_fails(START "\"kernel\":7}", -EPROTO,
		     "\"kernel\" is not a string");
	header_fails(NAMES "\"source\":\"magic\"}", -EPROTO,
		     "\"source\" is unknown: \"magic\"");
	header_fails(NAMES "\"source\":\"\\u001b[2J\"}", -EPROTO,
		     "\"source\" is unknown: \"?[2J\"");
	header_fails(NAMES "\"source\":\"events\",\"page_bytes\":\"x\"}",
		     -EPROTO, "\"page_bytes\" is not an integer");
	header_fails(
		NAMES
		"\"source\":\"events\",\"page_bytes\":0,\"block_bytes\":4096}",
		-EPROTO, "\"page_bytes\" is not a page size: 0");
	header_fails(
		NAMES
		"\"source\":\"events\",\"page_bytes\":4,\"block_bytes\":4096}",
		-EPROTO, "\"page_bytes\" is not a page size: 4");
	header_fails(
		NAMES
		"\"source\":\"events\",\"page_bytes\":4096,\"block_bytes\":0}",
		-EPROTO, "\"block_bytes\" is not a memory block size: 0");
	header_fails(
		NAMES
		"\"source\":\"events\",\"page_bytes\":4096,\"block_bytes\":2048}",
		-EPROTO, "\"block_bytes\" is not a memory block size: 2048");
	header_fails(
		NAMES
		"\"source\":\"events\",\"page_bytes\":4096,\"block_bytes\":-1}",
		-EPROTO, "\"block_bytes\" is out of range");
}

static int get_totals(const char *line, struct recording_totals *totals,
		      char *why)
{
	*why = '\0';
	return recording_totals_get(line, strlen(line), totals, why, 256);
}

static void test_totals(void)
{
	struct recording_totals totals = { .folded = 41, .self_check = 1 }, got;
	struct mhp_count *count = totals.source.count;
	char line[RECORDING_LINE_MAX], why[256];
	size_t len;
	int i;

	count[0] = (struct mhp_count){ .seen = 42, .submitted = 41, .lost = 1 };
	count[MHP_EVENT_mhp_notify] = count[0];
	len = recording_totals_put(&totals, line);
	eq_text("write totals", line,
		"{\"totals\":{\"seen\":42,\"lost\":1,\"folded\":41,"
		"\"self_check\":\"differs\",\"events\":{\"mhp_notify\":"
		"{\"seen\":42,\"lost\":1}}}}\n");
	ok(recording_is_totals(line, len), "totals are recognised");
	line[len - 1] = '\0';
	eq("read totals", get_totals(line, &got, why), 0);
	ok(!memcmp(&got, &totals, sizeof(got)),
	   "the totals that are read equal those written");
	ok(!recording_is_totals(line, 9) &&
		   !recording_is_totals("{\"seq\":1}", 9),
	   "other lines are not recognised as totals");
	strcpy(totals.why, "mhp_notify\n");
	recording_totals_put(&totals, line);
	ok(strstr(line, ",\"self_check\":\"differs\","
			"\"self_check_why\":\"mhp_notify\\u000a\","
			"\"events\":{"),
	   "write the reason of the self-check");
	eq("read the reason of the self-check", get_totals(line, &got, why), 0);
	eq_text("control characters in the reason are replaced", got.why,
		"mhp_notify?");
	totals.source.no_room = 3;
	totals.source.no_lock = 4;
	recording_totals_put(&totals, line);
	ok(strstr(line, "\",\"no_room\":3,\"no_lock\":4,\"events\":{"),
	   "write what makes the totals uncertain");
	eq("read what makes the totals uncertain", get_totals(line, &got, why),
	   0);
	ok(got.source.no_room == 3 && got.source.no_lock == 4,
	   "what makes the totals uncertain is read");
	eq("totals of older recorders have no time", got.source.mono_ns, 0);
	eq("  nor a balloon", got.source.balloon, false);
	totals.source.mono_ns = 5040000000;
	totals.source.balloon = true;
	recording_totals_put(&totals, line);
	ok(strstr(line, "\"mono_ns\":5040000000,\"balloon\":true,\"events\":{"),
	   "write the time of the end, and that there was a balloon");
	eq("read the time of the end", get_totals(line, &got, why), 0);
	eq("  it is the same", got.source.mono_ns, 5040000000);
	eq("  there is the balloon", got.source.balloon, true);
	totals.source.no_room = totals.source.no_lock = ~0ULL;
	memset(totals.why, 1, sizeof(totals.why));
	totals.source.mono_ns = ~0ULL;
	for (i = 0; i < 64; i++)
		count[i] = (struct mhp_count){ ~0ULL, ~0ULL, ~0ULL };
	ok(recording_totals_put(&totals, line) < RECORDING_LINE_MAX,
	   "the longest totals fit");
	eq("totals with unknown events are read",
	   get_totals("{\"totals\":{\"seen\":1,\"lost\":0,\"folded\":1,"
		      "\"self_check\":\"none\",\"events\":"
		      "{\"x\":{\"seen\":1,\"lost\":0}}}}",
		      &got, why),
	   0);
}

static void totals_fail(const char *line, const char *want)
{
	struct recording_totals totals;
	char why[256];

	ok(get_totals(line, &totals, why) == -EPROTO, "%.60s is rejected",
	   line);
	eq_text("  reason", why, want);
}

static void test_wrong_totals(void)
{
	totals_fail("{\"totals\":{\"seen\":1", "not a JSON object");
	totals_fail("{\"totals\":1}", "\"totals\" is not an object");
	totals_fail(
		"{\"totals\":{\"seen\":0,\"lost\":0,\"folded\":0,"
		"\"self_check\":\"none\",\"mono_ns\":\"now\",\"events\":{}}}",
		"\"mono_ns\" is not an integer");
	totals_fail("{\"totals\":{\"seen\":1}}", "\"lost\" is missing");
	totals_fail("{\"totals\":{\"seen\":1,\"lost\":2}}",
		    "more events lost than occurred");
	totals_fail("{\"totals\":{\"seen\":1,\"lost\":0,\"folded\":1,"
		    "\"self_check\":\"fine\"}}",
		    "\"self_check\" is unknown: \"fine\"");
	totals_fail("{\"totals\":{\"seen\":1,\"lost\":0,\"folded\":1,"
		    "\"self_check\":\"none\"}}",
		    "\"events\" is missing");
	totals_fail("{\"totals\":{\"seen\":1,\"lost\":0,\"folded\":1,"
		    "\"self_check\":\"none\",\"events\":{\"mhp_notify\":1}}}",
		    "\"mhp_notify\" is not an object");
}

#define SUMS(seen, lost, folded, events)                    \
	"{\"totals\":{\"seen\":" #seen ",\"lost\":" #lost   \
	",\"folded\":" #folded ",\"self_check\":\"equal\"," \
	"\"events\":{" events "}}}"
#define NOTIFY "\"mhp_notify\":{\"seen\":2,\"lost\":1}"

/* Each number is valid by itself, but they do not add up. */
static void test_contradictions(void)
{
	static const char start[] = "the totals are inconsistent: ";
	struct recording_totals totals;
	char want[128], why[256];

	eq("totals that add up",
	   get_totals(SUMS(2, 1, 1, NOTIFY), &totals, why), 0);
	snprintf(want, sizeof(want),
		 "%s99 events, of which 1 lost and 1 written", start);
	totals_fail(SUMS(99, 1, 1, NOTIFY), want);
	snprintf(want, sizeof(want),
		 "%s2 events, of which 1 lost and 2 written", start);
	totals_fail(SUMS(2, 1, 2, NOTIFY), want);
	snprintf(
		want, sizeof(want),
		"%s2 events, 0 lost, but the counts by event add up to 2, 1 lost",
		start);
	totals_fail(SUMS(2, 0, 2, NOTIFY), want);
	snprintf(
		want, sizeof(want),
		"%s3 events, 1 lost, but the counts by event add up to 2, 1 lost",
		start);
	totals_fail(SUMS(3, 1, 2, NOTIFY), want);
	snprintf(
		want, sizeof(want),
		"%s2 events, 1 lost, but the counts by event add up to 0, 0 lost",
		start);
	totals_fail(SUMS(2, 1, 1, ""), want);
	totals_fail(SUMS(2, 1, 1, "\"x\":7"), "\"x\" is not an object");
}

int main(void)
{
	test_header();
	test_control_characters();
	test_wrong_headers();
	test_totals();
	test_wrong_totals();
	test_contradictions();
	return ktap_done();
}
