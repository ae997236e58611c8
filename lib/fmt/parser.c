#include "parser.h"
#include "../base/packing.h"
#include "../base/utf8.h"
#include "../data/text.h"
#include "advice.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

const struct pw_parser_kind *const pw_parser_kinds[] = {&pw_csv,   &pw_tsv,   &pw_json,
							&pw_lines, &pw_whole, NULL};

const struct pw_parser_kind *pw_parser_kind_named(const char *name)
{
	for (const struct pw_parser_kind *const *k = pw_parser_kinds; *k != NULL; k++)
		if (strcasecmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static bool ends_in(const char *text, size_t length, const char *suffix)
{
	const size_t n = strlen(suffix);

	return length > n && strncasecmp(text + length - n, suffix, n) == 0;
}

const struct pw_parser_kind *pw_parser_kind_of_path(const char *path)
{
	const size_t length = pw_packing_stem(path);

	for (const struct pw_parser_kind *const *k = pw_parser_kinds; *k != NULL; k++)
		for (const char *const *s = (*k)->suffixes; *s != NULL; s++)
			if (ends_in(path, length, *s))
				return *k;
	return &pw_lines;
}

struct pw_parser *pw_parser_open(const struct pw_parser_kind *kind,
				 const struct pw_parser_options *options)
{
	struct pw_parser *p = pw_mem_zero(1, kind->size);

	p->kind = kind;
	p->options = options;
	p->modified = INT64_MIN;
	p->diff = 1;
	return p;
}

int pw_parser_begin(struct pw_parser *p, const char *file, int64_t modified)
{
	p->file = file;
	p->modified = modified;
	p->line = 1;
	p->preface = 0;
	p->looked = false;
	if ((p->options->meta || p->kind == &pw_whole) && !pw_utf8_valid(file, strlen(file)))
		return pw_fail(PW_DATA, "%s: the name is not valid UTF-8, and can be no text",
			       file);
	return p->kind->begin(p);
}

int pw_parser_bind(struct pw_parser *p, const struct pw_parser_layout *layout)
{
	p->layout = layout;
	return p->kind->bind(p);
}

void pw_parser_close(struct pw_parser *p)
{
	if (p == NULL)
		return;
	p->kind->close(p);
	pw_bytes_release(&p->why);
	free(p);
}

int pw_parser_fail(struct pw_parser *p, uint64_t line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return pw_fail(PW_DATA, "%s:%" PRIu64 ": %s", p->file, line, text);
}

/* ---- what the first bytes say ---- */

/* The format of what is in a file that is packed in another one: that which its name says then. */
static const char *format_within(const struct pw_parser *p, bool standard)
{
	if (p->kind != &pw_lines || standard)
		return p->kind->name;
	char *stem = pw_mem_print("%.*s", (int)pw_magic_stem(p->file), p->file);
	const struct pw_parser_kind *kind = pw_parser_kind_of_path(stem);
	/* lines are also what is read where no suffix says anything */
	const bool known = kind != &pw_lines || pw_magic_of_path(p->file) == NULL ||
			   ends_in(stem, strlen(stem), ".log") ||
			   ends_in(stem, strlen(stem), ".txt");
	free(stem);
	return known ? kind->name : pw_csv.name;
}

void pw_parser_advise(const struct pw_parser *p, const struct pw_magic *m, struct pw_bytes *b)
{
	const bool standard = strcmp(p->file, "stdin") == 0;

	pw_magic_advice(m, standard ? NULL : p->file, pw_packing_of_path(p->file),
			format_within(p, standard), b);
}

/* May the parser read it all the same? A line may be anything, and JSON is read as it is. */
static bool is_read(const struct pw_parser *p, const struct pw_magic *m)
{
	if (p->kind == &pw_lines)
		return m->text;
	return p->kind == &pw_json && m->text && m->command != NULL &&
	       strcmp(m->command, "cat FILE") == 0;
}

static int fail_magic(const struct pw_parser *p, const struct pw_magic *m)
{
	const bool packed = strcmp(m->name, "gzip") == 0 || strcmp(m->name, "zstd") == 0;
	struct pw_bytes b = {0};

	pw_bytes_print(&b, "%s: holds %s, not %s", p->file, m->name, p->kind->name);
	if (packed && strcmp(p->file, "stdin") != 0) {
		pw_bytes_print(&b, ", and its name does not end in %s: pw-read -f %s - <",
			       strcmp(m->name, "gzip") == 0 ? ".gz" : ".zst",
			       format_within(p, false));
		pw_magic_add_word(&b, p->file);
	} else if (m->command != NULL) {
		pw_bytes_text(&b, ": ");
		pw_parser_advise(p, m, &b);
	} else if (m->text) {
		pw_bytes_text(&b, ", as the page of an error is: look at it");
	} else {
		pw_bytes_text(&b, ": write it as csv with the program that it is of");
	}
	pw_fail(PW_DATA, "%s", pw_bytes_string(&b));
	pw_bytes_release(&b);
	return -1;
}

int pw_parser_look(struct pw_parser *p, const char *data, size_t n, bool last)
{
	if (p->looked || p->line > 1)
		return 0;
	if (!last && n < PW_MAGIC_BYTES && (n == 0 || memchr(data, '\n', n) == NULL))
		return 1;
	p->looked = true;
	const struct pw_magic *m = pw_magic_of(data, n);
	return m == NULL || is_read(p, m) ? 0 : fail_magic(p, m);
}

const char *pw_parser_not_utf8(struct pw_parser *p)
{
	static const struct pw_magic latin = {"text", "iconv -f LATIN1 -t UTF-8 FILE",
					      "iconv -f LATIN1 -t UTF-8", NULL, true};

	pw_bytes_clear(&p->why);
	pw_bytes_text(&p->why, "is not valid UTF-8 (if it is ISO 8859-1: ");
	pw_parser_advise(p, &latin, &p->why);
	pw_bytes_put(&p->why, ')');
	return pw_bytes_string(&p->why);
}

int pw_parser_too_long(struct pw_parser *p, size_t n)
{
	struct pw_bytes limit = {0};

	if (p->options->max_line % 1024 == 0)
		pw_bytes_print(&limit, "%zuK", p->options->max_line / 1024);
	else
		pw_bytes_print(&limit, "%zu bytes", p->options->max_line);
	pw_parser_fail(p, p->line, "a line of %zu bytes or more, --max-line allows %s", n,
		       pw_bytes_string(&limit));
	pw_bytes_release(&limit);
	return -1;
}

/* ---- misfits ---- */

bool pw_parser_decide(struct pw_parser_undecided *u, enum pw_kind kind)
{
	const struct pw_verdict v = pw_infer_verdict(u->seen | (uint32_t)kind, u->json);

	if (v.doubt != 0 || v.base != PW_STR)
		return false;
	u->seen |= (uint32_t)kind;
	u->decided = !v.open;
	return true;
}

/* Kinds of values that have made the column what it is. */
static uint32_t kinds_of(const struct pw_parser_column *c)
{
	static const uint32_t kinds[PW_BASES] = {
		[PW_BOOL] = PW_KIND_BOOL,
		[PW_INT] = PW_KIND_INT,
		[PW_FLOAT] = PW_KIND_INT | PW_KIND_FLOAT,
		[PW_STR] = PW_KIND_TEXT,
		[PW_JSON] = PW_KIND_OTHER,
		[PW_DATETIME] = PW_KIND_DATETIME,
		[PW_DATETIME_UTC] = PW_KIND_UTC,
	};

	return c->undecided != NULL ? c->undecided->seen : kinds[c->type.base];
}

/* Is it a time, and one that no datetime holds? */
static bool is_beyond(const struct pw_parser_column *c, struct pw_slice s)
{
	int64_t ns;

	if (c->type.depth > 0 || (c->type.base != PW_DATETIME && c->type.base != PW_DATETIME_UTC))
		return false;
	if (s.length > 2 && s.data[0] == '"')
		s = (struct pw_slice){s.data + 1, s.length - 2};
	if (c->format != NULL)
		return pw_text_datetime_format(s, c->format, &ns) == PW_TEXT_BEYOND;
	return (c->type.base == PW_DATETIME ? pw_text_datetime(s, &ns)
					    : pw_text_datetime_utc(s, &ns)) == PW_TEXT_BEYOND;
}

/* "is not a float", or what is so special about the value. */
static void print_why(struct pw_bytes *b, const struct pw_parser_column *c, struct pw_slice found,
		      enum pw_kind kind, struct pw_verdict v)
{
	struct pw_type type = c->type;
	const bool zoned = v.doubt == PW_KIND_DATETIME && kind == PW_KIND_UTC;
	const char *special = is_beyond(c, found)        ? PW_TEXT_BEYOND_REASON
			      : v.doubt == kind || zoned ? pw_advice_why(kind)
							 : NULL;

	type.required = false;
	if (special != NULL) {
		pw_bytes_text(b, special);
	} else if (c->undecided != NULL && pw_parser_lacks_values(c->undecided)) {
		const struct pw_type first = PW_TYPE((uint8_t)v.base);
		pw_bytes_print(b, "is its first value, and comes too late to make it %s %s",
			       pw_type_article(first), pw_type_name(first));
	} else if (c->undecided != NULL) {
		pw_bytes_text(b, "is a number, and the values before it were taken for text");
	} else {
		pw_bytes_print(b, "is not %s %s", pw_type_article(type), pw_type_name(type));
		if (c->format != NULL)
			pw_bytes_print(b, " of the form '%s'", c->format);
	}
}

/* How column c is to be declared, so that it takes values of these kinds. */
static void print_advice(struct pw_bytes *b, const struct pw_parser *p, size_t c, uint32_t seen)
{
	struct pw_field *fields = pw_mem_zero(c + 1, sizeof *fields);
	const struct pw_schema columns = {.fields = fields, .count = c + 1};
	const struct pw_advice advice = {
		.columns = &columns,
		.by_place = p->options->no_header && p->kind->header,
		.kept = p->options->kept,
		.json = p->kind == &pw_json,
	};

	for (size_t i = 0; i <= c; i++)
		fields[i] = (struct pw_field){.name = (char *)p->layout->columns[i].name,
					      .type = p->layout->columns[i].type};
	pw_bytes_text(b, " (");
	pw_advice_declare(b, &advice, seen);
	pw_bytes_put(b, ')');
	free(fields);
}

/* Sets the message of a misfit. */
static void say_misfit(struct pw_parser *p, uint64_t line, size_t c, struct pw_slice found,
		       enum pw_kind kind, const char *why)
{
	const struct pw_parser_column *column = &p->layout->columns[c];
	const bool advised = !column->declared && why == NULL && kind != 0;
	const uint32_t seen = advised ? kinds_of(column) | (uint32_t)kind : 0;
	struct pw_bytes b = {0};

	pw_bytes_print(&b, "column '%s': '", column->name);
	pw_advice_value(&b, found);
	pw_bytes_text(&b, "' ");
	if (why != NULL)
		pw_bytes_text(&b, why);
	else
		print_why(&b, column, found, kind, pw_infer_verdict(seen, p->kind == &pw_json));
	if (advised)
		print_advice(&b, p, c, seen);
	pw_fail(PW_DATA, "%s:%" PRIu64 ": %s", p->file, line, pw_bytes_string(&b));
	pw_bytes_release(&b);
}

int pw_parser_misfit(struct pw_parser *p, uint64_t line, size_t c, struct pw_slice found,
		     enum pw_kind kind, const char *why)
{
	say_misfit(p, line, c, found, kind, why);
	if (p->options->policy != PW_PARSER_NULL)
		return pw_parser_bad_row(p);
	if (p->layout->columns[c].type.required)
		return -1;
	pw_fail_clear();
	p->nulled++;
	return PW_PARSER_NULL;
}

int pw_parser_null(struct pw_parser *p, uint64_t line, size_t c)
{
	const struct pw_parser_column *column = &p->layout->columns[c];

	pw_parser_fail(p, line, "column '%s': is null, and declared '%s'", column->name,
		       pw_type_name(column->type));
	return pw_parser_bad_row(p);
}

int pw_parser_bad_row(struct pw_parser *p)
{
	return p->options->policy == PW_PARSER_SKIP ? (int)PW_PARSER_SKIP : -1;
}

void pw_parser_reject(struct pw_parser *p, uint64_t line, struct pw_slice row)
{
	p->rejected++;
	if (p->options->reject != NULL)
		p->options->reject(p->options->context, pw_fail_text(), p->file, line, row);
	pw_fail_clear();
}

static int time_of(struct pw_parser *p, uint64_t line, struct pw_slice s, pw_time *t)
{
	const struct pw_parser_options *o = p->options;

	if (pw_time_parse(s, t) < 0)
		return pw_parser_fail(p, line, "column '_time': '%.*s' is not a time",
				      (int)(s.length < 60 ? s.length : 60), s.data);
	if (*t == PW_TIME_END)
		return 0;
	if (o->double_times && *t >= PW_TIME_END / 2)
		return pw_parser_fail(p, line, "time %" PRIu64 " cannot be doubled", *t);
	if (o->double_times)
		*t *= 2;
	if (pw_time_is_odd(*t) && !o->odd)
		return pw_parser_fail(p, line,
				      "time %" PRIu64 " is odd, data comes at even times"
				      " (--double-times, or --odd if it is forgetting)",
				      *t);
	return 0;
}

/* Fails: the time would leave none for later runs of the pipeline. */
static int too_late(struct pw_parser *p, uint64_t line, pw_time t)
{
	if (t == PW_TIME_END)
		return pw_parser_fail(
			p, line,
			"time end: a pipeline with state goes on in later runs, and no time comes"
			" after the end");
	return pw_parser_fail(p, line,
			      "time %" PRIu64
			      ": a pipeline with state goes on in later runs, and takes times"
			      " up to %" PRIu64,
			      t, p->most);
}

int pw_parser_change(struct pw_parser *p, uint64_t line, struct pw_slice time, struct pw_slice diff,
		     int64_t *d)
{
	pw_time t;

	if (time_of(p, line, time, &t) < 0)
		return -1;
	if (pw_text_int(diff, d) < 0 || *d == INT64_MIN)
		return pw_parser_fail(p, line, "column '_diff': '%.*s' is not a diff, an int",
				      (int)(diff.length < 60 ? diff.length : 60), diff.data);
	if (t < p->time)
		return pw_parser_fail(
			p, line, "time %" PRIu64 " is below %" PRIu64 ", that of the row before", t,
			p->time);
	if (t < p->above)
		return pw_parser_fail(p, line,
				      "time %" PRIu64
				      " has been committed by an earlier run of this pipeline,"
				      " expected %" PRIu64 " or a later one",
				      t, p->above);
	if (t < p->promised)
		return pw_parser_fail(p, line,
				      "time %" PRIu64 " is not above %" PRIu64
				      ", which a row with _diff 0 has closed",
				      t, p->promised - 1);
	if (p->most > 0 && t > p->most)
		return too_late(p, line, t);
	if (*d < 0 && p->options->append_only)
		return pw_parser_fail(p, line, "diff %" PRId64 " in a stream that is --append-only",
				      *d);
	p->time = t;
	p->diff = *d;
	if (*d == 0)
		p->promised = pw_time_after(t);
	return 0;
}

void pw_parser_meta(struct pw_parser *p, struct pw_builder *out, uint64_t line)
{
	struct pw_vector *v = &out->vectors[p->layout->count];

	if (p->lines != NULL) {
		struct pw_parser_lines *n = p->lines;
		n->items = pw_mem_grow(n->items, &n->capacity, n->count + 1, sizeof *n->items);
		n->items[n->count++] = line;
	}
	if (!p->options->meta)
		return;
	pw_vector_text(&v[0], p->file, strlen(p->file));
	pw_vector_word(&v[1], (int64_t)line);
	if (p->modified == INT64_MIN)
		pw_vector_null(&v[2]);
	else
		pw_vector_word(&v[2], p->modified);
}

int pw_parser_text(const struct pw_parser_column *c, struct pw_slice s, struct pw_vector *v)
{
	int64_t ns;

	if (c->format == NULL || c->type.depth > 0 ||
	    (c->type.base != PW_DATETIME && c->type.base != PW_DATETIME_UTC))
		return pw_text_read(v, s);
	if (pw_text_datetime_format(s, c->format, &ns) < 0)
		return -1;
	pw_vector_word(v, ns);
	return 0;
}

bool pw_parser_default(const struct pw_parser_column *c, struct pw_vector *v)
{
	if (c->value == NULL)
		return false;
	pw_vector_copy(v, c->value, 0);
	return true;
}
