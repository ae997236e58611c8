#include "found.h"

#include "advice.h"

#include <inttypes.h>
#include <stdlib.h>

void pw_found_first(struct pw_found_kinds *k, enum pw_kind kind, const char *file, uint64_t line,
		    struct pw_slice value)
{
	struct pw_bytes shown = {0};

	k->seen |= (uint32_t)kind;
	pw_advice_value(&shown, value);
	k->first = pw_mem_grow(k->first, &k->capacity, k->count + 1, sizeof *k->first);
	k->first[k->count++] = (struct pw_found_first){
		.kind = kind,
		.place = pw_mem_print("%s:%" PRIu64, file, line),
		.shown = pw_mem_print("%s", pw_bytes_string(&shown)),
	};
	pw_bytes_release(&shown);
}

void pw_found_kinds_release(struct pw_found_kinds *k)
{
	for (size_t i = 0; i < k->count; i++) {
		free(k->first[i].place);
		free(k->first[i].shown);
	}
	free(k->first);
	*k = (struct pw_found_kinds){0};
}

/* "FILE:LINE: column 'v': '+5' is a number in a form ... (declare it: ...)", of the last column. */
static char *doubt_text(const struct pw_found *f, const struct pw_found_kinds *k,
			enum pw_kind doubt, bool json, bool by_place)
{
	const struct pw_advice advice = {.columns = &f->schema, .by_place = by_place, .json = json};
	const struct pw_found_first *first = k->first;
	struct pw_bytes b = {0};

	while (first->kind != doubt)
		first++;
	pw_bytes_print(&b, "%s: column '%s': '%s' %s (", first->place,
		       f->schema.fields[f->schema.count - 1].name, first->shown,
		       pw_advice_why(doubt));
	pw_advice_declare(&b, &advice, k->seen);
	pw_bytes_put(&b, ')');
	char *text = pw_mem_print("%s", pw_bytes_string(&b));
	pw_bytes_release(&b);
	return text;
}

int pw_found_typed(struct pw_found *f, struct pw_slice name, struct pw_type type, uint32_t seen,
		   bool json)
{
	if (pw_schema_add(&f->schema, name, type, false) < 0)
		return -1;
	f->columns = pw_mem_grow(f->columns, &f->capacity, f->schema.count, sizeof *f->columns);
	f->columns[f->schema.count - 1] = (struct pw_found_column){.seen = seen, .json = json};
	return 0;
}

int pw_found_column(struct pw_found *f, struct pw_slice name, const struct pw_found_kinds *k,
		    bool json, bool by_place)
{
	const struct pw_verdict v = pw_infer_verdict(k->seen, json);

	if (pw_found_typed(f, name, PW_TYPE((uint8_t)v.base), k->seen, json) < 0)
		return -1;
	if (v.doubt != 0)
		f->columns[f->schema.count - 1].doubt = doubt_text(f, k, v.doubt, json, by_place);
	return 0;
}

void pw_found_release(struct pw_found *f)
{
	for (size_t i = 0; i < f->schema.count; i++)
		free(f->columns[i].doubt);
	free(f->columns);
	pw_schema_release(&f->schema);
	*f = (struct pw_found){0};
}
