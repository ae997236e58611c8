#include "conform.h"
#include "../base/fail.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>

static bool widens(struct pw_type a, struct pw_type b)
{
	return a.depth == 0 && b.depth == 0 &&
	       ((a.base == PW_INT && b.base == PW_FLOAT) ||
		(a.base == PW_FLOAT && b.base == PW_INT));
}

static int unite_types(struct pw_field *to, struct pw_type from, const char *name,
		       const char *other)
{
	char here[64];

	if (widens(to->type, from))
		to->type.base = PW_FLOAT;
	else if (!pw_type_equal(to->type, from)) {
		to->type.required = from.required = false;
		struct pw_bytes name_here = {0};

		snprintf(here, sizeof here, "%s %s", pw_type_article(to->type),
			 pw_type_name(to->type));
		pw_names_add_ticked(&name_here, pw_slice_of(to->name));
		pw_fail(PW_USAGE,
			"column '%s' is %s %s in %s and %s in %s (make them one type with "
			"pw-select --add '%s = CAST(%s AS ...)')",
			to->name, pw_type_article(from), pw_type_name(from), name, here, other,
			pw_bytes_string(&name_here), name_here.data);
		pw_bytes_release(&name_here);
		return -1;
	}
	to->type.required &= from.required;
	return 0;
}

int pw_conform_unite(struct pw_schema *to, const struct pw_schema *from, bool all, const char *name,
		     const char *other)
{
	bool *used = pw_mem_zero(to->count + 1, sizeof *used);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < from->count; i++) {
		const int at = pw_schema_find(to, pw_slice_of(from->fields[i].name));
		if (at < 0 || used[at])
			rc = pw_fail(PW_USAGE,
				     "%s has a column '%s' and %s has none (leave it out with "
				     "pw-select --drop '%s')",
				     name, from->fields[i].name, other, from->fields[i].name);
		else
			rc = unite_types(&to->fields[at], from->fields[i].type, name, other);
		if (rc == 0)
			used[at] = true;
	}
	for (size_t i = 0; rc == 0 && all && i < to->count; i++)
		if (!used[i])
			rc = pw_fail(PW_USAGE,
				     "%s has no column '%s' and %s has one (leave it out with "
				     "pw-select --drop '%s')",
				     name, to->fields[i].name, other, to->fields[i].name);
	free(used);
	return rc;
}

void pw_conform_init(struct pw_conform *c, const struct pw_schema *to, const struct pw_schema *from)
{
	*c = (struct pw_conform){.to = to};
	c->from = pw_mem_alloc(to->count, sizeof *c->from);
	c->columns = pw_mem_zero(to->count, sizeof *c->columns);
	c->widened = pw_mem_zero(to->count, sizeof *c->widened);
	c->room = pw_mem_zero(to->count, sizeof *c->room);
	for (size_t i = 0; i < to->count; i++)
		c->from[i] = -1;
	for (size_t i = 0; i < from->count; i++) {
		const int at = pw_schema_find(to, pw_slice_of(from->fields[i].name));
		if (at < 0)
			pw_bug("column '%s' was not united", from->fields[i].name);
		c->from[at] = (int)i;
	}
}

void pw_conform_release(struct pw_conform *c)
{
	for (size_t i = 0; c->to != NULL && i < c->to->count; i++)
		free(c->widened[i]);
	free(c->from);
	free(c->columns);
	free(c->widened);
	free(c->room);
	*c = (struct pw_conform){0};
}

/* The ints of column i as floats. */
static void widen(struct pw_conform *c, size_t i)
{
	struct pw_column *column = &c->columns[i];
	const int64_t *from = column->values;
	const uint32_t count = column->encoding == PW_CONSTANT ? 1 : column->rows;

	c->widened[i] = pw_mem_grow(c->widened[i], &c->room[i], count, sizeof **c->widened);
	for (uint32_t row = 0; row < count; row++)
		c->widened[i][row] = (double)from[row];
	column->values = c->widened[i];
	column->type.base = PW_FLOAT;
}

const struct pw_batch *pw_conform_batch(struct pw_conform *c, const struct pw_batch *batch)
{
	for (size_t i = 0; i < c->to->count; i++) {
		if (c->from[i] < 0)
			continue;
		c->columns[i] = batch->columns[c->from[i]];
		if (!pw_type_equal(c->columns[i].type, c->to->fields[i].type))
			widen(c, i);
	}
	c->view = *batch;
	c->view.schema = c->to;
	c->view.columns = c->columns;
	return &c->view;
}
