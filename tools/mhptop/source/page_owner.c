// SPDX-License-Identifier: GPL-2.0
/*
 * Reads /sys/kernel/debug/page_owner, whose offset is a pfn: a read returns the text about
 * the first allocated page from there on (mm/page_owner.c, read_page_owner()).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/page_owner.h"

#define PAGE_OWNER_FILE "/sys/kernel/debug/page_owner"
#define ORDERS \
	11 /* of the buddy allocator; larger ones have no text of their own */
#define COMM_MAX 15

/* The number behind a word, and where that ends; NULL if the word is not there. */
static const char *number_after(const char *text, const char *word, u64 *number)
{
	const char *at = strstr(text, word);
	char *end;

	if (!at)
		return NULL;
	at += strlen(word);
	*number = strtoull(at, &end, 0);
	return end == at ? NULL : end;
}

/* The task's name may contain anything, so its end is the last place that can be it. */
static const char *owner_comm(const char *at, char comm[TASK_COMM])
{
	static const char behind[] = "), ts ";
	size_t len, found = 0;

	if (strncmp(at, " (", 2))
		return NULL;
	at += 2;
	for (len = 0; len <= COMM_MAX && at[len]; len++)
		if (!strncmp(at + len, behind, sizeof(behind) - 1))
			found = len + 1;
	if (!found)
		return NULL;
	snprintf(comm, TASK_COMM, "%.*s", (int)found - 1, at);
	return at + found;
}

/* Lines of the stack are " name+0x1c/0x80 [module]". */
static void owner_stack(const char *at, char *stack, size_t size)
{
	size_t used = 0;

	*stack = '\0';
	while (*at == ' ' && used < size) {
		at++;
		used += snprintf(stack + used, size - used, "%s%.*s",
				 used ? " < " : "", (int)strcspn(at, "+\n"),
				 at);
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
}

bool page_owner_parse(const char *text, struct page_owner *owner)
{
	static const char begin[] = "Page allocated via order ";
	const char *at = NULL;
	u64 order, pid;

	*owner = (struct page_owner){ 0 };
	if (!strncmp(text, begin, sizeof(begin) - 1))
		at = number_after(text, begin, &order);
	/* Of the mask, which comes first, the words are the kernel's own. */
	if (at)
		at = number_after(at, ", tgid ", &pid);
	if (at)
		at = owner_comm(at, owner->comm);
	if (at)
		at = number_after(at, "\nPFN ", &owner->pfn);
	if (!at)
		return false;
	owner->order = order;
	owner->pid = pid;
	at += strcspn(at, "\n");
	owner_stack(at + (*at == '\n'), owner->stack, sizeof(owner->stack));
	return true;
}

static bool read_owner(int fd, u64 pfn, struct page_owner *owner)
{
	char text[4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, pfn);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return page_owner_parse(text, owner) && owner->pfn == pfn;
}

/* Only the first of the pages that were allocated together has a text. */
int page_owner_find(u64 pfn, struct page_owner *owner)
{
	int fd = open(PAGE_OWNER_FILE, O_RDONLY | O_CLOEXEC);
	u64 first, tried = ~0ULL;
	int err = -ENOENT;
	unsigned int order;

	if (fd < 0)
		return errno == EACCES || errno == EPERM ? -EPERM : -ENOENT;
	for (order = 0; err && order < ORDERS; order++) {
		first = pfn >> order << order;
		if (first == tried)
			continue;
		tried = first;
		if (read_owner(fd, first, owner) &&
		    pfn - first < 1ULL << (owner->order & 31))
			err = 0;
	}
	close(fd);
	return err;
}
