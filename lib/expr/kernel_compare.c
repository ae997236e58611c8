#include "kernel_internal.h"

/*
 * Comparisons in the language's total order: false < true, NaN equal to
 * itself and above all numbers, texts by bytes. The row's nulls are decided
 * by the caller.
 */

#define SAME_FLOAT(x, y) (((x) == (y)) | (((x) != (x)) & ((y) != (y))))
#define LESS_FLOAT(x, y) (((x) < (y)) | (((y) != (y)) & ((x) == (x))))

PW_KERNEL_2(equal_word, int64_t, uint8_t, x == y)
PW_KERNEL_2(differ_word, int64_t, uint8_t, x != y)
PW_KERNEL_2(less_word, int64_t, uint8_t, x < y)
PW_KERNEL_2(at_most_word, int64_t, uint8_t, x <= y)
PW_KERNEL_2(equal_float, double, uint8_t, SAME_FLOAT(x, y))
PW_KERNEL_2(differ_float, double, uint8_t, !SAME_FLOAT(x, y))
PW_KERNEL_2(less_float, double, uint8_t, LESS_FLOAT(x, y))
PW_KERNEL_2(at_most_float, double, uint8_t, !LESS_FLOAT(y, x))
PW_KERNEL_2(equal_byte, uint8_t, uint8_t, x == y)
PW_KERNEL_2(differ_byte, uint8_t, uint8_t, x != y)
PW_KERNEL_2(less_byte, uint8_t, uint8_t, x < y)
PW_KERNEL_2(at_most_byte, uint8_t, uint8_t, x <= y)

#define TEXT_KERNEL(name, value)                                                                   \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view a = pw_text_view_of(s->in[0]);                           \
		const struct pw_text_view b = pw_text_view_of(s->in[1]);                           \
		uint8_t *r = s->values;                                                            \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const struct pw_slice x = pw_text_view_at(&a, i);                          \
			const struct pw_slice y = pw_text_view_at(&b, i);                          \
			r[i] = (value);                                                            \
		}                                                                                  \
	}

TEXT_KERNEL(equal_text, pw_slice_equal(x, y))
TEXT_KERNEL(differ_text, !pw_slice_equal(x, y))
TEXT_KERNEL(less_text, pw_slice_compare(x, y) < 0)
TEXT_KERNEL(at_most_text, pw_slice_compare(x, y) <= 0)

/* uuids and lists: neither is compared in hot loops */
#define ANY_KERNEL(name, op)                                                                       \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++)                                                   \
			((uint8_t *)s->values)[i] =                                                \
				pw_column_compare(s->in[0], i, s->in[1], i) op 0;                  \
	}

ANY_KERNEL(equal_any, ==)
ANY_KERNEL(differ_any, !=)
ANY_KERNEL(less_any, <)
ANY_KERNEL(at_most_any, <=)

/* One branch on the type per batch. */
#define COMPARISON(name)                                                                           \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_type type = s->in[0]->type;                                        \
		const enum pw_form form = pw_type_form(type);                                      \
		if (form == PW_FORM_BYTE)                                                          \
			name##_byte(s, n);                                                         \
		else if (form == PW_FORM_TEXT)                                                     \
			name##_text(s, n);                                                         \
		else if (form != PW_FORM_WORD)                                                     \
			name##_any(s, n);                                                          \
		else if (type.base == PW_FLOAT)                                                    \
			name##_float(s, n);                                                        \
		else                                                                               \
			name##_word(s, n);                                                         \
	}

COMPARISON(equal)
COMPARISON(differ)
COMPARISON(less)
COMPARISON(at_most)

/* x > y is y < x */
static void turned(struct pw_step *s, uint32_t n, void (*run)(struct pw_step *, uint32_t))
{
	const struct pw_column *x = s->in[0];
	s->in[0] = s->in[1];
	s->in[1] = x;
	run(s, n);
	s->in[1] = s->in[0];
	s->in[0] = x;
}

static void greater(struct pw_step *s, uint32_t n)
{
	turned(s, n, less);
}

static void at_least(struct pw_step *s, uint32_t n)
{
	turned(s, n, at_most);
}

void pw_kernel_equal(const struct pw_column *a, const struct pw_column *b, uint8_t *equal_bytes,
		     uint32_t n)
{
	const struct pw_column *in[2] = {a, b};
	struct pw_step s = {.in = in, .values = equal_bytes};
	equal(&s, n);
	if (pw_is_constant(a) && pw_is_constant(b)) /* kernels compute one row of constants */
		memset(equal_bytes, equal_bytes[0], n);
}

/* ---- an int with a float: exactly, not by making the int a float ---- */

static inline int order_mixed(int64_t x, double y)
{
	if (y != y || y >= 0x1p63)
		return -1;
	if (y < -0x1p63)
		return 1;
	const int64_t whole = (int64_t)y;
	const double rest = y - (double)whole;
	return x != whole ? (x > whole) - (x < whole) : (rest < 0) - (rest > 0);
}

#define MIXED_KERNEL(name, op)                                                                     \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		uint8_t *r = s->values;                                                            \
		if (s->in[0]->type.base == PW_INT)                                                 \
			for (uint32_t i = 0; i < n; i++)                                           \
				r[i] = order_mixed(pw_int_at(s->in[0], i),                         \
						   pw_float_at(s->in[1], i)) op 0;                 \
		else                                                                               \
			for (uint32_t i = 0; i < n; i++)                                           \
				r[i] = 0 op order_mixed(pw_int_at(s->in[1], i),                    \
							pw_float_at(s->in[0], i));                 \
	}

MIXED_KERNEL(equal_mixed, ==)
MIXED_KERNEL(differ_mixed, !=)
MIXED_KERNEL(less_mixed, <)
MIXED_KERNEL(at_most_mixed, <=)
MIXED_KERNEL(greater_mixed, >)
MIXED_KERNEL(at_least_mixed, >=)

#define MIXED(sign, kernel)                                                                        \
	{sign, "bool(int,float)", .run = kernel},                                                  \
	{                                                                                          \
		sign, "bool(float,int)", .run = kernel                                             \
	}

/* ---- nulls, truth ---- */

static void not_bool(struct pw_step *s, uint32_t n)
{
	const uint8_t *a = s->in[0]->values;
	uint8_t *r = s->values;
	for (uint32_t i = 0; i < n; i++)
		r[i] = !a[i];
}

static void is_null(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] = pw_column_null(s->in[0], i);
}

static void is_true(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] =
			!pw_column_null(s->in[0], i) && pw_column_bool(s->in[0], i);
}

static void is_false(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] =
			!pw_column_null(s->in[0], i) && !pw_column_bool(s->in[0], i);
}

static void is_distinct(struct pw_step *s, uint32_t n)
{
	const struct pw_column *a = s->in[0], *b = s->in[1];
	uint8_t *r = s->values;

	differ(s, n);
	if (a->valid == NULL && b->valid == NULL)
		return;
	for (uint32_t i = 0; i < n; i++) {
		const bool x = pw_column_null(a, i), y = pw_column_null(b, i);
		if (x || y)
			r[i] = x != y;
	}
}

/* ---- greatest, least: of those that are not null ---- */

static void extreme(struct pw_step *s, uint32_t n, int wanted)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct pw_column *best = NULL;
		for (uint32_t k = 0; k < s->arg_count && !pw_step_dead(s, i); k++) {
			const struct pw_column *c = s->in[k];
			if (!pw_column_null(c, i) &&
			    (best == NULL || pw_column_compare(c, i, best, i) * wanted > 0))
				best = c;
		}
		pw_step_set(s, i, best, i);
	}
}

static void greatest(struct pw_step *s, uint32_t n)
{
	extreme(s, n, 1);
}

static void least(struct pw_step *s, uint32_t n)
{
	extreme(s, n, -1);
}

/* ---- null or not, said aloud ---- */

static void restrict_to(struct pw_step *s, uint32_t n,
			bool (*takes)(const struct pw_step *s, uint32_t i),
			void (*refuse)(struct pw_step *s, uint32_t i))
{
	const enum pw_form form = pw_type_form(s->type);
	for (uint32_t i = 0; i < n; i++) {
		const bool taken = takes(s, i);
		if (!pw_step_dead(s, i) && !taken && refuse != NULL)
			refuse(s, i);
		if (taken)
			pw_step_store(s, i, s->in[0], i);
		else if (form == PW_FORM_LIST)
			pw_vector_null(&s->list);
		else if (refuse != pw_step_error)
			pw_step_null(s, i);
		if (!taken && form < PW_FORM_TEXT)
			pw_step_zero(s, i);
		if (form == PW_FORM_TEXT && s->text.length > PW_STEP_TEXT_MAX)
			pw_step_error(s, i);
		if (form == PW_FORM_TEXT)
			pw_step_text_end(s, i);
	}
}

static bool is_there(const struct pw_step *s, uint32_t i)
{
	return !pw_step_dead(s, i) && !pw_column_null(s->in[0], i);
}

static bool all_there(const struct pw_step *s, uint32_t i)
{
	bool there = !pw_step_dead(s, i);
	for (uint32_t k = 0; k < s->arg_count; k++)
		there &= !pw_column_null(s->in[k], i);
	return there;
}

static void unwrap(struct pw_step *s, uint32_t n)
{
	restrict_to(s, n, is_there, pw_step_error);
}

static void require(struct pw_step *s, uint32_t n)
{
	restrict_to(s, n, all_there, NULL);
}

static const struct pw_function table[] = {
	{"=", "bool(T,T)", .run = equal},
	{"!=", "bool(T,T)", .run = differ},
	{"<", "bool(T,T)", .run = less},
	{"<=", "bool(T,T)", .run = at_most},
	{">", "bool(T,T)", .run = greater},
	{">=", "bool(T,T)", .run = at_least},
	MIXED("=", equal_mixed),
	MIXED("!=", differ_mixed),
	MIXED("<", less_mixed),
	MIXED("<=", at_most_mixed),
	MIXED(">", greater_mixed),
	MIXED(">=", at_least_mixed),
	{"not", "bool(bool)", .run = not_bool},
	{"is null", "bool(T)", PW_NULLS_OWN, .run = is_null},
	{"is true", "bool(bool)", PW_NULLS_OWN, .run = is_true},
	{"is false", "bool(bool)", PW_NULLS_OWN, .run = is_false},
	{"is distinct from", "bool(T,T)", PW_NULLS_OWN, .run = is_distinct},
	{"greatest", "T(T...)", PW_NULLS_OWN, greatest,
	 .help = "the greatest of the values that are not null", .example = "greatest(3, NULL, 7)",
	 .result = "7"},
	{"least", "T(T...)", PW_NULLS_OWN, least,
	 .help = "the least of the values that are not null", .example = "least(3, NULL, 7)",
	 .result = "3"},
	{"unwrap", "T(T)", PW_NULLS_OWN, unwrap, .reason = "the value is null",
	 .help = "the value; a row error where it is null", .example = "unwrap(3)", .result = "3"},
	{"require", "T(T,E...)", PW_NULLS_OWN, require,
	 .help = "the first, but null where one of the others is", .example = "require(3, NULL)",
	 .result = NULL},
	/* what the binder makes something else of */
	{"nullif", "T(T,T)", .help = "the first, but null when it equals the second",
	 .example = "nullif(lower('A'), 'a')", .result = NULL},
	{"coalesce", "T(T...)", .help = "the first that is not null",
	 .example = "coalesce(NULL, 3, 4)", .result = "3"},
	{"ifnull", "T(T,T)", .help = "the first, or the second if that is null",
	 .example = "ifnull(NULL, 4)", .result = "4"},
	{"try", "T(T,T)", .help = "the first, or the second where the first has a row error",
	 .example = "try(1 // 0, -1)", .result = "-1"},
	{"if", "T(bool,T,T)", .help = "the second where the first is true, else the third",
	 .example = "if(TRUE, 1, 2)", .result = "1"},
	{"if_else", "T(bool,T,T)", .help = "another name of if", .example = "if_else(FALSE, 1, 2)",
	 .result = "2"},
	{"typeof", "str(T)", .help = "the name of the type", .example = "typeof(1.5)",
	 .result = "float"},
};

const struct pw_functions pw_kernel_compare = {table, sizeof table / sizeof *table, "choosing"};
