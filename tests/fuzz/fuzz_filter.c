// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of memory blocks: the first line of an input is a filter, the rest is
 * the account of the block that it is applied to.
 */
#include <errno.h>

#include "model/columns.h"
#include "model/pattern.h"
#include "fuzz.h"

static bool filter_matches(const struct model *model, const char *text)
{
	struct block_filter *filter;
	char why[128];
	bool is;

	must(!block_filter_parse(&filter, text, why, sizeof(why)),
	     "a filter that was valid before: %s: %s", text, why);
	is = block_filter_match(filter, model,
				ledger_next_block(model->ledger, NULL));
	block_filter_free(filter);
	return is;
}

/* All terms must match, so repeating the terms must not change the result. */
static void check_filter(const struct model *model, const char *text)
{
	struct block_filter *filter;
	char why[128], *twice;
	bool is;
	int err = block_filter_parse(&filter, text, why, sizeof(why));

	if (err) {
		must(err == -EINVAL && !filter, "error %d", err);
		/* The caller that prints the reason makes it plain. */
		plain_text(why);
		must_be_reason(why, sizeof(why));
		return;
	}
	block_filter_history(filter);
	block_filter_free(filter);
	is = filter_matches(model, text);
	if (asprintf(&twice, "%s,%s", text, text) < 0)
		abort();
	if (!block_filter_parse(&filter, twice, why, sizeof(why))) {
		block_filter_free(filter);
		must(filter_matches(model, twice) == is,
		     "another result for %s", twice);
	}
	free(twice);
}

/* Either a term matches or its negation does. */
static void check_opposites(const struct model *model, const char *text)
{
	size_t len = strcspn(text, "=~");
	struct block_filter *filter;
	char *other, why[128];

	/* The negation has one character more. */
	if (strpbrk(text, " ,<>!") || !text[len] || !len ||
	    strlen(text) + 1 >= PATTERN_MAX)
		return;
	if (block_filter_parse(&filter, text, why, sizeof(why)))
		return;
	block_filter_free(filter);
	if (asprintf(&other, "%.*s!%s", (int)len, text, text + len) < 0)
		abort();
	must(filter_matches(model, text) != filter_matches(model, other),
	     "both or neither of %s and %s match", text, other);
	free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct source_info info = { .page_bytes = 4096,
						 .block_bytes = 1 << 27 };
	struct mhp_block block = { 0 };
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end ? (size_t)(end - data) : size, rest = size - len;
	struct model model;
	char *text = strndup((const char *)data, len);

	if (!text || model_init(&model, &info))
		abort();
	if (rest > 1)
		memcpy(&block, end + 1,
		       rest - 1 < sizeof(block) ? rest - 1 : sizeof(block));
	block.start_pfn = 0;
	if (ledger_load_block(model.ledger, &block))
		abort();
	check_filter(&model, text);
	check_opposites(&model, text);
	model_fini(&model);
	free(text);
	return 0;
}
