/*
 * pw_grouped_show - what groups showed, what they show now, and how it goes out
 *
 * The half of pw_grouped that looks at records and writes rows; its other half
 * takes changes in. Not for others.
 */
#ifndef PW_OP_GROUPED_SHOW_INTERNAL_H
#define PW_OP_GROUPED_SHOW_INTERNAL_H

#include "grouped.h"

#define PW_GROUPED_CHUNK 8192 /* groups looked at at once, at most */

void pw_grouped_show_open(struct pw_grouped *g);

/* Appends to g->before what groups show that have rows, CHUNK of them at most. */
void pw_grouped_show_before(struct pw_grouped *g, const uint32_t *slots, uint32_t count);

/* The open commit's changes to the groups it touched, in the order of their keys. */
void pw_grouped_show_changes(struct pw_grouped *g);

/* Every group that has rows: the one commit of a static stream. */
void pw_grouped_show_all(struct pw_grouped *g);

/* Sends the rows shown so far. */
void pw_grouped_show_send(struct pw_grouped *g);

#endif
