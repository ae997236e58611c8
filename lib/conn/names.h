/*
 * pw_names - where a name stands among items that ascend by name
 *
 * Use:      give the array, how many items it has, and a function that tells
 *           the name of one of them.
 * Promises: the place is that of the item with the name, or the one at which
 *           such an item would have to be put in. Names are compared by bytes.
 */
#ifndef PW_CONN_NAMES_H
#define PW_CONN_NAMES_H

#include "../base/lang.h"

#include "../base/lang.h"

#include <stdbool.h>
#include <stddef.h>

PW_C_BEGIN

PW_C_BEGIN

/* The name of items[i]. */
typedef const char *pw_names_at(const void *items, size_t i);

/* found: is there an item with that name? */
size_t pw_names_place(const void *items, size_t count, pw_names_at *at, const char *name,
		      bool *found);

PW_C_END

PW_C_END

#endif
