#include "kernel_internal.h"

#include "../base/utf8.h"
#include "point_internal.h"

/* Texts are valid UTF-8, measured and cut in code points. */

enum { VALUE_MAX = 16 << 20 }; /* bytes that repeat, lpad and rpad may make */

#define TOO_LONG "the text would be too long"

/* ---- code points ---- */

static int64_t points(struct pw_slice s)
{
	return (int64_t)pw_utf8_count(s.data, s.length);
}

static void add_slice(struct pw_step *s, struct pw_slice t)
{
	pw_bytes_add(&s->text, t.data, t.length);
}

static const char *find(struct pw_slice t, struct pw_slice what)
{
	return what.length == 0 ? t.data : memmem(t.data, t.length, what.data, what.length);
}

/* ---- kernels: what row i's texts a, b, c make ---- */

#define TEXT_1(name, body)                                                                         \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view va = pw_text_view_of(s->in[0]);                          \
		PW_TEXT_LOOP({                                                                     \
			const struct pw_slice a = pw_text_view_at(&va, i);                         \
			body;                                                                      \
		})                                                                                 \
	}

#define TEXT_2(name, body)                                                                         \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view va = pw_text_view_of(s->in[0]);                          \
		const struct pw_text_view vb = pw_text_view_of(s->in[1]);                          \
		PW_TEXT_LOOP({                                                                     \
			const struct pw_slice a = pw_text_view_at(&va, i);                         \
			const struct pw_slice b = pw_text_view_at(&vb, i);                         \
			body;                                                                      \
		})                                                                                 \
	}

/* Fixed results of texts: r is row i's. */
#define MEASURE_1(name, type, value)                                                               \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view va = pw_text_view_of(s->in[0]);                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct pw_slice a = pw_text_view_at(&va, i);                         \
			((type *)s->values)[i] = (value);                                          \
		}                                                                                  \
	}

#define MEASURE_2(name, type, value)                                                               \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view va = pw_text_view_of(s->in[0]);                          \
		const struct pw_text_view vb = pw_text_view_of(s->in[1]);                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct pw_slice a = pw_text_view_at(&va, i);                         \
			const struct pw_slice b = pw_text_view_at(&vb, i);                         \
			((type *)s->values)[i] = (value);                                          \
		}                                                                                  \
	}

static int64_t position(struct pw_slice a, struct pw_slice b)
{
	const char *at = find(a, b);
	return at ? points((struct pw_slice){a.data, (size_t)(at - a.data)}) + 1 : 0;
}

static int64_t occurrences(struct pw_slice a, struct pw_slice b)
{
	int64_t count = 0;
	const char *at;
	while (b.length > 0 && (at = find(a, b)) != NULL) {
		const size_t skip = (size_t)(at - a.data) + b.length;
		a = (struct pw_slice){a.data + skip, a.length - skip};
		count++;
	}
	return count;
}

static int64_t first_point(struct pw_slice a)
{
	const char *at = a.data;
	return a.length ? (int64_t)pw_point_take(&at) : 0;
}

MEASURE_1(length, int64_t, points(a))
MEASURE_1(byte_length, int64_t, (int64_t)a.length)
MEASURE_1(unicode, int64_t, first_point(a))
MEASURE_2(starts_with, uint8_t, a.length >= b.length && !memcmp(a.data, b.data, b.length))
MEASURE_2(ends_with, uint8_t,
	  a.length >= b.length && !memcmp(a.data + a.length - b.length, b.data, b.length))
MEASURE_2(contains, uint8_t, find(a, b) != NULL)
MEASURE_2(strpos, int64_t, position(a, b))
MEASURE_2(count_of, int64_t, occurrences(a, b))

TEXT_2(join, add_slice(s, a); add_slice(s, b))

/* ---- trimming ---- */

static bool is_blank(struct pw_slice set, const char *p, size_t n)
{
	if (set.data == NULL)
		return n == 1 && (*p == ' ' || (*p >= '\t' && *p <= '\r'));
	for (size_t at = 0; at < set.length;) {
		const size_t k = pw_point_length((unsigned char)set.data[at]);
		if (k == n && memcmp(set.data + at, p, n) == 0)
			return true;
		at += k;
	}
	return false;
}

/* t without the code points of set (NULL: white space) at its ends. */
static struct pw_slice trimmed(struct pw_slice t, struct pw_slice set, bool left, bool right)
{
	while (left && t.length > 0) {
		const size_t n = pw_point_length((unsigned char)t.data[0]);
		if (!is_blank(set, t.data, n))
			break;
		t.data += n;
		t.length -= n;
	}
	while (right && t.length > 0) {
		size_t n = 1;
		while (n < t.length && (t.data[t.length - n] & 0xc0) == 0x80)
			n++;
		if (!is_blank(set, t.data + t.length - n, n))
			break;
		t.length -= n;
	}
	return t;
}

#define WHITE ((struct pw_slice){NULL, 0})
TEXT_1(trim, add_slice(s, trimmed(a, WHITE, true, true)))
TEXT_1(ltrim, add_slice(s, trimmed(a, WHITE, true, false)))
TEXT_1(rtrim, add_slice(s, trimmed(a, WHITE, false, true)))
TEXT_2(trim_set, add_slice(s, trimmed(a, b, true, true)))
TEXT_2(ltrim_set, add_slice(s, trimmed(a, b, true, false)))
TEXT_2(rtrim_set, add_slice(s, trimmed(a, b, false, true)))

static struct pw_slice without(struct pw_slice a, struct pw_slice b, bool at_end)
{
	if (a.length < b.length ||
	    memcmp(a.data + (at_end ? a.length - b.length : 0), b.data, b.length))
		return a;
	return (struct pw_slice){a.data + (at_end ? 0 : b.length), a.length - b.length};
}

TEXT_2(removeprefix, add_slice(s, without(a, b, false)))
TEXT_2(removesuffix, add_slice(s, without(a, b, true)))

/* ---- cutting ---- */

static void add_reversed(struct pw_step *s, struct pw_slice a)
{
	while (a.length > 0) {
		size_t n = 1;
		while (n < a.length && (a.data[a.length - n] & 0xc0) == 0x80)
			n++;
		a.length -= n;
		pw_bytes_add(&s->text, a.data + a.length, n);
	}
}

TEXT_1(reverse, add_reversed(s, a))

/*
 * substring(t, start, length): start counts from 1, or from the end if it is
 * negative; what lies outside the text is left out.
 */
static struct pw_slice substring(struct pw_slice t, int64_t start, int64_t count)
{
	int64_t from = start - 1;
	if (start < 0)
		from = points(t) + (start < -INT32_MAX ? -INT32_MAX : start);
	else if (start == 0 || start > UINT32_MAX)
		from = start == 0 ? -1 : (int64_t)UINT32_MAX;
	if (count > UINT32_MAX)
		count = UINT32_MAX;
	return count <= 0 ? (struct pw_slice){t.data, 0} : pw_point_cut(t, from, from + count);
}

static void substr(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	const bool has_count = s->arg_count == 3;
	PW_TEXT_LOOP({
		const int64_t count = has_count ? pw_int_at(s->in[2], i) : INT64_MAX;
		add_slice(s, substring(pw_text_view_at(&va, i), pw_int_at(s->in[1], i), count));
	})
}

/* left(t, n): the first n; all but the last -n if n is negative; right is its mirror image. */
static struct pw_slice side(struct pw_slice t, int64_t count, bool left)
{
	const int64_t have = points(t);
	if (count < 0)
		count = count < -have ? 0 : have + count;
	if (count > have)
		count = have;
	return left ? pw_point_cut(t, 0, count) : pw_point_cut(t, have - count, have);
}

static void left(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP(add_slice(s, side(pw_text_view_at(&va, i), pw_int_at(s->in[1], i), true)))
}

static void right(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP(add_slice(s, side(pw_text_view_at(&va, i), pw_int_at(s->in[1], i), false)))
}

/* The k-th part between separators, from 1, or from the end if negative; empty outside. */
static struct pw_slice part(struct pw_slice t, struct pw_slice separator, int64_t k)
{
	const int64_t parts = occurrences(t, separator) + 1;
	if (k < 0)
		k = parts + k + 1;
	if (k < 1 || k > parts)
		return (struct pw_slice){t.data, 0};
	for (;;) {
		const char *at = separator.length ? find(t, separator) : NULL;
		if (k == 1)
			return at ? (struct pw_slice){t.data, (size_t)(at - t.data)} : t;
		const size_t skip = (size_t)(at - t.data) + separator.length;
		t = (struct pw_slice){t.data + skip, t.length - skip};
		k--;
	}
}

static void split_part(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	const struct pw_text_view vb = pw_text_view_of(s->in[1]);
	PW_TEXT_LOOP(add_slice(
		s, part(pw_text_view_at(&va, i), pw_text_view_at(&vb, i), pw_int_at(s->in[2], i))))
}

/* ---- putting together ---- */

static void add_replaced(struct pw_step *s, struct pw_slice t, struct pw_slice from,
			 struct pw_slice to)
{
	const char *at;
	while (from.length > 0 && (at = find(t, from)) != NULL) {
		const size_t before = (size_t)(at - t.data);
		pw_bytes_add(&s->text, t.data, before);
		add_slice(s, to);
		if (s->text.length > PW_STEP_TEXT_MAX)
			return; /* the loop makes it an error */
		t = (struct pw_slice){at + from.length, t.length - before - from.length};
	}
	add_slice(s, t);
}

static void replace(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	const struct pw_text_view vb = pw_text_view_of(s->in[1]);
	const struct pw_text_view vc = pw_text_view_of(s->in[2]);
	PW_TEXT_LOOP(add_replaced(s, pw_text_view_at(&va, i), pw_text_view_at(&vb, i),
				  pw_text_view_at(&vc, i)))
}

static void repeat(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice a = pw_text_view_at(&va, i);
		const int64_t times = a.length ? pw_int_at(s->in[1], i) : 0;
		if (times > 0 && (uint64_t)times > VALUE_MAX / a.length)
			pw_step_error(s, i);
		else
			for (int64_t k = 0; k < times; k++)
				add_slice(s, a);
	})
}

/* count code points of filler, again and again */
static void add_filler(struct pw_step *s, struct pw_slice filler, int64_t count)
{
	const int64_t have = points(filler);
	for (; have > 0 && count > 0; count -= have)
		add_slice(s, count >= have ? filler : pw_point_cut(filler, 0, count));
}

static void pad(struct pw_step *s, uint32_t n, bool at_left)
{
	const struct pw_text_view va = pw_text_view_of(s->in[0]);
	const struct pw_text_view vb = pw_text_view_of(s->in[2]);
	PW_TEXT_LOOP({
		const struct pw_slice a = pw_text_view_at(&va, i);
		const struct pw_slice filler = pw_text_view_at(&vb, i);
		const int64_t width = pw_int_at(s->in[1], i);
		const int64_t missing = width - points(a);
		if (width > VALUE_MAX / 4) {
			pw_step_error(s, i);
		} else {
			if (at_left)
				add_filler(s, filler, missing);
			add_slice(s, missing < 0 ? pw_point_cut(a, 0, width) : a);
			if (!at_left)
				add_filler(s, filler, missing);
		}
	})
}

static void lpad(struct pw_step *s, uint32_t n)
{
	pad(s, n, true);
}

static void rpad(struct pw_step *s, uint32_t n)
{
	pad(s, n, false);
}

/* concat skips nulls, || does not */
static void concat(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP({
		for (uint32_t k = 0; k < s->arg_count; k++)
			if (!pw_column_null(s->in[k], i))
				add_slice(s, pw_column_text(s->in[k], i));
	})
}

static void concat_ws(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP({
		bool first = true;
		if (pw_column_null(s->in[0], i))
			pw_step_null(s, i);
		for (uint32_t k = 1; k < s->arg_count && !pw_column_null(s->in[0], i); k++) {
			if (pw_column_null(s->in[k], i))
				continue;
			if (!first)
				add_slice(s, pw_column_text(s->in[0], i));
			add_slice(s, pw_column_text(s->in[k], i));
			first = false;
		}
	})
}

static void chr(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP({
		const int64_t c = pw_int_at(s->in[0], i);
		if (c < 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			pw_step_error(s, i);
		else
			pw_point_add(&s->text, (uint32_t)c);
	})
}

#define TEXT(name, signature, kernel, text, from, to)                                              \
	{                                                                                          \
		name, signature, .run = kernel, .reason = TOO_LONG, .help = text, .example = from, \
				 .result = to                                                      \
	}

static const struct pw_function table[] = {
	{"||", "str(str,str)", .run = join, .reason = TOO_LONG},
	{"||", "bytes(bytes,bytes)", .run = join, .reason = TOO_LONG},
	TEXT("length", "int(str)", length, "how many code points", "length('zażółć')", "6"),
	TEXT("length", "int(bytes)", byte_length, "how many bytes", "length(CAST('ab' AS bytes))",
	     "2"),
	TEXT("len", "int(str)", length, "another name of length", "len('abc')", "3"),
	TEXT("strlen", "int(str)", byte_length, "how many bytes in UTF-8", "strlen('ż')", "2"),
	TEXT("trim", "str(str)", trim, "without white space at both ends", "trim('  a b ')", "a b"),
	TEXT("trim", "str(str,str)", trim_set, "without the given characters at both ends",
	     "trim('xxaxy', 'xy')", "a"),
	TEXT("ltrim", "str(str)", ltrim, "without white space at the start", "ltrim('  a ')", "a "),
	TEXT("ltrim", "str(str,str)", ltrim_set, "without the given characters at the start",
	     "ltrim('xxax', 'x')", "ax"),
	TEXT("rtrim", "str(str)", rtrim, "without white space at the end", "rtrim(' a  ')", " a"),
	TEXT("rtrim", "str(str,str)", rtrim_set, "without the given characters at the end",
	     "rtrim('xaxx', 'x')", "xa"),
	TEXT("removeprefix", "str(str,str)", removeprefix, "without that start, if it has it",
	     "removeprefix('abc', 'ab')", "c"),
	TEXT("removesuffix", "str(str,str)", removesuffix, "without that end, if it has it",
	     "removesuffix('a.csv', '.csv')", "a"),
	TEXT("reverse", "str(str)", reverse, "back to front", "reverse('abć')", "ćba"),
	TEXT("substring", "str(str,int)", substr, "from that character on, counted from 1",
	     "substring('hello', 3)", "llo"),
	TEXT("substring", "str(str,int,int)", substr, "so many characters from that one on",
	     "substring('hello', 2, 3)", "ell"),
	TEXT("substr", "str(str,int)", substr, "another name of substring", "substr('hello', -2)",
	     "lo"),
	TEXT("substr", "str(str,int,int)", substr, "another name of substring",
	     "substr('hello', 1, 1)", "h"),
	TEXT("left", "str(str,int)", left, "the first characters (all but the last, if negative)",
	     "left('hello', 2)", "he"),
	TEXT("right", "str(str,int)", right, "the last characters (all but the first, if negative)",
	     "right('hello', 2)", "lo"),
	TEXT("split_part", "str(str,str,int)", split_part,
	     "the k-th part between separators, from the end if k is negative",
	     "split_part('a-b-c', '-', 2)", "b"),
	TEXT("replace", "str(str,str,str)", replace, "every occurrence of the second by the third",
	     "replace('banana', 'an', '-')", "b--a"),
	TEXT("repeat", "str(str,int)", repeat, "the text so many times", "repeat('ab', 3)",
	     "ababab"),
	TEXT("lpad", "str(str,int,str)", lpad,
	     "filled up at the start, or cut, to so many characters", "lpad('7', 3, '0')", "007"),
	TEXT("rpad", "str(str,int,str)", rpad,
	     "filled up at the end, or cut, to so many characters", "rpad('ab', 4, '.')", "ab.."),
	TEXT("starts_with", "bool(str,str)", starts_with, "does it start with the second?",
	     "starts_with('hello', 'he')", "true"),
	TEXT("prefix", "bool(str,str)", starts_with, "another name of starts_with",
	     "prefix('hello', 'lo')", "false"),
	TEXT("ends_with", "bool(str,str)", ends_with, "does it end with the second?",
	     "ends_with('hello', 'lo')", "true"),
	TEXT("suffix", "bool(str,str)", ends_with, "another name of ends_with",
	     "suffix('hello', 'lo')", "true"),
	TEXT("contains", "bool(str,str)", contains, "does it contain the second?",
	     "contains('hello', 'll')", "true"),
	TEXT("strpos", "int(str,str)", strpos, "where the second first occurs, from 1; 0 nowhere",
	     "strpos('hello', 'l')", "3"),
	TEXT("instr", "int(str,str)", strpos, "another name of strpos", "instr('hello', 'x')", "0"),
	TEXT("count_text", "int(str,str)", count_of, "how often the second occurs",
	     "count_text('banana', 'an')", "2"),
	{"concat", "str(str...)", PW_NULLS_OWN, concat, .reason = TOO_LONG,
	 .help = "the texts one after the other, nulls left out",
	 .example = "concat('a', NULL, 'b')", .result = "ab"},
	{"concat_ws", "str(str,str...)", PW_NULLS_OWN, concat_ws, .reason = TOO_LONG,
	 .help = "the texts with the first between them, nulls left out",
	 .example = "concat_ws('-', 'a', NULL, 'b')", .result = "a-b"},
	TEXT("unicode", "int(str)", unicode, "the code point of the first character",
	     "unicode('ż')", "380"),
	TEXT("ord", "int(str)", unicode, "another name of unicode", "ord('a')", "97"),
	{"chr", "str(int)", .run = chr, .reason = "there is no such code point",
	 .help = "the character of a code point", .example = "chr(380)", .result = "ż"},
};

const struct pw_functions pw_kernel_text = {table, sizeof table / sizeof *table, "text"};
