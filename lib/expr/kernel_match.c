#define PCRE2_CODE_UNIT_WIDTH 8
#include "kernel_internal.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- LIKE: % is any text, _ one code point, all else stands for itself ---- */

static inline size_t point_length(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Goes back to the last % only: time of at most the product of the lengths. */
static bool like(struct pw_slice t, struct pw_slice p)
{
	size_t i = 0, k = 0, star = SIZE_MAX, mark = 0;

	while (i < t.length) {
		if (k < p.length && p.data[k] == '%') {
			star = ++k;
			mark = i;
		} else if (k < p.length && p.data[k] == '_') {
			i += point_length((unsigned char)t.data[i]);
			k++;
		} else if (k < p.length && p.data[k] == t.data[i]) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			mark += point_length((unsigned char)t.data[mark]);
			i = mark;
			k = star;
		} else {
			return false;
		}
	}
	while (k < p.length && p.data[k] == '%')
		k++;
	return k == p.length;
}

enum like_kind { LIKE_ANY, LIKE_EXACT, LIKE_PREFIX, LIKE_SUFFIX, LIKE_INSIDE };

struct like_state {
	enum like_kind kind;
	struct pw_slice word; /* without the % at its ends */
};

/* Constant patterns whose only % stand at the ends need no search of their own. */
static int like_prepare(struct pw_step *s)
{
	struct like_state *state;
	if (!s->args[1]->done || pw_column_null(&s->args[1]->out, 0))
		return 0;
	struct pw_slice p = pw_column_text(&s->args[1]->out, 0);
	const bool first = p.length > 0 && p.data[0] == '%';
	const bool last = p.length > 1 && p.data[p.length - 1] == '%';
	p.data += first;
	p.length -= (size_t)first + last;
	if (memchr(p.data, '%', p.length) || memchr(p.data, '_', p.length))
		return 0;
	state = pw_mem_zero(1, sizeof *state);
	state->word = p;
	state->kind = first && last ? LIKE_INSIDE
		      : first       ? LIKE_SUFFIX
		      : last        ? LIKE_PREFIX
				    : LIKE_EXACT;
	s->state = state;
	return 0;
}

static void free_state(struct pw_step *s)
{
	free(s->state);
}

static void run_like(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	const struct like_state *state = s->state;
	const enum like_kind kind = state ? state->kind : LIKE_ANY;
	const struct pw_slice w = state ? state->word : (struct pw_slice){0};
	uint8_t *r = s->values;

	for (uint32_t i = 0; i < n; i++) {
		const struct pw_slice t = pw_text_view_at(&a, i);
		const bool fits = t.length >= w.length;
		switch (kind) {
		case LIKE_ANY:
			r[i] = like(t, pw_text_view_at(&b, i));
			break;
		case LIKE_EXACT:
			r[i] = pw_slice_equal(t, w);
			break;
		case LIKE_PREFIX:
			r[i] = fits && memcmp(t.data, w.data, w.length) == 0;
			break;
		case LIKE_SUFFIX:
			r[i] = fits && memcmp(t.data + t.length - w.length, w.data, w.length) == 0;
			break;
		case LIKE_INSIDE:
			r[i] = memmem(t.data, t.length, w.data, w.length) != NULL;
			break;
		}
	}
}

/* ---- regular expressions: PCRE2, with limits ---- */

enum { STEPS_MAX = 10000000, HEAP_KB_MAX = 64 << 10, PATTERN_MAX = 65536 };

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	struct pw_bytes pattern; /* that code was compiled from */
	bool bad;                /* it could not be */
	char why[256];
};

static void regex_compile(struct regex *r, struct pw_slice pattern)
{
	int error = 0;
	size_t at;

	pcre2_code_free(r->code);
	pcre2_match_data_free(r->match);
	r->match = NULL;
	pw_bytes_clear(&r->pattern);
	pw_bytes_add(&r->pattern, pattern.data, pattern.length);
	r->code = pattern.length > PATTERN_MAX
			  ? NULL
			  : pcre2_compile((PCRE2_SPTR)pattern.data, pattern.length,
					  PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C,
					  &error, &at, NULL);
	r->bad = r->code == NULL;
	if (r->bad && error == PCRE2_ERROR_HEAP_FAILED)
		pw_mem_exhausted();
	if (r->bad && pattern.length > PATTERN_MAX) {
		snprintf(r->why, sizeof r->why, "the pattern is longer than %d bytes", PATTERN_MAX);
	} else if (r->bad) {
		char text[160] = "";
		pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof text);
		snprintf(r->why, sizeof r->why, "the pattern at its byte %zu: %s", at + 1, text);
	} else {
		pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
		r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
		if (r->match == NULL)
			pw_mem_exhausted();
	}
}

static int regex_prepare(struct pw_step *s)
{
	struct regex *r = pw_mem_zero(1, sizeof *r);
	const struct pw_column *p = &s->args[1]->out;

	s->state = r;
	r->context = pcre2_match_context_create(NULL);
	if (r->context == NULL)
		pw_mem_exhausted();
	pcre2_set_match_limit(r->context, STEPS_MAX);
	pcre2_set_heap_limit(r->context, HEAP_KB_MAX);
	if (!s->args[1]->done || pw_column_null(p, 0))
		return 0;
	regex_compile(r, pw_column_text(p, 0));
	return r->bad ? pw_fail(PW_USAGE, "%s", r->why) : 0;
}

static void regex_release(struct pw_step *s)
{
	struct regex *r = s->state;
	pcre2_code_free(r->code);
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->context);
	pw_bytes_release(&r->pattern);
	free(r);
}

/* Matches from byte `from` on: 1 (groups in *at), 0, or -1 (error). */
static int regex_match(struct regex *r, struct pw_slice pattern, struct pw_slice t, size_t from,
		       const size_t **at)
{
	const struct pw_slice have = {r->pattern.data, r->pattern.length};
	if ((r->code == NULL && !r->bad) || !pw_slice_equal(have, pattern))
		regex_compile(r, pattern);
	if (r->bad)
		return -1;
	const int found = pcre2_match(r->code, (PCRE2_SPTR)t.data, t.length, from,
				      PCRE2_NO_UTF_CHECK, r->match, r->context);
	if (found == PCRE2_ERROR_NOMATCH)
		return 0;
	if (found == PCRE2_ERROR_NOMEMORY) /* no fault of the row */
		pw_mem_exhausted();
	*at = pcre2_get_ovector_pointer(r->match);
	return found < 0 ? -1 : 1;
}

static void why_regex(const struct pw_step *s, uint32_t row, struct pw_bytes *text)
{
	struct regex *r = s->state;
	const size_t *at;
	const struct pw_slice pattern = pw_column_text(&s->args[1]->out, row);
	regex_match(r, pattern, pw_column_text(&s->args[0]->out, row), 0, &at);
	pw_bytes_text(text, r->bad ? r->why
				   : "the pattern takes too many steps, or the text is too long");
}

static void run_matches(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	for (uint32_t i = 0; i < n; i++) {
		const size_t *at;
		int found = 0;
		if (!pw_step_dead(s, i))
			found = regex_match(s->state, pw_text_view_at(&b, i),
					    pw_text_view_at(&a, i), 0, &at);
		((uint8_t *)s->values)[i] = found > 0;
		if (found < 0)
			pw_step_error(s, i);
	}
}

/* The whole match, or a group of it; empty when there is none. */
static void run_extract(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	const bool has_group = s->arg_count == 3;
	struct regex *r = s->state;
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&a, i);
		const int64_t group = has_group ? pw_int_at(s->in[2], i) : 0;
		const size_t *at;
		const int found = regex_match(r, pw_text_view_at(&b, i), t, 0, &at);
		if (found < 0)
			pw_step_error(s, i);
		else if (found > 0 && group >= 0 &&
			 (uint64_t)group < pcre2_get_ovector_count(r->match) &&
			 at[2 * group] != PCRE2_UNSET && at[2 * group + 1] >= at[2 * group])
			pw_bytes_add(&s->text, t.data + at[2 * group],
				     at[2 * group + 1] - at[2 * group]);
	})
}

/* \0 to \9 in a replacement are groups, \\ a backslash. */
static void add_replacement(struct pw_step *s, struct pw_slice t, struct pw_slice by,
			    const size_t *at, uint32_t groups)
{
	for (size_t k = 0; k < by.length; k++) {
		const char c = by.data[k], d = k + 1 < by.length ? by.data[k + 1] : 0;
		if (c != '\\' || (d != '\\' && (d < '0' || d > '9'))) {
			pw_bytes_put(&s->text, c);
			continue;
		}
		k++;
		const uint32_t g = (uint32_t)(d - '0');
		if (d == '\\')
			pw_bytes_put(&s->text, d);
		else if (g < groups && at[2 * g] != PCRE2_UNSET && at[2 * g + 1] >= at[2 * g])
			pw_bytes_add(&s->text, t.data + at[2 * g], at[2 * g + 1] - at[2 * g]);
	}
}

/* Replaces the first match, or all; -1: the match failed. */
static int add_replaced(struct pw_step *s, struct pw_slice t, struct pw_slice pattern,
			struct pw_slice by, bool all)
{
	struct regex *r = s->state;
	size_t from = 0, copied = 0;
	const size_t *at;
	int found;

	while (from <= t.length && (found = regex_match(r, pattern, t, from, &at)) != 0) {
		if (found < 0 || s->text.length > PW_STEP_TEXT_MAX)
			return -1;
		const size_t start = at[0] > copied ? at[0] : copied, end = at[1];
		pw_bytes_add(&s->text, t.data + copied, start - copied);
		add_replacement(s, t, by, at, pcre2_get_ovector_count(r->match));
		copied = end > start ? end : start;
		from = copied;
		if (!all)
			break;
		if (at[1] <= at[0]) /* an empty match: go on after the next code point */
			from += from < t.length ? point_length((unsigned char)t.data[from]) : 1;
	}
	pw_bytes_add(&s->text, t.data + copied, t.length - copied);
	return 0;
}

static void run_replace(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	const struct pw_text_view c = pw_text_view_of(s->in[2]);
	PW_TEXT_LOOP({
		bool all = false;
		if (s->arg_count == 4) {
			const struct pw_slice flags = pw_column_text(s->in[3], i);
			all = memchr(flags.data, 'g', flags.length) != NULL;
		}
		if (add_replaced(s, pw_text_view_at(&a, i), pw_text_view_at(&b, i),
				 pw_text_view_at(&c, i), all) < 0)
			pw_step_error(s, i);
	})
}

static void run_extract_all(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	for (uint32_t i = 0; i < n; i++) {
		if (pw_step_dead(s, i)) {
			pw_vector_null(&s->list);
			continue;
		}
		const struct pw_slice t = pw_text_view_at(&a, i);
		const uint32_t before = s->list.inner->rows;
		const size_t *at;
		size_t from = 0;
		int found = 0;
		while (from <= t.length &&
		       (found = regex_match(s->state, pw_text_view_at(&b, i), t, from, &at)) > 0) {
			const size_t end = at[1] > at[0] ? at[1] : at[0];
			pw_vector_text(s->list.inner, t.data + at[0], end - at[0]);
			from = end > from ? end : from + 1;
			while (from < t.length && (t.data[from] & 0xc0) == 0x80)
				from++;
		}
		if (found < 0) {
			pw_vector_truncate(s->list.inner, before);
			pw_vector_null(&s->list);
			pw_step_error(s, i);
		} else {
			pw_vector_list(&s->list);
		}
	}
}

#define REGEX(name, signature, kernel, text, from, to)                                             \
	{                                                                                          \
		name, signature, 0, kernel, regex_prepare, regex_release, why_regex,               \
			.help = text, .example = from, .result = to                                \
	}

static const struct pw_function table[] = {
	{"like", "bool(str,str)", 0, run_like, like_prepare, free_state, .reason = NULL},
	REGEX("~", "bool(str,str)", run_matches, NULL, NULL, NULL),
	REGEX("regexp_matches", "bool(str,str)", run_matches,
	      "does the pattern match anywhere? as t ~ pattern", "regexp_matches('abc', 'b.')",
	      "true"),
	REGEX("regexp_extract", "str(str,str)", run_extract,
	      "the part that matches; empty if none does", "regexp_extract('ab12', '[0-9]+')",
	      "12"),
	REGEX("regexp_extract", "str(str,str,int)", run_extract, "a group of the part that matches",
	      "regexp_extract('ab12', '([a-z])([0-9])', 2)", "1"),
	REGEX("regexp_extract_all", "list<str>(str,str)", run_extract_all, "all parts that match",
	      "regexp_extract_all('a1b22', '[0-9]+')", "[\"1\",\"22\"]"),
	REGEX("regexp_replace", "str(str,str,str)", run_replace,
	      "the first match replaced; \\1 is a group", "regexp_replace('aXb', '[A-Z]', '-')",
	      "a-b"),
	REGEX("regexp_replace", "str(str,str,str,str)", run_replace,
	      "with 'g', all matches replaced", "regexp_replace('a1b2', '[0-9]', '#', 'g')",
	      "a#b#"),
};

const struct pw_functions pw_kernel_match = {table, sizeof table / sizeof *table, "patterns"};
