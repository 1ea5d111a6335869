// SPDX-License-Identifier: GPL-2.0
/* JSON strings and numbers, and text without control characters. */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "ktap.h"
#include "base/plain_text.h"

static void put(const char *name, const char *text, const char *want)
{
	char buf[256];

	*json_text_put(buf, text, strlen(text)) = '\0';
	eq_text(name, buf, want);
}

static void test_put(void)
{
	char buf[16];

	put("plain text", "kworker/0:1", "kworker/0:1");
	put("quotes", "a\"b\\c", "a\\\"b\\\\c");
	put("control characters", "\x1b[0m\n\x7f", "\\u001b[0m\\u000a\\u007f");
	put("UTF-8 is kept", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	put("the last Unicode character", "\xf4\x8f\xbf\xbf",
	    "\xf4\x8f\xbf\xbf");
	put("beyond the last Unicode character", "\xf4\x90\x80\x80",
	    "\\u00f4\\u0090\\u0080\\u0080");
	put("a truncated character", "ab\xe2\x82", "ab\\u00e2\\u0082");
	put("a continuation byte alone", "\xa9x", "\\u00a9x");
	put("an overlong slash", "\xc0\xaf", "\\u00c0\\u00af");
	put("overlong, three bytes", "\xe0\x9f\xbf", "\\u00e0\\u009f\\u00bf");
	put("overlong, four bytes", "\xf0\x8f\xbf\xbf",
	    "\\u00f0\\u008f\\u00bf\\u00bf");
	put("half a surrogate pair", "\xed\xa0\x80", "\\u00ed\\u00a0\\u0080");
	put("bytes that never occur in UTF-8", "\xff\xfe", "\\u00ff\\u00fe");
	*json_text_put(buf, "abcdef", 3) = '\0';
	eq_text("the length is respected", buf, "abc");
	*json_text_put(buf, "ab\0cd", 5) = '\0';
	eq_text("a NUL ends the text", buf, "ab");
}

/* On the heap, so that sanitizers find an access out of bounds. */
static int get(const char *text, char *out, size_t max)
{
	size_t len = strlen(text);
	char *in = malloc(len ?: 1), *room = malloc(max ?: 1);
	int ret;

	memcpy(in, text, len);
	ret = json_text_get(in, len, room, max);
	if (ret >= 0) {
		memcpy(out, room, ret);
		out[ret] = '\0';
	}
	free(in);
	free(room);
	return ret;
}

static void got(const char *text, const char *want)
{
	char out[256] = "error";

	get(text, out, 32);
	eq_text(text, out, want);
}

static void test_get(void)
{
	static const char *const wrong[] = {
		"\\",	   "\\x",     "\\u12",		"\\u12g4",
		"\\ud800", "\\udc00", "\\ud800\\n",	"\\ud800\\u0041",
		"\"",	   "\x01",    "\\ud800\\ud800", "\\u",
	};
	char out[64];
	size_t i;

	got("abc", "abc");
	got("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
	got("\\u00e9\\u001B", "\xe9\x1b");
	got("\\u0100\\u20AC", "\xc4\x80\xe2\x82\xac");
	got("\\ud83d\\ude00", "\xf0\x9f\x98\x80");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(get(wrong[i], out, 32) == -EINVAL, "'%s' is refused",
		   *wrong[i] < ' ' ? "a control character" : wrong[i]);
	eq("a string that fits", get("abcd", out, 4), 4);
	eq("a string that does not fit", get("abcde", out, 4), -ENOSPC);
	eq("a string whose last character does not fit",
	   get("abc\\u20ac", out, 4), -ENOSPC);
	eq("an empty string into an empty buffer", get("", out, 0), 0);
}

static void test_all_pairs(void)
{
	char in[4], text[32], out[8];
	bool same = true;
	int i, len;

	for (i = 0; i < 1 << 24; i += 7) {
		in[0] = i & 0xff ?: 1;
		in[1] = i >> 8 & 0xff ?: 1;
		in[2] = i >> 16 ?: 1;
		len = json_text_put(text, in, 3) - text;
		same &= json_text_get(text, len, out, 3) == 3 &&
			!memcmp(in, out, 3);
	}
	ok(same, "any three bytes survive a round trip");
}

static bool number_is(char *(*put_number)(char *, u64), u64 value)
{
	char buf[2 * JSON_NUMBER_MAX], want[32];

	*put_number(buf, value) = '\0';
	sprintf(want, "%llu", value);
	if (!strcmp(buf, want))
		return true;
	printf("# got %s, want %s\n", buf, want);
	return false;
}

static bool number_is_right(u64 value)
{
	return number_is(json_number_put, value) &&
	       number_is(json_number_put, value) &&
	       number_is(json_number_next, value) &&
	       number_is(json_number_next, value + 1) &&
	       number_is(json_number_time, value);
}

static void test_numbers(void)
{
	bool around_tens = true, small = true, many = true;
	u64 value = 1, i;

	for (i = 0; i < 20; i++, value *= 10)
		around_tens &= number_is_right(value - 1) &&
			       number_is_right(value) &&
			       number_is_right(value + 1);
	ok(around_tens, "numbers around each power of ten");
	for (i = 0; i < 200000; i++)
		small &= number_is_right(i);
	ok(small, "all small numbers");
	for (i = 0, value = 1; i < 200000; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		many &= number_is_right(value >> i % 64);
	}
	ok(many, "many numbers of all sizes");
	ok(number_is_right(~0ULL), "the largest");
	ok(number_is(json_number_time, ~0ULL) && number_is(json_number_time, 0),
	   "a time below all that were written before");
	/* What is remembered of one must not be taken for another. */
	for (i = 1, many = true; i < 5000; i++)
		many &= number_is(json_number_put, 1048576) &&
			number_is(json_number_put, 1048576 + (i << 32));
	ok(many, "numbers that differ in their upper half");
}

static void plain(const char *name, const char *text, const char *want)
{
	char buf[64];

	strcpy(buf, text);
	plain_text(buf);
	eq_text(name, buf, want);
}

static void test_plain(void)
{
	plain("an empty text", "", "");
	plain("UTF-8 text is kept", "caf\xc3\xa9 \xe2\x82\xac \xc2\xa0",
	      "caf\xc3\xa9 \xe2\x82\xac \xc2\xa0");
	plain("control characters are replaced", "\x1b]0;x\x07\n\t\x7f",
	      "?]0;x????");
	plain("C1 control characters are replaced", "a\xc2\x9b\x33m\xc2\x80",
	      "a?3m?");
	plain("bytes of C1 control characters are replaced",
	      "\x9b\x33m \xc3\x9b", "?3m \xc3\x9b");
	plain("the rest of a truncated character", "ab\xe2\x82", "ab\xe2?");
}

int main(void)
{
	test_put();
	test_plain();
	test_get();
	test_all_pairs();
	test_numbers();
	return ktap_done();
}
