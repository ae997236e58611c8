/*
 * pw_mode_place - a mode in a line with state: what it records, and when
 *
 * Rows and changes wait until their commit is complete, and go to the
 * destination then: a file is compared and added to (conn/growing), a pipe or
 * a terminal gets what may have come before. What lies below the sink's record
 * is there already, and dropped. A table is kept by the tool, and goes where
 * it goes without state.
 *
 * At each time C of the grid that DURABLE has reached, with everything below
 * it written and synced, the sink records C; where nothing was written, once a
 * minute. At the end it records that it is complete, if all is durable.
 *
 * The functions are those of pw_mode, called in its stead or behind it.
 */
#ifndef PW_WRITE_MODE_PLACE_INTERNAL_H
#define PW_WRITE_MODE_PLACE_INTERNAL_H

#include "mode.h"

/* Opens the destination, as the record has it, or for the first time. */
int pw_mode_place_enter(struct pw_mode *s);

/* A table is loaded, and kept from here on. Behind the kind's open. */
int pw_mode_place_keep(struct pw_mode *s);

int pw_mode_place_batch(struct pw_mode *s, const struct pw_batch *batch);
int pw_mode_place_frontier(struct pw_mode *s, pw_time frontier);
int pw_mode_place_durable(struct pw_mode *s, pw_time time);

/* Of the kind's end: what is complete goes to the destination. */
int pw_mode_place_close(struct pw_mode *s);

/* The last record. */
int pw_mode_place_end(struct pw_mode *s);

/* For the writer, to being the mode. */
int pw_mode_place_hold(void *to, const void *data, size_t length);

#endif
