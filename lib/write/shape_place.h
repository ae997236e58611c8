/*
 * pw_shape_place - a shape in a line with state: what it records, and when
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
 * The functions are those of pw_shape, called in its stead or behind it.
 */
#ifndef PW_WRITE_SHAPE_PLACE_H
#define PW_WRITE_SHAPE_PLACE_H

#include "shape.h"

/* Opens the destination, as the record has it, or for the first time. */
int pw_shape_place_enter(struct pw_shape *s);

/* A table is loaded, and kept from here on. Behind the kind's open. */
int pw_shape_place_keep(struct pw_shape *s);

int pw_shape_place_batch(struct pw_shape *s, const struct pw_batch *batch);
int pw_shape_place_frontier(struct pw_shape *s, pw_time frontier);
int pw_shape_place_durable(struct pw_shape *s, pw_time time);

/* Of the kind's end: what is complete goes to the destination. */
int pw_shape_place_close(struct pw_shape *s);

/* The last record. */
int pw_shape_place_end(struct pw_shape *s);

/* For the writer, to being the shape. */
int pw_shape_place_hold(void *to, const void *data, size_t length);

#endif
