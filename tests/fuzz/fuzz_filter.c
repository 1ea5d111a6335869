// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of memory blocks: the first line of an input is one, the rest is the
 * account of the block that it is asked about.
 */
#include <errno.h>

#include "model/columns.h"
#include "fuzz.h"

static bool is_asked_for(const struct model *model, const char *text)
{
	struct block_filter *filter;
	char why[128];
	bool is;

	must(!block_filter_parse(&filter, text, why, sizeof(why)),
	     "a filter that was one before: %s: %s", text, why);
	is = block_filter_match(filter, model,
				ledger_next_block(model->ledger, NULL));
	block_filter_free(filter);
	return is;
}

/* All terms must hold, so that each may be there twice. */
static void ask(const struct model *model, const char *text)
{
	struct block_filter *filter;
	char why[128], *twice;
	bool is;
	int err = block_filter_parse(&filter, text, why, sizeof(why));

	if (err) {
		must(err == -EINVAL && !filter, "error %d", err);
		/* Whoever tells the user makes it plain. */
		plain_text(why);
		must_be_reason(why, sizeof(why));
		return;
	}
	block_filter_history(filter);
	block_filter_free(filter);
	is = is_asked_for(model, text);
	if (asprintf(&twice, "%s,%s", text, text) < 0)
		abort();
	if (!block_filter_parse(&filter, twice, why, sizeof(why))) {
		block_filter_free(filter);
		must(is_asked_for(model, twice) == is, "another answer to %s",
		     twice);
	}
	free(twice);
}

/* Each value that a term asks for is there, or it is not. */
static void ask_opposites(const struct model *model, const char *text)
{
	size_t len = strcspn(text, "=");
	struct block_filter *filter;
	char *other, why[128];

	if (strpbrk(text, " ,<>!") || !text[len] || !len)
		return;
	if (block_filter_parse(&filter, text, why, sizeof(why)))
		return;
	block_filter_free(filter);
	if (asprintf(&other, "%.*s!%s", (int)len, text, text + len) < 0)
		abort();
	must(is_asked_for(model, text) != is_asked_for(model, other),
	     "both or none of %s and %s", text, other);
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
	ask(&model, text);
	ask_opposites(&model, text);
	model_fini(&model);
	free(text);
	return 0;
}
