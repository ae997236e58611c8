#include "kernel_internal.h"

#include <stdlib.h>

/* The rows of the inner column that list i holds; none, where it is null. */
static void range(const struct pw_column *c, uint32_t i, uint32_t *from, uint32_t *to)
{
	*from = *to = 0;
	if (!pw_column_null(c, i))
		pw_column_list(c, i, from, to);
}

static void list_length(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from, to;
		range(s->in[0], i, &from, &to);
		((int64_t *)s->values)[i] = to - from;
	}
}

/* The element at k, from 1, or from the end if negative; null outside. */
static void list_element(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from, to;
		range(s->in[0], i, &from, &to);
		const int64_t k = pw_int_at(s->in[1], i), count = to - from;
		const int64_t at = k > 0 ? k - 1 : k < 0 && k >= -count ? count + k : -1;
		const bool there = !pw_step_dead(s, i) && at >= 0 && at < count &&
				   !pw_column_null(s->in[0]->inner, from + (uint32_t)at);
		pw_step_set(s, i, there ? s->in[0]->inner : NULL, from + (uint32_t)at);
	}
}

/* Where the value first is in list i, from 1; 0 nowhere. */
static int64_t search(const struct pw_column *lists, const struct pw_column *values, uint32_t i)
{
	uint32_t from, to;
	range(lists, i, &from, &to);
	for (uint32_t k = from; k < to; k++)
		if (!pw_column_null(lists->inner, k) &&
		    pw_column_compare(lists->inner, k, values, i) == 0)
			return k - from + 1;
	return 0;
}

static void list_contains(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] =
			!pw_step_dead(s, i) && search(s->in[0], s->in[1], i) > 0;
}

static void list_position(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((int64_t *)s->values)[i] = pw_step_dead(s, i) ? 0 : search(s->in[0], s->in[1], i);
}

static void list_value(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (pw_step_dead(s, i)) {
			pw_vector_null(&s->list);
			continue;
		}
		for (uint32_t k = 0; k < s->arg_count; k++)
			if (pw_column_null(s->in[k], i))
				pw_vector_null(s->list.inner);
			else
				pw_vector_copy(s->list.inner, s->in[k], i);
		pw_vector_list(&s->list);
	}
}

static void list_concat(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < s->arg_count; k++) {
			uint32_t from, to;
			range(s->in[k], i, &from, &to);
			if (!pw_step_dead(s, i))
				pw_vector_append(s->list.inner, s->in[k]->inner, from, to - from);
		}
		if (pw_step_dead(s, i))
			pw_vector_null(&s->list);
		else
			pw_vector_list(&s->list);
	}
}

/* Elements from to (from 1, both included, negative from the end). */
static void list_slice(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from, to;
		range(s->in[0], i, &from, &to);
		if (pw_step_dead(s, i)) {
			pw_vector_null(&s->list);
			continue;
		}
		const int64_t count = to - from;
		int64_t a = pw_int_at(s->in[1], i), b = pw_int_at(s->in[2], i);
		a = a < -count ? 1 : a < 0 ? count + a + 1 : a == 0 ? 1 : a;
		b = b < -count ? 0 : b < 0 ? count + b + 1 : b > count ? count : b;
		if (a <= b)
			pw_vector_append(s->list.inner, s->in[0]->inner, from + (uint32_t)a - 1,
					 (uint32_t)(b - a + 1));
		pw_vector_list(&s->list);
	}
}

/* ---- sorting: rows of the inner column ---- */

static int by_value(const void *a, const void *b, void *column)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const int order = pw_column_compare(column, x, column, y);
	return order ? order : (x > y) - (x < y);
}

/* List i's rows in the order of their values, in the step's spare memory. */
static uint32_t *sorted(struct pw_step *s, uint32_t i, uint32_t *count)
{
	uint32_t from, to;
	range(s->in[0], i, &from, &to);
	*count = to - from;
	pw_bytes_clear(&s->spare);
	uint32_t *rows = (uint32_t *)(void *)pw_bytes_room(&s->spare, (*count + 1) * sizeof *rows);
	for (uint32_t k = 0; k < *count; k++)
		rows[k] = from + k;
	qsort_r(rows, *count, sizeof *rows, by_value, (void *)(uintptr_t)s->in[0]->inner);
	return rows;
}

enum how { ASCENDING, DESCENDING, DISTINCT };

static void sort_lists(struct pw_step *s, uint32_t n, enum how how)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct pw_column *inner = s->in[0]->inner;
		uint32_t count, *rows;
		if (pw_step_dead(s, i)) {
			pw_vector_null(&s->list);
			continue;
		}
		rows = sorted(s, i, &count);
		for (uint32_t k = 0; k < count; k++) {
			const uint32_t row = rows[how == DESCENDING ? count - 1 - k : k];
			const bool null = pw_column_null(inner, row);
			if (how == DISTINCT &&
			    (null ||
			     (k > 0 && pw_column_compare(inner, row, inner, rows[k - 1]) == 0)))
				continue;
			if (null)
				pw_vector_null(s->list.inner);
			else
				pw_vector_copy(s->list.inner, inner, row);
		}
		pw_vector_list(&s->list);
	}
}

static void list_sort(struct pw_step *s, uint32_t n)
{
	sort_lists(s, n, ASCENDING);
}

static void list_reverse_sort(struct pw_step *s, uint32_t n)
{
	sort_lists(s, n, DESCENDING);
}

static void list_distinct(struct pw_step *s, uint32_t n)
{
	sort_lists(s, n, DISTINCT);
}

static void list_reverse(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from, to;
		range(s->in[0], i, &from, &to);
		if (pw_step_dead(s, i)) {
			pw_vector_null(&s->list);
			continue;
		}
		while (to-- > from)
			if (pw_column_null(s->in[0]->inner, to))
				pw_vector_null(s->list.inner);
			else
				pw_vector_copy(s->list.inner, s->in[0]->inner, to);
		pw_vector_list(&s->list);
	}
}

/* ---- texts ---- */

static void array_to_string(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view separators = pw_text_view_of(s->in[1]);
	PW_TEXT_LOOP({
		const struct pw_slice separator = pw_text_view_at(&separators, i);
		uint32_t from;
		uint32_t to;
		bool first = true;
		range(s->in[0], i, &from, &to);
		for (; from < to && s->text.length <= PW_STEP_TEXT_MAX; from++) {
			if (pw_column_null(s->in[0]->inner, from))
				continue;
			const struct pw_slice t = pw_column_text(s->in[0]->inner, from);
			if (!first)
				pw_bytes_add(&s->text, separator.data, separator.length);
			pw_bytes_add(&s->text, t.data, t.length);
			first = false;
		}
	})
}

/* Without a separator, code points. */
static void string_split(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	for (uint32_t i = 0; i < n; i++) {
		if (pw_step_dead(s, i)) {
			pw_vector_null(&s->list);
			continue;
		}
		struct pw_slice t = pw_text_view_at(&a, i);
		const struct pw_slice by = pw_text_view_at(&b, i);
		for (;;) {
			const char *at =
				by.length ? memmem(t.data, t.length, by.data, by.length) : NULL;
			size_t length = at ? (size_t)(at - t.data) : t.length;
			if (by.length == 0 && t.length > 0)
				for (length = 1;
				     length < t.length && (t.data[length] & 0xc0) == 0x80;)
					length++;
			pw_vector_text(s->list.inner, t.data, length);
			if (length + by.length > t.length || (by.length == 0 && length == t.length))
				break;
			if (at == NULL && by.length > 0)
				break;
			t = (struct pw_slice){t.data + length + by.length,
					      t.length - length - by.length};
		}
		pw_vector_list(&s->list);
	}
}

#define LIST(name, signature, kernel, text, from, to)                                              \
	{                                                                                          \
		name, signature, .run = kernel, .help = text, .example = from, .result = to        \
	}

static const struct pw_function table[] = {
	{"list_value", "list<T>(T...)", PW_NULLS_OWN, list_value,
	 .help = "a list of the values, as [x, y]", .example = "list_value(1, 2)",
	 .result = "[1,2]"},
	LIST("[]", "T(list<T>,int)", list_element, NULL, NULL, NULL),
	LIST("list_extract", "T(list<T>,int)", list_element,
	     "the element there, from 1, or from the end if negative; as xs[i]",
	     "list_extract([4, 5], -1)", "5"),
	LIST("len", "int(list<T>)", list_length, "how many elements", "len([1, 2, 3])", "3"),
	LIST("length", "int(list<T>)", list_length, "how many elements", "length([1, 2])", "2"),
	LIST("list_contains", "bool(list<T>,T)", list_contains, "is the value in the list?",
	     "list_contains([1, 2], 2)", "true"),
	LIST("list_position", "int(list<T>,T)", list_position,
	     "where the value first is, from 1; 0 nowhere", "list_position([7, 8], 8)", "2"),
	LIST("list_concat", "list<T>(list<T>,list<T>...)", list_concat, "lists one after the other",
	     "list_concat([1], [2, 3])", "[1,2,3]"),
	LIST("||", "list<T>(list<T>,list<T>)", list_concat, NULL, NULL, NULL),
	LIST("list_slice", "list<T>(list<T>,int,int)", list_slice,
	     "the elements from there to there, both included", "list_slice([1, 2, 3, 4], 2, 3)",
	     "[2,3]"),
	LIST("list_sort", "list<T>(list<T>)", list_sort, "sorted, nulls last",
	     "list_sort([3, 1, 2])", "[1,2,3]"),
	LIST("list_reverse_sort", "list<T>(list<T>)", list_reverse_sort, "sorted the other way",
	     "list_reverse_sort([3, 1, 2])", "[3,2,1]"),
	LIST("list_distinct", "list<T>(list<T>)", list_distinct,
	     "the different values, sorted, without nulls", "list_distinct([2, 1, 2])", "[1,2]"),
	LIST("list_reverse", "list<T>(list<T>)", list_reverse, "back to front",
	     "list_reverse([1, 2])", "[2,1]"),
	{"array_to_string", "str(list<str>,str)", 0, array_to_string,
	 .reason = "the text would be too long",
	 .help = "the texts with a separator between them, nulls left out",
	 .example = "array_to_string(['a', 'b'], '-')", .result = "a-b"},
	LIST("string_split", "list<str>(str,str)", string_split,
	     "the parts between separators; without one, the characters",
	     "string_split('a-b', '-')", "[\"a\",\"b\"]"),
};

const struct pw_functions pw_kernel_list = {table, sizeof table / sizeof *table, "lists"};
