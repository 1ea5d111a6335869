/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process apart from the dashboard, which keeps its privileges and answers questions about memory blocks. The
 * dashboard gives up its own when it reads its first event, and does not wait for answers.
 */
#ifndef ANSWERS_APART_H
#define ANSWERS_APART_H

#include "answers/forecasts.h"
#include "answers/machine.h"

struct apart;

/* What is asked: for the page about a block, or for the column of the table */
enum apart_kind { APART_PAGE, APART_FORECASTS };

struct apart_question {
	enum apart_kind kind;
	union {
		struct machine_question page;
		struct forecasts_question forecasts;
	};
};

struct apart_answer {
	enum apart_kind kind;
	union {
		struct machine_answer page;
		struct forecasts_answer forecasts;
	};
};

/*
 * Start the process. Call it before anything else is opened, as the process would keep
 * that open. NULL if it cannot be started.
 */
struct apart *apart_start(void);
/* End it, whatever it is doing. NULL is fine. */
void apart_end(struct apart *apart);
/* A descriptor that is readable when there is an answer. */
int apart_fd(const struct apart *apart);
/* Ask, if the last question has been answered. 0 or -errno. */
int apart_ask(struct apart *apart, const struct apart_question *question);
/* Take an answer. 1: there was one, 0: there was none, or -errno if the process has ended. */
int apart_take(struct apart *apart, struct apart_answer *answer);

#endif
