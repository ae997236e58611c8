/* The columns of a file against those of the files before it, and against the layout. */
#include "../base/near.h"
#include "csv_internal.h"

static size_t find_exact(const struct pw_schema *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* Does the layout take a column of this file? */
static bool is_known(const struct pw_csv_file *c, const char *name, size_t i)
{
	const struct pw_parser_layout *layout = c->p.layout;

	if (layout == NULL || c->p.options->only)
		return true;
	if (c->p.options->no_header)
		return i < layout->count;
	for (size_t k = 0; k < layout->count; k++)
		if (strcmp(layout->columns[k].name, name) == 0)
			return true;
	return false;
}

/* The cell of a record that holds column i of the layout; SIZE_MAX: none does. */
static size_t source_of(const struct pw_csv_file *c, const struct pw_schema *s, size_t i)
{
	if (c->p.options->no_header)
		return i < s->count ? i : SIZE_MAX;
	return find_exact(s, c->p.layout->columns[i].name);
}

/* Adds the name that is the n-th, from 0; of many the first ones are enough. */
static void add_name(struct pw_bytes *names, const char *name, size_t n)
{
	enum { NAMES = 4 };

	if (n < NAMES)
		pw_bytes_print(names, "%s'%s'", n > 0 ? ", " : "", name);
	else if (n == NAMES)
		pw_bytes_text(names, " and more");
}

/* What only this file has, and what it lacks. */
static void compare(const struct pw_csv_file *c, const struct pw_schema *s, struct pw_bytes *more,
		    struct pw_bytes *lacks)
{
	const struct pw_parser_layout *layout = c->p.layout;
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		if (!is_known(c, s->fields[i].name, i))
			add_name(more, s->fields[i].name, n++);
	n = 0;
	for (size_t i = 0; layout != NULL && i < layout->count; i++)
		if (source_of(c, s, i) == SIZE_MAX && layout->columns[i].value == NULL)
			add_name(lacks, layout->columns[i].name, n++);
}

/* A declared column is not in the file, or not in any. */
static int fail_absent(struct pw_csv_file *c, const struct pw_schema *s, const char *name)
{
	const char *names[PW_COLUMNS_MAX];
	const char d = pw_csv_delimiter_likely(c, s);
	const char *shown = pw_csv_delimiter_shown(d);

	if (d != 0 && strchr(s->fields[0].name, d) != NULL)
		return pw_parser_fail(
			&c->p, c->p.line,
			"column '%s' is not in the header, which is one cell, '%s': if"
			" '%s' divides it, say so with --delimiter '%s'",
			name, s->fields[0].name, shown, shown);
	for (size_t i = 0; i < s->count; i++)
		names[i] = s->fields[i].name;
	const char *near = pw_near(name, strlen(name), names, s->count);
	return near == NULL
		       ? pw_parser_fail(&c->p, c->p.line, "column '%s' is not in the header", name)
		       : pw_parser_fail(&c->p, c->p.line,
					"column '%s' is not in the header (did you mean '%s'?)",
					name, near);
}

static const char *first_absent(const struct pw_csv_file *c, const struct pw_schema *s)
{
	for (size_t i = 0; i < c->p.layout->count; i++)
		if (source_of(c, s, i) == SIZE_MAX && c->p.layout->columns[i].value == NULL)
			return c->p.layout->columns[i].name;
	return NULL;
}

/* The header is not that of the first file. */
static int fail_other(struct pw_csv_file *c, struct pw_bytes *more, struct pw_bytes *lacks)
{
	return pw_parser_fail(&c->p, c->p.line, "the header is not that of %s: %s%s%s%s%s%s",
			      c->first, more->length > 0 ? "only here: " : "",
			      more->length > 0 ? pw_bytes_string(more) : "",
			      more->length > 0 && lacks->length > 0 ? "; " : "",
			      lacks->length > 0 ? "not here: " : "",
			      lacks->length > 0 ? pw_bytes_string(lacks) : "",
			      lacks->length > 0 ? "" : " (--only reads the declared columns)");
}

static int fail_columns(struct pw_csv_file *c, const struct pw_schema *s)
{
	struct pw_bytes more = {0}, lacks = {0};
	const char *absent = first_absent(c, s);
	int rc;

	compare(c, s, &more, &lacks);
	if (c->p.options->no_header && absent != NULL)
		rc = pw_parser_fail(
			&c->p, c->p.line,
			"column '%s' is declared, and the line has no cell for it%s", absent,
			s->count == 1 ? " (--delimiter says what stands between cells)" : "");
	else if (strcmp(c->first, c->p.file) != 0)
		rc = fail_other(c, &more, &lacks);
	else if (absent != NULL)
		rc = fail_absent(c, s, absent);
	else
		rc = pw_parser_fail(&c->p, c->p.line,
				    "column %s is not in the first file (--only reads the declared"
				    " ones)",
				    pw_bytes_string(&more));
	pw_bytes_release(&more);
	pw_bytes_release(&lacks);
	return rc;
}

int pw_csv_columns_agree(struct pw_csv_file *c, const struct pw_schema *s)
{
	const struct pw_parser_layout *layout = c->p.layout;
	bool fits = true;

	c->p.differs |= s->count != c->found.count;
	for (size_t i = 0; i < s->count; i++) {
		c->places[i] = find_exact(&c->found, s->fields[i].name);
		c->p.differs |= c->places[i] == SIZE_MAX;
		fits &= is_known(c, s->fields[i].name, i);
	}
	for (size_t i = 0; layout != NULL && i < layout->count; i++) {
		c->sources[i] = source_of(c, s, i);
		fits &= c->sources[i] != SIZE_MAX || layout->columns[i].value != NULL;
	}
	return fits ? 0 : fail_columns(c, s);
}
