#include "declare.h"

#include "../base/fail.h"
#include "../base/io.h"
#include "../data/schema.h"
#include "../data/text.h"

#include <stdlib.h>

int pw_declare_find(const struct pw_declare *d, struct pw_slice name)
{
	for (size_t i = 0; i < d->count; i++)
		if (pw_slice_equal(pw_slice_of(d->columns[i].name), name))
			return (int)i;
	return -1;
}

struct pw_declare_column *pw_declare_add(struct pw_declare *d, struct pw_slice name,
					 struct pw_type type)
{
	if (name.length == 0)
		return pw_fail(PW_USAGE, "a column's name is empty"), NULL;
	if (name.length > PW_NAME_MAX)
		return pw_fail(PW_USAGE, "a column's name has %zu bytes, at most %d are allowed",
			       name.length, PW_NAME_MAX),
		       NULL;
	if (memchr(name.data, '\0', name.length) != NULL)
		return pw_fail(PW_USAGE, "a column's name holds a NUL"), NULL;
	if (pw_declare_find(d, name) >= 0)
		return pw_fail(PW_USAGE, "there are two columns '%.*s'", (int)name.length,
			       name.data),
		       NULL;
	if (d->count == PW_COLUMNS_MAX)
		return pw_fail(PW_USAGE, "there are more than %d columns", PW_COLUMNS_MAX), NULL;
	d->columns = pw_mem_grow(d->columns, &d->capacity, d->count + 1, sizeof *d->columns);
	struct pw_declare_column *c = &d->columns[d->count++];
	*c = (struct pw_declare_column){.name = pw_mem_copy(name.data, name.length), .type = type};
	pw_vector_init(&c->value, type);
	return c;
}

static bool is_time(struct pw_type type)
{
	return type.depth == 0 && (type.base == PW_DATETIME || type.base == PW_DATETIME_UTC);
}

int pw_declare_format(struct pw_declare_column *c, struct pw_slice format)
{
	if (!is_time(c->type))
		return pw_fail(PW_USAGE,
			       "a time format is for a datetime or datetime_utc, not for %s %s",
			       pw_type_article(c->type), pw_type_name(c->type));
	if (memchr(format.data, '\0', format.length) != NULL)
		return pw_fail(PW_USAGE, "the time format holds a NUL");
	free(c->format);
	c->format = pw_mem_copy(format.data, format.length);
	return pw_text_datetime_format_check(c->format, c->type.base == PW_DATETIME_UTC);
}

/* RFC 6901: empty, or steps that begin with a slash, in which ~ is ~0 or ~1. */
int pw_declare_pointer(struct pw_declare_column *c, struct pw_slice pointer)
{
	const char *p = pointer.data, *end = p + pointer.length;
	if (memchr(p, '\0', pointer.length) != NULL)
		return pw_fail(PW_USAGE, "the pointer holds a NUL");
	if (pointer.length > 0 && *p != '/')
		return pw_fail(PW_USAGE, "'%.*s' is not a JSON pointer: it begins with '/'",
			       (int)pointer.length, p);
	for (; p < end; p++)
		if (*p == '~' && (p + 1 == end || (p[1] != '0' && p[1] != '1')))
			return pw_fail(PW_USAGE,
				       "'%.*s' is not a JSON pointer: '~' is written '~0'",
				       (int)pointer.length, pointer.data);
	free(c->pointer);
	c->pointer = pw_mem_copy(pointer.data, pointer.length);
	return 0;
}

int pw_declare_null(struct pw_declare_column *c)
{
	if (c->type.required)
		return pw_fail(PW_USAGE, "column '%s' is not null, its default can't be", c->name);
	pw_vector_null(&c->value);
	c->has_value = true;
	return 0;
}

int pw_declare_value(struct pw_declare_column *c, struct pw_slice text)
{
	const uint32_t rows = c->value.rows;
	int64_t ns;
	if (pw_text_read(&c->value, text)) {
		if (c->format == NULL || pw_text_datetime_format(text, c->format, &ns))
			return pw_fail(PW_USAGE, "'%.*s' is not %s %s",
				       (int)(text.length < 100 ? text.length : 100), text.data,
				       pw_type_article(c->type), pw_type_name(c->type));
		pw_vector_word(&c->value, ns);
	}
	c->has_value = true;
	/* json: the text null is a null */
	if (c->type.required && c->value.nulls > 0) {
		pw_vector_truncate(&c->value, rows);
		return pw_declare_null(c);
	}
	return 0;
}

int pw_declare_read(struct pw_declare *d, const char *text)
{
	struct pw_bytes file = {0};
	if (*text != '@')
		return pw_declare_parse(d, pw_slice_of(text));
	int status = pw_io_load(text + 1, PW_DECLARE_FILE_MAX, &file);
	if (status == 0) {
		status = pw_declare_json(d, (struct pw_slice){file.data, file.length});
		if (status)
			pw_fail_at("%s", text + 1);
	}
	pw_bytes_release(&file);
	return status;
}

static void print_quoted(struct pw_bytes *b, struct pw_slice s)
{
	pw_bytes_put(b, '"');
	for (size_t i = 0; i < s.length; i++) {
		const char c = s.data[i];
		if (c == '\n' || c == '\t' || c == '\r')
			pw_bytes_text(b, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		else if (c == '"' || c == '\\')
			pw_bytes_put(b, '\\'), pw_bytes_put(b, c);
		else
			pw_bytes_put(b, c);
	}
	pw_bytes_put(b, '"');
}

static void print_value(struct pw_bytes *b, struct pw_declare_column *c)
{
	const struct pw_column *v = pw_vector_view(&c->value);
	const bool bare = c->type.depth > 0 || c->type.base <= PW_FLOAT;
	struct pw_bytes text = {0};
	if (pw_column_null(v, 0)) {
		pw_bytes_text(b, "null");
	} else if (bare) {
		pw_text_add(b, v, 0);
	} else {
		pw_text_add(&text, v, 0);
		print_quoted(b, (struct pw_slice){text.data, text.length});
	}
	pw_bytes_release(&text);
}

void pw_declare_print(struct pw_bytes *b, struct pw_declare *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct pw_declare_column *c = &d->columns[i];
		struct pw_field field = {c->name, c->type, false};
		const struct pw_schema one = {.fields = &field, .count = 1};
		if (i > 0)
			pw_bytes_text(b, ", ");
		pw_schema_print(b, &one);
		if (c->format != NULL) {
			pw_bytes_put(b, ' ');
			print_quoted(b, pw_slice_of(c->format));
		}
		if (c->pointer != NULL) {
			pw_bytes_text(b, " from ");
			print_quoted(b, pw_slice_of(c->pointer));
		}
		if (c->has_value) {
			pw_bytes_text(b, " = ");
			print_value(b, c);
		}
	}
}

void pw_declare_release(struct pw_declare *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->columns[i].name);
		free(d->columns[i].format);
		free(d->columns[i].pointer);
		pw_vector_release(&d->columns[i].value);
	}
	free(d->columns);
	*d = (struct pw_declare){0};
}
