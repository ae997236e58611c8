#include "kernel_internal.h"

/* Functions that fold a whole list; nulls among the elements are skipped, as aggregates do. */

static void range(const struct pw_step *s, uint32_t i, uint32_t *from, uint32_t *to)
{
	*from = *to = 0;
	if (!pw_step_dead(s, i))
		pw_column_list(s->in[0], i, from, to);
}

static void sum_int(struct pw_step *s, uint32_t n)
{
	const struct pw_column *inner = s->in[0]->inner;
	for (uint32_t i = 0; i < n; i++) {
		__int128 sum = 0;
		bool any = false;
		uint32_t from, to;
		range(s, i, &from, &to);
		for (; from < to; from++) {
			if (pw_column_null(inner, from))
				continue;
			sum += pw_column_int(inner, from);
			any = true;
		}
		((int64_t *)s->values)[i] = (int64_t)sum;
		if (pw_step_dead(s, i))
			continue;
		if (!any)
			pw_step_null(s, i);
		else if (sum != (int64_t)sum)
			pw_step_error(s, i);
	}
}

/* The sum of the floats in the order of the list, and how many they are. */
static double add_up(const struct pw_step *s, uint32_t i, uint32_t *count)
{
	const struct pw_column *inner = s->in[0]->inner;
	double sum = 0;
	uint32_t from, to;

	*count = 0;
	range(s, i, &from, &to);
	for (; from < to; from++) {
		if (pw_column_null(inner, from))
			continue;
		sum += pw_column_float(inner, from);
		++*count;
	}
	return sum;
}

static void fold_float(struct pw_step *s, uint32_t n, bool average)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t count;
		const double sum = add_up(s, i, &count);
		((double *)s->values)[i] = pw_float_canonical(average && count ? sum / count : sum);
		if (count == 0 && !pw_step_dead(s, i))
			pw_step_null(s, i);
	}
}

static void sum_float(struct pw_step *s, uint32_t n)
{
	fold_float(s, n, false);
}

static void avg_float(struct pw_step *s, uint32_t n)
{
	fold_float(s, n, true);
}

static void avg_int(struct pw_step *s, uint32_t n)
{
	const struct pw_column *inner = s->in[0]->inner;
	for (uint32_t i = 0; i < n; i++) {
		__int128 sum = 0;
		uint32_t count = 0;
		uint32_t from, to;
		range(s, i, &from, &to);
		for (; from < to; from++) {
			if (pw_column_null(inner, from))
				continue;
			sum += pw_column_int(inner, from);
			count++;
		}
		((double *)s->values)[i] = count ? (double)((long double)sum / count) : 0;
		if (count == 0 && !pw_step_dead(s, i))
			pw_step_null(s, i);
	}
}

static void count(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int64_t found = 0;
		uint32_t from, to;
		range(s, i, &from, &to);
		for (; from < to; from++)
			found += !pw_column_null(s->in[0]->inner, from);
		((int64_t *)s->values)[i] = found;
	}
}

static void extreme(struct pw_step *s, uint32_t n, int wanted)
{
	const struct pw_column *inner = s->in[0]->inner;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from, to, best = UINT32_MAX;
		range(s, i, &from, &to);
		for (; from < to; from++)
			if (!pw_column_null(inner, from) &&
			    (best == UINT32_MAX ||
			     pw_column_compare(inner, from, inner, best) * wanted > 0))
				best = from;
		pw_step_set(s, i, best != UINT32_MAX ? inner : NULL, best);
	}
}

static void list_min(struct pw_step *s, uint32_t n)
{
	extreme(s, n, -1);
}

static void list_max(struct pw_step *s, uint32_t n)
{
	extreme(s, n, 1);
}

/* ---- two lists ---- */

/* Is one of b's elements (not null) among a's? all: are all of them? */
static bool shares(const struct pw_column *a, const struct pw_column *b, uint32_t i, bool all)
{
	uint32_t from, to, b_from, b_to;
	pw_column_list(a, i, &from, &to);
	pw_column_list(b, i, &b_from, &b_to);
	for (; b_from < b_to; b_from++) {
		bool found = false;
		if (pw_column_null(b->inner, b_from))
			continue;
		for (uint32_t k = from; k < to && !found; k++)
			found = !pw_column_null(a->inner, k) &&
				pw_column_compare(a->inner, k, b->inner, b_from) == 0;
		if (found != all)
			return found;
	}
	return all;
}

static void has_any(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] =
			!pw_step_dead(s, i) && shares(s->in[0], s->in[1], i, false);
}

static void has_all(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] =
			!pw_step_dead(s, i) && shares(s->in[0], s->in[1], i, true);
}

/* ---- one element more ---- */

static void extend(struct pw_step *s, uint32_t n, uint32_t list, uint32_t value)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t from = 0, to = 0;
		if (!pw_column_null(s->in[list], i))
			pw_column_list(s->in[list], i, &from, &to);
		for (int turn = 0; turn < 2; turn++) {
			if ((turn == 0) == (list == 0))
				pw_vector_append(s->list.inner, s->in[list]->inner, from,
						 to - from);
			else if (pw_column_null(s->in[value], i))
				pw_vector_null(s->list.inner);
			else
				pw_vector_copy(s->list.inner, s->in[value], i);
		}
		pw_vector_list(&s->list);
	}
}

static void list_append(struct pw_step *s, uint32_t n)
{
	extend(s, n, 0, 1);
}

static void list_prepend(struct pw_step *s, uint32_t n)
{
	extend(s, n, 1, 0);
}

#define OVERFLOW "overflow: the result does not fit in 64 bits"
#define FOLD(name, signature, kernel, text, from, to)                                              \
	{                                                                                          \
		name, signature, .run = kernel, .reason = OVERFLOW, .help = text, .example = from, \
				 .result = to                                                      \
	}

static const struct pw_function table[] = {
	FOLD("list_sum", "int(list<int>)", sum_int, "the sum of the elements; null of none",
	     "list_sum([1, NULL, 4])", "5"),
	FOLD("list_sum", "float(list<float>)", sum_float, "the sum of the elements, in their order",
	     "list_sum([1.5, 2.0])", "3.5"),
	FOLD("list_avg", "float(list<int>)", avg_int, "the average of the elements",
	     "list_avg([1, 2])", "1.5"),
	FOLD("list_avg", "float(list<float>)", avg_float, "the average of the elements",
	     "list_avg([1.0, 2.0])", "1.5"),
	FOLD("list_min", "T(list<T>)", list_min, "the least element", "list_min([2, 1, 3])", "1"),
	FOLD("list_max", "T(list<T>)", list_max, "the greatest element", "list_max(['a', 'b'])",
	     "b"),
	FOLD("list_count", "int(list<T>)", count, "how many elements are not null",
	     "list_count([1, NULL])", "1"),
	FOLD("list_has_any", "bool(list<T>,list<T>)", has_any,
	     "is an element of the second in the first?", "list_has_any([1, 2], [2, 3])", "true"),
	FOLD("list_has_all", "bool(list<T>,list<T>)", has_all,
	     "are all elements of the second in the first?", "list_has_all([1, 2], [2, 3])",
	     "false"),
	{"list_append", "list<T>(list<T>,T)", PW_NULLS_OWN, list_append,
	 .help = "with one more element at the end", .example = "list_append([1], 2)",
	 .result = "[1,2]"},
	{"list_prepend", "list<T>(T,list<T>)", PW_NULLS_OWN, list_prepend,
	 .help = "with one more element at the start", .example = "list_prepend(1, [2])",
	 .result = "[1,2]"},
};

const struct pw_functions pw_kernel_list_fold = {table, sizeof table / sizeof *table,
						 "lists as a whole"};
