/* The declaration as people write it. */
#include "../base/fail.h"
#include "../base/utf8.h"
#include "../data/json.h"
#include "declare.h"

struct reader {
	struct pw_slice text;
	const char *p, *end;
	struct pw_bytes word; /* the text between quotes, unescaped */
};

/*
 * Puts the place of `at` in front of the message, and below the message the
 * line with a caret, or the part near the caret if the line is long.
 */
static int fault(const struct reader *r, const char *at)
{
	enum { BEFORE = 60, AFTER = 30 };
	const char *from = at, *to = at;
	while (from > r->text.data && from[-1] != '\n' &&
	       (at - from < BEFORE || (*from & 0xc0) == 0x80))
		from--;
	while (to < r->end && *to != '\n' && (to - at < AFTER || (*to & 0xc0) == 0x80))
		to++;
	char blanks[BEFORE + 8];
	size_t n = 0;
	for (const char *p = from; p < at; p++)
		if ((*p & 0xc0) != 0x80)
			blanks[n++] = *p == '\t' ? '\t' : ' ';
	pw_fail_detail("  %.*s", (int)(to - from), from);
	pw_fail_detail("  %.*s^", (int)n, blanks);
	return pw_fail_at("schema: character %zu",
			  pw_utf8_count(r->text.data, (size_t)(at - r->text.data)) + 1);
}

/* "found 'x', expected a type" */
static int expected(const struct reader *r, const char *what)
{
	const char *to = r->p;
	if (to == r->end)
		pw_fail(PW_USAGE, "found the end, expected %s", what);
	else {
		do
			to++;
		while (to < r->end && (*to & 0xc0) == 0x80);
		pw_fail(PW_USAGE, "found '%.*s', expected %s", (int)(to - r->p), r->p, what);
	}
	return fault(r, r->p);
}

static void blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool is_letter(char c)
{
	return (c & 0x80) || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/* The bare word at p; empty when there is none. */
static struct pw_slice word(const struct reader *r)
{
	const char *to = r->p;
	if (to < r->end && is_letter(*to))
		while (to < r->end && is_word(*to))
			to++;
	return (struct pw_slice){r->p, (size_t)(to - r->p)};
}

static bool take_word(struct reader *r, const char *name)
{
	const struct pw_slice w = word(r);
	for (size_t i = 0; i < w.length; i++)
		if ((w.data[i] | 0x20) != name[i])
			return false;
	if (w.length == 0 || name[w.length] != '\0')
		return false;
	r->p += w.length;
	blanks(r);
	return true;
}

static bool take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	blanks(r);
	return true;
}

static int escape(struct reader *r)
{
	static const char names[] = "ntr\\'\"", means[] = "\n\t\r\\'\"";
	const char *found = r->p + 1 < r->end && r->p[1] ? strchr(names, r->p[1]) : NULL;
	if (found == NULL) {
		pw_fail(PW_USAGE, "a backslash in quotes is for \\n \\t \\r \\\\ \\' \\\"");
		return fault(r, r->p);
	}
	pw_bytes_put(&r->word, means[found - names]);
	r->p += 2;
	return 0;
}

/* Takes the text between the quotes at p into word. In back ticks, two ticks are one. */
static int quoted(struct reader *r)
{
	const char quote = *r->p, *start = r->p++;
	pw_bytes_clear(&r->word);
	for (;;) {
		if (r->p == r->end) {
			pw_fail(PW_USAGE, "the %s is not closed",
				quote == '`' ? "back tick" : "quote");
			return fault(r, start);
		}
		if (*r->p == '\\' && quote != '`') {
			if (escape(r))
				return -1;
			continue;
		}
		if (*r->p == quote) {
			if (quote != '`' || r->p + 1 == r->end || r->p[1] != '`')
				break;
			r->p++;
		}
		pw_bytes_put(&r->word, *r->p++);
	}
	r->p++;
	blanks(r);
	return 0;
}

static struct pw_slice held(struct reader *r)
{
	return (struct pw_slice){pw_bytes_string(&r->word), r->word.length};
}

static int read_name(struct reader *r)
{
	const struct pw_slice w = word(r);
	if (w.length > 0) {
		pw_bytes_clear(&r->word);
		pw_bytes_add(&r->word, w.data, w.length);
		r->p += w.length;
		blanks(r);
		return 0;
	}
	if (r->p < r->end && *r->p == '`')
		return quoted(r);
	return expected(r, "a column's name (odd names go in back ticks)");
}

/* list<...>, as far as it is spelled like a type; then ! or not null. */
static int read_type(struct reader *r, struct pw_type *type)
{
	const char *start = r->p, *to = start;
	if (word(r).length == 0)
		return expected(r, "a type");
	while (r->p < r->end && (is_word(*r->p) || *r->p == '<' || *r->p == '>')) {
		if (*r->p == '<' || *r->p == '>')
			r->p++;
		else
			r->p += word(r).length ? word(r).length : 1;
		to = r->p;
		blanks(r);
		if (r->p < r->end && to[-1] != '<' && *r->p != '>' && *r->p != '<')
			break;
	}
	if (pw_type_parse((struct pw_slice){start, (size_t)(to - start)}, type))
		return fault(r, start);
	if (take(r, '!')) {
		type->required = true;
	} else if (take_word(r, "not")) {
		if (!take_word(r, "null"))
			return expected(r, "'null'");
		type->required = true;
	}
	return 0;
}

/* Where a default that stands without quotes ends. */
static const char *bare_end(const struct reader *r)
{
	struct pw_json_value value;
	struct pw_json_fault unused;
	const char *to = r->p;
	if (*to == '[' || *to == '{')
		return pw_json_next(to, r->end, &value, &unused);
	while (to < r->end &&
	       (is_word(*to) || *to == '+' || *to == '-' || *to == '.' || *to == ':'))
		to++;
	return to;
}

/* Types whose values are never written without quotes. */
static bool needs_quotes(struct pw_type type)
{
	return type.depth == 0 && (type.base == PW_STR || type.base == PW_BYTES);
}

static int read_default(struct reader *r, struct pw_declare_column *c)
{
	const char *start = r->p;
	int status;
	if (r->p == r->end)
		return expected(r, "a default");
	if (*r->p == '"' || *r->p == '\'') {
		if (quoted(r))
			return -1;
		status = pw_declare_value(c, held(r));
	} else if (take_word(r, "null")) {
		status = pw_declare_null(c);
	} else {
		const char *to = bare_end(r);
		if (to == NULL || to == r->p)
			return expected(
				r, "a default: a number, true, false, null, or a value in quotes");
		r->p = to;
		blanks(r);
		status = needs_quotes(c->type)
				 ? pw_fail(PW_USAGE, "the default of a %s goes in quotes",
					   pw_type_name((struct pw_type){c->type.base, 0, false}))
				 : pw_declare_value(c,
						    (struct pw_slice){start, (size_t)(to - start)});
	}
	return status ? fault(r, start) : 0;
}

/* Takes what may follow the type, each part once, in any order. */
static int read_rest(struct reader *r, struct pw_declare_column *c)
{
	while (r->p < r->end && *r->p != ',') {
		const char *start = r->p;
		if (!c->format && !c->has_value && (*r->p == '"' || *r->p == '\'')) {
			if (quoted(r))
				return -1;
			if (pw_declare_format(c, held(r)))
				return fault(r, start);
		} else if (!c->pointer && take_word(r, "from")) {
			const char *at = r->p;
			if (at == r->end || (*at != '"' && *at != '\''))
				return expected(r, "a JSON pointer in quotes");
			if (quoted(r))
				return -1;
			if (pw_declare_pointer(c, held(r)))
				return fault(r, at);
		} else if (!c->has_value && take(r, '=')) {
			if (read_default(r, c))
				return -1;
		} else {
			return expected(r, "',', '=', 'from' or a time format in quotes");
		}
	}
	return 0;
}

static int read_column(struct reader *r, struct pw_declare *d)
{
	const char *start = r->p;
	struct pw_type type;
	struct pw_bytes name = {0};
	struct pw_declare_column *c = NULL;
	if (read_name(r))
		return -1;
	pw_bytes_add(&name, r->word.data, r->word.length);
	if (read_type(r, &type) == 0) {
		c = pw_declare_add(d, (struct pw_slice){pw_bytes_string(&name), name.length}, type);
		if (c == NULL)
			fault(r, start);
	}
	pw_bytes_release(&name);
	return c == NULL ? -1 : read_rest(r, c);
}

int pw_declare_parse(struct pw_declare *d, struct pw_slice text)
{
	struct reader r = {.text = text, .p = text.data, .end = text.data + text.length};
	const size_t valid = pw_utf8_valid_prefix(text.data, text.length);
	int status = 0;
	*d = (struct pw_declare){0};
	if (valid != text.length)
		return pw_fail(PW_USAGE, "schema: byte %zu: not valid UTF-8", valid + 1);
	blanks(&r);
	do
		status = read_column(&r, d);
	while (status == 0 && take(&r, ','));
	pw_bytes_release(&r.word);
	if (status)
		pw_declare_release(d);
	return status;
}
