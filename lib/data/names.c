#include "names.h"
#include "../base/fail.h"

#include <stdlib.h>
#include <strings.h>

/* ---- reading ---- */

static struct pw_slice slice(const struct pw_name *name)
{
	return (struct pw_slice){name->text.data, name->text.length};
}

/* The name whose opening tick is at p; returns what follows the closing one, or NULL. */
static const char *take_ticked(const char *p, struct pw_bytes *text)
{
	for (p++; *p != '`' || p[1] == '`'; p++) {
		if (*p == '\0')
			return NULL;
		p += *p == '`';
		pw_bytes_put(text, *p);
	}
	return p + 1;
}

int pw_names_take(const char **at, const char *stops, struct pw_name *name)
{
	const char *p = *at + strspn(*at, " "), *end;

	pw_bytes_clear(&name->text);
	name->ticked = *p == '`';
	if (name->ticked) {
		p = take_ticked(p, &name->text);
		if (p == NULL)
			return pw_fail(PW_USAGE, "'%s': a back tick is not closed", *at);
	} else {
		end = p + strcspn(p, stops);
		*at = end;
		while (end > p && end[-1] == ' ')
			end--;
		pw_bytes_add(&name->text, p, (size_t)(end - p));
		p = *at;
	}
	pw_bytes_string(&name->text);
	*at = p + strspn(p, " ");
	return 0;
}

int pw_names_end(const char *at, const char *stops)
{
	if (*at == '\0' || strchr(stops, *at) != NULL)
		return 0;
	return pw_fail(PW_USAGE, "found '%s' after a name in back ticks, expected '%c' or the end",
		       at, *stops);
}

int pw_names_pair(const char **at, struct pw_name *left, struct pw_name *right, const char **item)
{
	const char *from = *at;

	pw_bytes_clear(&right->text);
	if (pw_names_take(at, "=,", left) < 0)
		return -1;
	if (**at != '=')
		return pw_names_end(*at, ",");
	*item = ++*at;
	if (pw_names_take(at, ",", right) < 0 || pw_names_end(*at, ",") < 0)
		return -1;
	if (left->text.length > 0 && right->text.length > 0)
		return 1;
	return pw_fail(PW_USAGE, "'%.*s': a name is missing beside the '='", (int)(*at - from),
		       from);
}

void pw_names_release(struct pw_name *name)
{
	pw_bytes_release(&name->text);
}

/* ---- writing ---- */

static bool is_letter(unsigned char c)
{
	return c >= 0x80 || c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* May it stand without ticks in options, schemas and expressions? */
static bool is_plain(struct pw_slice name)
{
	if (name.length == 0 || is_digit((unsigned char)*name.data))
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!is_letter((unsigned char)name.data[i]) &&
		    !is_digit((unsigned char)name.data[i]))
			return false;
	return true;
}

void pw_names_add_ticked(struct pw_bytes *out, struct pw_slice name)
{
	pw_bytes_put(out, '`');
	for (size_t i = 0; i < name.length; i++) {
		if (name.data[i] == '`')
			pw_bytes_put(out, '`');
		pw_bytes_put(out, name.data[i]);
	}
	pw_bytes_put(out, '`');
}

void pw_names_add(struct pw_bytes *out, struct pw_slice name)
{
	if (is_plain(name))
		pw_bytes_add(out, name.data, name.length);
	else
		pw_names_add_ticked(out, name);
}

/* ---- advice ---- */

/* How far an expression goes that begins at text: up to a stop outside of brackets and quotes. */
static size_t expression_length(const char *text, const char *stops)
{
	int depth = 0;
	size_t i = 0;

	for (; text[i] != '\0' && (depth > 0 || strchr(stops, text[i]) == NULL); i++) {
		const char *quote = strchr("'\"`", text[i]) ? strchr(text + i + 1, text[i]) : NULL;

		depth += strchr("([", text[i]) ? 1 : strchr(")]", text[i]) ? -1 : 0;
		if (quote != NULL)
			i = (size_t)(quote - text);
	}
	while (i > 0 && text[i - 1] == ' ')
		i--;
	return i;
}

/* Is there an operator in it, or a call? A minus or a point may be part of a misspelt name. */
static bool is_computed(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (strchr("()[]+*/%|<>", text[i]) != NULL ||
		    (i + 1 < length && memcmp(text + i, "::", 2) == 0) ||
		    (i + 2 < length && memcmp(text + i, " - ", 3) == 0))
			return true;
	return false;
}

/* The name that 'h = hour(ts)' gives; empty: it gives none. */
static struct pw_slice given_name(const char *text, size_t length)
{
	size_t n = 0, at;

	while (n < length &&
	       (is_letter((unsigned char)text[n]) || is_digit((unsigned char)text[n])))
		n++;
	for (at = n; at < length && text[at] == ' ';)
		at++;
	const bool given = at + 1 < length && text[at] == '=' && text[at + 1] != '=';
	const struct pw_slice name = {text, n};

	return given && is_plain(name) ? name : (struct pw_slice){text, 0};
}

/* -k 'hour(ts)': the value has to be made a column first. */
static int refuse_computed(const char *text, size_t length)
{
	const struct pw_slice given = given_name(text, length);
	struct pw_bytes name = {0};
	bool gap = false;

	if (given.length > 0)
		return pw_fail(PW_USAGE,
			       "'%.*s' is not a column: compute it first, with pw-select --add "
			       "'%.*s', and name %.*s here",
			       (int)length, text, (int)length, text, (int)given.length, given.data);
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)text[i];
		const bool plain = c != '_' && (is_letter(c) || is_digit(c));

		if (plain && (gap || (name.length == 0 && is_digit(c))))
			pw_bytes_put(&name, '_');
		if (plain)
			pw_bytes_put(&name, (char)c);
		gap = !plain && name.length > 0;
	}
	pw_fail(PW_USAGE,
		"'%.*s' is not a column: compute it first, with pw-select --add '%s = %.*s', and "
		"name %s here",
		(int)length, text, pw_bytes_string(&name), (int)length, text,
		pw_bytes_string(&name));
	pw_bytes_release(&name);
	return -1;
}

/* 'a b', whose words are columns. */
static int refuse_blanks(const struct pw_schema *s, struct pw_slice name)
{
	struct pw_bytes shown = {0};
	size_t words = 0;
	bool good = true;

	for (const char *at = name.data, *end = at + name.length; at < end && good; words++) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));
		const struct pw_slice word = {at, (size_t)((blank ? blank : end) - at)};

		good = pw_schema_find(s, word) >= 0;
		pw_bytes_text(&shown, words > 0 ? "," : "");
		pw_names_add(&shown, word);
		for (at += word.length; at < end && *at == ' ';)
			at++;
	}
	if (good && words > 1)
		pw_fail(PW_USAGE, "'%.*s' is not a column: a comma stands between names, write %s",
			(int)name.length, name.data, pw_bytes_string(&shown));
	pw_bytes_release(&shown);
	return good && words > 1 ? -1 : 0;
}

/* j.a of a json column j. */
static int refuse_member(const struct pw_schema *s, struct pw_slice name)
{
	const char *dot = memchr(name.data, '.', name.length);
	const int column =
		dot ? pw_schema_find(s, (struct pw_slice){name.data, (size_t)(dot - name.data)})
		    : -1;
	if (column < 0 || s->fields[column].type.base != PW_JSON)
		return 0;
	struct pw_bytes text = {0};

	pw_names_add(&text, pw_slice_of(s->fields[column].name));
	pw_bytes_print(&text, " ->> \"%.*s\"", (int)(name.data + name.length - dot - 1), dot + 1);
	refuse_computed(pw_bytes_string(&text), text.length);
	pw_bytes_release(&text);
	return -1;
}

/* "City" in quotes, which belong to texts. */
static int refuse_quoted(const struct pw_schema *s, struct pw_slice name)
{
	struct pw_bytes shown = {0};
	const char quote = name.length > 2 ? *name.data : 0;

	if ((quote != '"' && quote != '\'') || name.data[name.length - 1] != quote)
		return 0;
	const int column = pw_schema_find(s, (struct pw_slice){name.data + 1, name.length - 2});
	if (column < 0)
		return 0;
	pw_names_add(&shown, pw_slice_of(s->fields[column].name));
	pw_fail(PW_USAGE, "'%.*s' is not a column: names stand bare or in back ticks, write %s",
		(int)name.length, name.data, pw_bytes_string(&shown));
	pw_bytes_release(&shown);
	return -1;
}

int pw_names_need(const struct pw_schema *s, const struct pw_name *name, const char *item,
		  const char *stops)
{
	const int column = pw_schema_find(s, slice(name));

	if (column >= 0)
		return column;
	if (!name->ticked &&
	    (refuse_quoted(s, slice(name)) < 0 || refuse_member(s, slice(name)) < 0 ||
	     refuse_blanks(s, slice(name)) < 0))
		return -1;
	if (!name->ticked) {
		item += strspn(item, " ");
		const size_t length = expression_length(item, stops);
		if (is_computed(item, length))
			return refuse_computed(item, length);
	}
	return pw_schema_need(s, slice(name));
}

/* ---- orders ---- */

static bool ends_with(struct pw_slice name, const char *word)
{
	const size_t n = strlen(word);

	return name.length > n && strncasecmp(name.data + name.length - n, word, n) == 0;
}

/* 'delay desc', -delay: the column that was meant, or -1. */
static int meant_order(const struct pw_schema *s, struct pw_slice name, const char **suffix)
{
	static const struct {
		const char *end, *suffix;
	} ends[] = {{" desc", ":desc"}, {":desc", ":desc"}, {" asc", ""}, {":asc", ""}};
	size_t begin = name.length > 1 && (*name.data == '-' || *name.data == '+') ? 1 : 0;

	*suffix = begin && *name.data == '-' ? ":desc" : "";
	for (size_t i = 0; i < sizeof ends / sizeof *ends && begin == 0; i++)
		if (ends_with(name, ends[i].end)) {
			*suffix = ends[i].suffix;
			name.length -= strlen(ends[i].end);
			while (name.length > 0 && name.data[name.length - 1] == ' ')
				name.length--;
			return pw_schema_find(s, name);
		}
	return begin == 0 ? -1
			  : pw_schema_find(s, (struct pw_slice){name.data + 1, name.length - 1});
}

static int need_ordered(const struct pw_schema *s, const struct pw_name *name, const char *item)
{
	const char *suffix;
	struct pw_bytes shown = {0};
	const int meant = name->ticked || pw_schema_find(s, slice(name)) >= 0
				  ? -1
				  : meant_order(s, slice(name), &suffix);

	if (meant < 0)
		return pw_names_need(s, name, item, ",");
	pw_names_add(&shown, pw_slice_of(s->fields[meant].name));
	pw_fail(PW_USAGE, "'%s' is not a column: write %s%s, from %s", name->text.data,
		pw_bytes_string(&shown), suffix, *suffix ? "high to low" : "low to high");
	pw_bytes_release(&shown);
	return -1;
}

/* Takes the suffix from the end of a bare name, if it is there. */
static bool strip(struct pw_name *name, const char *suffix)
{
	const size_t n = strlen(suffix);

	if (name->text.length < n ||
	    memcmp(name->text.data + name->text.length - n, suffix, n) != 0)
		return false;
	name->text.length -= n;
	pw_bytes_string(&name->text);
	return true;
}

/* What stands after a name in ticks. */
static int take_suffix(const char **at, bool *descending)
{
	if (strcasecmp(*at, "desc") == 0 || strncasecmp(*at, "desc,", 5) == 0)
		return pw_fail(PW_USAGE, "found '%s' after a name in back ticks: write :desc", *at);
	*descending = strncmp(*at, ":desc", 5) == 0;
	*at += *descending ? 5 : strncmp(*at, ":asc", 4) == 0 ? 4 : 0;
	*at += strspn(*at, " ");
	return pw_names_end(*at, ",");
}

int pw_names_order(const struct pw_schema *s, const char **at, bool *descending)
{
	const char *item = *at;
	struct pw_name name = {0};
	int column = pw_names_take(at, ",", &name);

	*descending = false;
	if (column == 0 && name.ticked)
		column = take_suffix(at, descending);
	else if (column == 0 && pw_schema_find(s, slice(&name)) < 0 && /* it may be "a:desc" */
		 !(*descending = strip(&name, ":desc")))
		strip(&name, ":asc");
	if (column == 0)
		column = need_ordered(s, &name, item);
	pw_names_release(&name);
	return column;
}

/* ---- one column ---- */

/* 'delay desc' where one column is named, and no order. */
static int refuse_order(const struct pw_schema *s, struct pw_slice name)
{
	const char *suffix;
	struct pw_bytes shown = {0};
	const int meant = meant_order(s, name, &suffix);

	if (meant < 0)
		return 0;
	pw_names_add(&shown, pw_slice_of(s->fields[meant].name));
	pw_fail(PW_USAGE, "'%.*s' is not a column: write %s alone, there is no reverse here",
		(int)name.length, name.data, pw_bytes_string(&shown));
	pw_bytes_release(&shown);
	return -1;
}

int pw_names_column(const struct pw_schema *s, const char *text)
{
	struct pw_name name = {0};
	const char *at = text;
	int column = pw_schema_find(s, pw_slice_of(text));

	if (column < 0 && (column = pw_names_take(&at, "", &name)) == 0) {
		if (*at != '\0')
			column = pw_fail(PW_USAGE,
					 "found '%s' after the name, expected the end: one column "
					 "is named here",
					 at);
		else if (!name.ticked && refuse_order(s, slice(&name)) < 0)
			column = -1;
		else
			column = pw_names_need(s, &name, text, "");
	}
	pw_names_release(&name);
	return column;
}
