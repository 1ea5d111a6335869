/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which event fields hold words: a field with one of these names, in any event,
 * is an enum whose words are in the list given here.
 */
#ifndef EVENT_WORDS_H
#define EVENT_WORDS_H

#include "model/event_table.h"

/* L(name, __print_symbolic(~, words)) for each list */
#define EVENT_WORD_LISTS(L)                                                   \
	L(hostings, show_mhp_hosting(~))                                      \
	L(whys, show_mhp_why(~), { MHP_WHY_OLD_RANGE_WHOLE, "range_whole" })  \
	L(zones, show_mhp_zone(~))                                            \
	L(causes, show_mhp_cause(~))                                          \
	L(reasons, show_mhp_reason(~), { MHP_REASON_OLD_HOSTING, "hosting" }) \
	L(stages, show_mhp_stage(~))                                          \
	L(kinds, show_mhp_kind(~))                                            \
	L(refs, show_mhp_ref(~))                                              \
	L(steps, show_mhp_step(~))                                            \
	L(states, show_mhp_state(~))                                          \
	L(origins, show_mhp_origin(~))

#define EVENT_WORDS_hosting ~, hostings
#define EVENT_WORDS_why ~, whys
#define EVENT_WORDS_zone ~, zones
#define EVENT_WORDS_memmap_zone ~, zones
#define EVENT_WORDS_cause ~, causes
#define EVENT_WORDS_reason ~, reasons
#define EVENT_WORDS_stage ~, stages
#define EVENT_WORDS_kind ~, kinds
#define EVENT_WORDS_op ~, refs
#define EVENT_WORDS_step ~, steps
#define EVENT_WORDS_state ~, states
#define EVENT_WORDS_origin ~, origins

/*
 * Expands to prefix##list for a field that holds words, to prefix##none for any
 * other: the second argument is "none" unless EVENT_WORDS_field is defined
 * above and puts two arguments before it.
 */
#define EVENT_WORDS(prefix, field) \
	EVENT_WORDS_PICK(prefix, EVENT_WORDS_##field, none, ~)
#define EVENT_WORDS_PICK(...) EVENT_WORDS_JOIN(__VA_ARGS__)
#define EVENT_WORDS_JOIN(prefix, first, second, ...) prefix##second

#endif
