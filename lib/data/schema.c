#include "schema.h"
#include "../base/fail.h"
#include "../base/near.h"
#include "names.h"

#include <stdlib.h>
#include <strings.h>

static bool same_name(const struct pw_field *f, struct pw_slice name)
{
	return strlen(f->name) == name.length && memcmp(f->name, name.data, name.length) == 0;
}

static int find_exactly(const struct pw_schema *s, struct pw_slice name)
{
	for (size_t i = 0; i < s->count; i++)
		if (same_name(&s->fields[i], name))
			return (int)i;
	return -1;
}

int pw_schema_add(struct pw_schema *s, struct pw_slice name, struct pw_type type, bool key)
{
	if (name.length == 0)
		return pw_fail(PW_USAGE, "a column's name is empty");
	if (name.length > PW_NAME_MAX)
		return pw_fail(PW_USAGE, "a column's name has %zu bytes, at most %d are allowed",
			       name.length, PW_NAME_MAX);
	if (memchr(name.data, '\0', name.length) != NULL)
		return pw_fail(PW_USAGE, "a column's name holds a NUL");
	if (find_exactly(s, name) >= 0)
		return pw_fail(PW_USAGE, "there are two columns '%.*s'", (int)name.length,
			       name.data);
	if (s->count == PW_COLUMNS_MAX)
		return pw_fail(PW_USAGE, "there are more than %d columns", PW_COLUMNS_MAX);
	s->fields = pw_mem_grow(s->fields, &s->capacity, s->count + 1, sizeof *s->fields);
	s->fields[s->count++] = (struct pw_field){pw_mem_copy(name.data, name.length), type, key};
	return 0;
}

int pw_schema_find(const struct pw_schema *s, struct pw_slice name)
{
	int found = find_exactly(s, name);

	for (size_t i = 0; found < 0 && i < s->count; i++)
		if (strlen(s->fields[i].name) == name.length &&
		    strncasecmp(s->fields[i].name, name.data, name.length) == 0)
			found = (int)i;
	return found;
}

int pw_schema_need(const struct pw_schema *s, struct pw_slice name)
{
	const int found = pw_schema_find(s, name);

	if (found >= 0)
		return found;

	const char **names = pw_mem_alloc(s->count, sizeof *names);
	struct pw_bytes all = {0};
	for (size_t i = 0; i < s->count; i++) {
		names[i] = s->fields[i].name;
		if (i < 20)
			pw_bytes_print(&all, " %s", names[i]);
	}
	if (s->count > 20)
		pw_bytes_text(&all, " ...");
	const char *near = pw_near(name.data, name.length, names, s->count);
	if (near != NULL)
		pw_fail(PW_USAGE, "'%.*s' is not a column (did you mean '%s'?)", (int)name.length,
			name.data, near);
	else
		pw_fail(PW_USAGE, "'%.*s' is not a column; %s%s", (int)name.length, name.data,
			s->count == 0 ? "there are no columns" : "the columns are",
			pw_bytes_string(&all));
	pw_bytes_release(&all);
	free(names);
	return -1;
}

int pw_schema_list(const struct pw_schema *s, const char *text, int *list)
{
	struct pw_name name = {0};
	const char *at = text;
	int count = 0, column = -1;

	for (;; at++) {
		const char *item = at;

		if ((column = pw_names_take(&at, ",", &name)) < 0 ||
		    (column = pw_names_end(at, ",")) < 0)
			break;
		column = pw_names_need(s, &name, item, ",");
		for (int i = 0; column >= 0 && i < count; i++)
			if (list[i] == column)
				column = pw_fail(PW_USAGE, "column '%s' is named twice",
						 s->fields[column].name);
		if (column < 0)
			break;
		list[count++] = column;
		if (*at == '\0')
			break;
	}
	pw_names_release(&name);
	return column < 0 ? -1 : count;
}

void pw_schema_copy(struct pw_schema *to, const struct pw_schema *from)
{
	*to = *from;
	to->fields = pw_mem_alloc(from->count, sizeof *to->fields);
	to->capacity = from->count;
	for (size_t i = 0; i < from->count; i++) {
		to->fields[i] = from->fields[i];
		to->fields[i].name =
			pw_mem_copy(from->fields[i].name, strlen(from->fields[i].name));
	}
}

void pw_schema_release(struct pw_schema *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->fields[i].name);
	free(s->fields);
	*s = (struct pw_schema){0};
}

bool pw_schema_equal(const struct pw_schema *a, const struct pw_schema *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
		    !pw_type_equal(a->fields[i].type, b->fields[i].type))
			return false;
	return true;
}

void pw_schema_print(struct pw_bytes *b, const struct pw_schema *s)
{
	for (size_t i = 0; i < s->count; i++) {
		pw_bytes_text(b, i > 0 ? ", " : "");
		pw_names_add(b, pw_slice_of(s->fields[i].name));
		pw_bytes_print(b, " %s", pw_type_name(s->fields[i].type));
	}
}
