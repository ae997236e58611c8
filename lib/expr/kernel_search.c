#include "kernel_internal.h"
#include "point_internal.h"

#include "../base/utf8.h"

/*
 * Where a text is in another, as Python counts: from 0, -1 nowhere, negative
 * places from the end; and how far two texts are apart.
 */

/* The half-open range [from, to) of places as a slice makes them, clamped to 0 .. count. */
static void clamp_range(int64_t count, int64_t *from, int64_t *to)
{
	int64_t *const ends[] = {from, to};
	for (int k = 0; k < 2; k++) {
		int64_t x = *ends[k];
		x = x < -count ? 0 : x < 0 ? count + x : x > count ? count : x;
		*ends[k] = x;
	}
}

/* The last place where what is; memrchr's like for texts. */
static const char *find_last(struct pw_slice t, struct pw_slice what)
{
	for (size_t at = t.length >= what.length ? t.length - what.length + 1 : 0; at-- > 0;)
		if (memcmp(t.data + at, what.data, what.length) == 0)
			return t.data + at;
	return NULL;
}

static int64_t find_in(struct pw_slice t, struct pw_slice what, int64_t from, int64_t to, bool last)
{
	clamp_range((int64_t)pw_utf8_count(t.data, t.length), &from, &to);
	if (from > to)
		return -1;
	const struct pw_slice part = pw_point_cut(t, from, to);
	const char *at;
	if (what.length == 0)
		return last ? to : from;
	at = last ? find_last(part, what) : memmem(part.data, part.length, what.data, what.length);
	return at ? from + (int64_t)pw_utf8_count(part.data, (size_t)(at - part.data)) : -1;
}

static void find(struct pw_step *s, uint32_t n, bool last)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]), vb = pw_text_view_of(s->in[1]);
	for (uint32_t i = 0; i < n; i++) {
		const int64_t from = s->arg_count > 2 ? pw_int_at(s->in[2], i) : 0;
		const int64_t to = s->arg_count > 3 ? pw_int_at(s->in[3], i) : INT64_MAX;
		((int64_t *)s->values)[i] =
			pw_step_dead(s, i) ? 0
					   : find_in(pw_text_view_at(&va, i),
						     pw_text_view_at(&vb, i), from, to, last);
	}
}

static void find_left(struct pw_step *s, uint32_t n)
{
	find(s, n, false);
}

static void find_right(struct pw_step *s, uint32_t n)
{
	find(s, n, true);
}

static void slice(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		struct pw_slice t = pw_text_view_at(&view, i);
		int64_t from = pw_int_at(s->in[1], i);
		int64_t to = pw_int_at(s->in[2], i);
		clamp_range((int64_t)pw_utf8_count(t.data, t.length), &from, &to);
		t = pw_point_cut(t, from, to);
		pw_bytes_add(&s->text, t.data, t.length);
	})
}

/* The first count occurrences, all if it is negative. */
static void replace_some(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]), vb = pw_text_view_of(s->in[1]);
	const struct pw_text_view vc = pw_text_view_of(s->in[2]);
	PW_TEXT_LOOP({
		struct pw_slice t = pw_text_view_at(&va, i);
		const struct pw_slice from = pw_text_view_at(&vb, i);
		const struct pw_slice to = pw_text_view_at(&vc, i);
		int64_t left = pw_int_at(s->in[3], i);
		const char *at;
		while (left != 0 && from.length > 0 && s->text.length <= PW_STEP_TEXT_MAX &&
		       (at = memmem(t.data, t.length, from.data, from.length)) != NULL) {
			pw_bytes_add(&s->text, t.data, (size_t)(at - t.data));
			pw_bytes_add(&s->text, to.data, to.length);
			t.length -= (size_t)(at - t.data) + from.length;
			t.data = at + from.length;
			left--;
		}
		pw_bytes_add(&s->text, t.data, t.length);
	})
}

/* Each code point that is in from becomes the one at its place in to, or nothing after to's end. */
static void add_translated(struct pw_bytes *b, struct pw_slice t, struct pw_slice from,
			   struct pw_slice to)
{
	while (t.length > 0) {
		struct pw_slice c = {t.data, pw_point_length((unsigned char)*t.data)};
		const int64_t k = find_in(from, c, 0, INT64_MAX, false);
		t.data += c.length;
		t.length -= c.length;
		if (k >= 0)
			c = pw_point_cut(to, k, k + 1);
		pw_bytes_add(b, c.data, c.length);
	}
}

static void translate(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]), vb = pw_text_view_of(s->in[1]);
	const struct pw_text_view vc = pw_text_view_of(s->in[2]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&va, i);
		const struct pw_slice from = pw_text_view_at(&vb, i);
		const struct pw_slice to = pw_text_view_at(&vc, i);
		add_translated(&s->text, t, from, to);
	})
}

/* ---- distances, in code points ---- */

enum { DISTANCE_MAX = 10000 }; /* code points: the work is their product */

static uint32_t *points_of(struct pw_bytes *b, struct pw_slice t, size_t *count)
{
	uint32_t *to = (uint32_t *)(void *)pw_bytes_room(b, (t.length + 1) * sizeof *to);
	*count = 0;
	for (const char *p = t.data; p < t.data + t.length;)
		to[(*count)++] = pw_point_take(&p);
	return to;
}

/* Insertions, deletions and changes of one code point that make a of b. */
static int64_t edits(struct pw_bytes *spare, struct pw_slice a, struct pw_slice b)
{
	size_t na, nb;
	pw_bytes_clear(spare);
	pw_bytes_room(spare, (a.length + b.length + b.length + 3) * sizeof(uint32_t));
	uint32_t *x = points_of(spare, a, &na);
	spare->length += (na + 1) * sizeof *x;
	uint32_t *y = points_of(spare, b, &nb);
	spare->length += (nb + 1) * sizeof *y;
	uint32_t *row = (uint32_t *)(void *)(spare->data + spare->length);

	for (size_t k = 0; k <= nb; k++)
		row[k] = (uint32_t)k;
	for (size_t i = 0; i < na; i++) {
		uint32_t corner = row[0];
		row[0] = (uint32_t)i + 1;
		for (size_t k = 0; k < nb; k++) {
			const uint32_t change = corner + (x[i] != y[k]);
			const uint32_t step = (row[k] < row[k + 1] ? row[k] : row[k + 1]) + 1;
			corner = row[k + 1];
			row[k + 1] = change < step ? change : step;
		}
	}
	return row[nb];
}

static void levenshtein(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]), vb = pw_text_view_of(s->in[1]);
	for (uint32_t i = 0; i < n; i++) {
		const struct pw_slice a = pw_text_view_at(&va, i), b = pw_text_view_at(&vb, i);
		((int64_t *)s->values)[i] = 0;
		if (pw_step_dead(s, i))
			continue;
		if (a.length > DISTANCE_MAX || b.length > DISTANCE_MAX)
			pw_step_error(s, i);
		else
			((int64_t *)s->values)[i] = edits(&s->spare, a, b);
	}
}

#define SEARCH(name, signature, kernel, text, from, to)                                            \
	{                                                                                          \
		name, signature, .run = kernel, .reason = "the texts are too long", .help = text,  \
				 .example = from, .result = to                                     \
	}

static const struct pw_function table[] = {
	SEARCH("find", "int(str,str)", find_left, "where the second first is, from 0; -1 nowhere",
	       "find('hello', 'l')", "2"),
	SEARCH("find", "int(str,str,int)", find_left, "the same from a place on",
	       "find('hello', 'l', 3)", "3"),
	SEARCH("find", "int(str,str,int,int)", find_left, "the same from a place up to another",
	       "find('hello', 'o', 0, -1)", "-1"),
	SEARCH("rfind", "int(str,str)", find_right, "where the second last is, from 0; -1 nowhere",
	       "rfind('hello', 'l')", "3"),
	SEARCH("rfind", "int(str,str,int)", find_right, "the same from a place on",
	       "rfind('hello', 'h', 1)", "-1"),
	SEARCH("rfind", "int(str,str,int,int)", find_right, "the same from a place up to another",
	       "rfind('hello', 'l', 0, 3)", "2"),
	SEARCH("slice", "str(str,int,int)", slice,
	       "the characters from a place, from 0, up to another, negative from the end",
	       "slice('hello', 1, -1)", "ell"),
	SEARCH("replace", "str(str,str,str,int)", replace_some,
	       "so many occurrences of the second by the third; all, if negative",
	       "replace('banana', 'an', '-', 1)", "b-ana"),
	SEARCH("translate", "str(str,str,str)", translate,
	       "the characters of the second made those of the third, or left out",
	       "translate('12345', '143', 'ax')", "a2x5"),
	SEARCH("levenshtein", "int(str,str)", levenshtein,
	       "how many characters to add, drop or change to make one the other",
	       "levenshtein('kitten', 'sitting')", "3"),
};

const struct pw_functions pw_kernel_search = {table, sizeof table / sizeof *table, "searching"};
