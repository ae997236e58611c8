#include "layout.h"

#include <stdlib.h>

/* The first step of a JSON pointer is this name. */
static bool leads_into(const char *pointer, const char *name)
{
	const size_t n = strlen(name);

	return pointer != NULL && pointer[0] == '/' && strncmp(pointer + 1, name, n) == 0 &&
	       (pointer[n + 1] == 0 || pointer[n + 1] == '/');
}

/* Which declared column takes the found one; -1: none; -2: none, but a pointer leads into it. */
static int declared_of(const struct pw_layout_wish *wish, const struct pw_schema *found, size_t i)
{
	const struct pw_declare *d = wish->declared;
	const char *name = found->fields[i].name;

	if (wish->by_place)
		return i < d->count ? (int)i : -1;
	for (size_t k = 0; k < d->count; k++)
		if (d->columns[k].pointer == NULL && strcmp(d->columns[k].name, name) == 0)
			return (int)k;
	for (size_t k = 0; k < d->count; k++)
		if (leads_into(d->columns[k].pointer, name) ||
		    strcmp(d->columns[k].name, name) == 0)
			return -2;
	return -1;
}

bool pw_layout_is_declared(const struct pw_layout_wish *wish, const struct pw_schema *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (declared_of(wish, found, i) == -1)
			return false;
	return true;
}

static void add_declared(struct pw_layout *l, struct pw_declare_column *d)
{
	l->columns[l->view.count++] = (struct pw_parser_column){
		.name = d->name,
		.type = d->type,
		.pointer = d->pointer,
		.format = d->format,
		.value = d->has_value ? pw_vector_view(&d->value) : NULL,
		.declared = true,
	};
}

/* A column with an inferred type, or with one that is still to be found. */
static int add_found(struct pw_layout *l, const struct pw_found *found, size_t i)
{
	const struct pw_found_column *f = &found->columns[i];
	struct pw_parser_column *to = &l->columns[l->view.count++];
	const struct pw_verdict v = pw_infer_verdict(f->seen, f->json);

	if (f->doubt != NULL)
		return pw_fail(PW_DATA, "%s", f->doubt);
	*to = (struct pw_parser_column){
		.name = found->schema.fields[i].name,
		.type = found->schema.fields[i].type,
	};
	if (v.base == PW_STR && v.open) {
		to->undecided = &l->undecided[l->undecided_count++];
		*to->undecided = (struct pw_parser_undecided){.seen = f->seen, .json = f->json};
	}
	return 0;
}

static int add_all(struct pw_layout *l, const struct pw_layout_wish *wish,
		   const struct pw_found *found, bool *used)
{
	struct pw_declare *d = wish->declared;
	const bool declared_order = wish->only || pw_layout_is_declared(wish, &found->schema);

	for (size_t i = 0; !declared_order && i < found->schema.count; i++) {
		const int k = declared_of(wish, &found->schema, i);
		if (k >= 0) {
			add_declared(l, &d->columns[k]);
			used[k] = true;
		} else if (k == -1 && add_found(l, found, i) < 0) {
			return -1;
		}
	}
	for (size_t k = 0; k < d->count; k++)
		if (!used[k])
			add_declared(l, &d->columns[k]);
	return 0;
}

static int make_schema(struct pw_layout *l, const struct pw_layout_wish *wish)
{
	int list[PW_COLUMNS_MAX];

	for (size_t i = 0; i < l->view.count; i++)
		if (pw_schema_add(&l->schema, pw_slice_of(l->columns[i].name), l->columns[i].type,
				  false) < 0)
			return -1;
	if (wish->keys != NULL) {
		const int n = pw_schema_list(&l->schema, wish->keys, list);
		if (n < 0)
			return pw_fail_at("-k");
		for (int i = 0; i < n; i++)
			l->schema.fields[list[i]].key = true;
	}
	if (!wish->meta)
		return 0;
	const struct pw_type line = {PW_INT, 0, true}, path = {PW_STR, 0, true};
	if (pw_schema_add(&l->schema, PW_SLICE("_path"), path, false) < 0 ||
	    pw_schema_add(&l->schema, PW_SLICE("_line"), line, false) < 0 ||
	    pw_schema_add(&l->schema, PW_SLICE("_modified"), PW_TYPE(PW_DATETIME_UTC), false) < 0)
		return pw_fail_at("--meta");
	return 0;
}

int pw_layout_make(struct pw_layout *l, const struct pw_layout_wish *wish,
		   const struct pw_found *found)
{
	const size_t most = wish->declared->count + found->schema.count;
	bool *used = pw_mem_zero(most + 1, sizeof *used);

	*l = (struct pw_layout){.columns = pw_mem_zero(most + 1, sizeof *l->columns)};
	l->undecided = pw_mem_zero(most + 1, sizeof *l->undecided);
	l->view.columns = l->columns;
	const int rc = add_all(l, wish, found, used);
	free(used);
	if (rc < 0)
		return -1;
	if (l->view.count == 0)
		return pw_fail(PW_USAGE, "there are no columns: declare them with -s");
	return make_schema(l, wish);
}

void pw_layout_release(struct pw_layout *l)
{
	free(l->columns);
	free(l->undecided);
	pw_schema_release(&l->schema);
	*l = (struct pw_layout){0};
}
