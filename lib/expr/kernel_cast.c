#include "kernel_internal.h"

#include "../data/text.h"

#include <math.h>

/* CAST: never loses silently; what does not fit is a row error. */

static inline int64_t whole(double x, bool *wrong)
{
	const double r = rint(x); /* ties to even */
	*wrong = !(r >= -0x1p63 && r < 0x1p63);
	return *wrong ? 0 : (int64_t)r;
}

PW_KERNEL_1(int_of_bool, uint8_t, int64_t, x)
PW_KERNEL_1(bool_of_int, int64_t, uint8_t, x != 0)
PW_KERNEL_1(bool_of_float, double, uint8_t, x != 0)
PW_KERNEL_1(float_of_int, int64_t, double, (double)x)
PW_KERNEL_1(float_of_bool, uint8_t, double, x)
PW_KERNEL_1(same_word, int64_t, int64_t, x)
PW_KERNEL_1_CHECKED(int_of_float, double, int64_t, whole(x, &wrong))

#define FROM_TEXT(name, type, read)                                                                \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view a = pw_text_view_of(s->in[0]);                           \
		type *r = s->values;                                                               \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			type x = 0;                                                                \
			if (!pw_step_dead(s, i) && read(pw_text_view_at(&a, i), &x) < 0)           \
				pw_step_error(s, i);                                               \
			r[i] = x;                                                                  \
		}                                                                                  \
	}

FROM_TEXT(bool_of_text, bool, pw_text_bool)
FROM_TEXT(int_of_text, int64_t, pw_text_int)
FROM_TEXT(float_of_text_raw, double, pw_text_float)
FROM_TEXT(datetime_of_text, int64_t, pw_text_datetime)
FROM_TEXT(datetime_utc_of_text, int64_t, pw_text_datetime_utc)
FROM_TEXT(duration_of_text, int64_t, pw_text_duration)

static void float_of_text(struct pw_step *s, uint32_t n)
{
	float_of_text_raw(s, n);
	for (uint32_t i = 0; i < n; i++)
		((double *)s->values)[i] = pw_float_canonical(((double *)s->values)[i]);
}

static void uuid_of_text(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *r = (uint8_t *)s->values + (size_t)16 * i;
		memset(r, 0, 16);
		if (!pw_step_dead(s, i) && pw_text_uuid(pw_text_view_at(&a, i), r) < 0)
			pw_step_error(s, i);
	}
}

/* json and lists go through the reader of cells, a value at a time. */
static void read_list(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	for (uint32_t i = 0; i < n; i++) {
		if (!pw_step_dead(s, i) && pw_text_read(&s->list, pw_text_view_at(&a, i)) == 0)
			continue;
		if (!pw_step_dead(s, i))
			pw_step_error(s, i);
		pw_vector_null(&s->list);
	}
}

static void json_of_text(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	struct pw_vector v;

	pw_vector_init(&v, PW_TYPE(PW_JSON));
	PW_TEXT_LOOP({
		pw_vector_clear(&v);
		if (pw_text_read(&v, pw_text_view_at(&a, i)) == 0) {
			const struct pw_slice t = pw_column_text(pw_vector_view(&v), 0);
			pw_bytes_add(&s->text, t.data, t.length);
		} else {
			pw_step_error(s, i);
		}
	})
	pw_vector_release(&v);
}

static void text_of_text(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&a, i);
		pw_bytes_add(&s->text, t.data, t.length);
	})
}

static void text_of_bool(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_bytes_text(&s->text, pw_column_bool(s->in[0], i) ? "true" : "false"))
}

static void text_of_int(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_text_add_int(&s->text, pw_int_at(s->in[0], i)))
}

static void text_of_float(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_text_add_float(&s->text, pw_float_at(s->in[0], i)))
}

static void text_of_any(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_text_add(&s->text, s->in[0], i))
}

static void json_of_any(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_text_add_json(&s->text, s->in[0], i))
}

/* ---- from json: its numbers, bools and texts ---- */

/* JSON null is null; a text is read as CAST of a text would. */
static void from_json(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	struct pw_vector v;
	const size_t width = pw_type_width(s->type);

	pw_vector_init(&v, s->type);
	for (uint32_t i = 0; i < n; i++) {
		char *to = (char *)s->values + i * width;
		memset(to, 0, width);
		if (pw_step_dead(s, i))
			continue;
		struct pw_slice t = pw_text_view_at(&a, i);
		if (pw_slice_equal(t, PW_SLICE("null"))) {
			pw_step_null(s, i);
			continue;
		}
		if (t.length >= 2 && t.data[0] == '"' && memchr(t.data, '\\', t.length) == NULL)
			t = (struct pw_slice){t.data + 1, t.length - 2};
		pw_vector_clear(&v);
		if (pw_text_read(&v, t) < 0)
			pw_step_error(s, i);
		else
			memcpy(to, pw_vector_view(&v)->values, width);
	}
	pw_vector_release(&v);
}

/* Is it a time, and one that no datetime holds? */
static bool is_beyond(const struct pw_step *s, const struct pw_column *c, uint32_t row)
{
	const bool text = c->type.depth == 0 && c->type.base == PW_STR && s->type.depth == 0;
	int64_t ns;

	if (text && s->type.base == PW_DATETIME)
		return pw_text_datetime(pw_column_text(c, row), &ns) == PW_TEXT_BEYOND;
	if (text && s->type.base == PW_DATETIME_UTC)
		return pw_text_datetime_utc(pw_column_text(c, row), &ns) == PW_TEXT_BEYOND;
	return false;
}

static void why_cast(const struct pw_step *s, uint32_t row, struct pw_bytes *text)
{
	const struct pw_column *c = &s->args[0]->out;
	struct pw_bytes value = {0};

	pw_text_add(&value, c, row);
	if (value.length > 100) {
		value.length = 100;
		while (value.length > 0 && (value.data[value.length - 1] & 0xc0) == 0x80)
			value.length--;
		if (value.length > 0 && (value.data[value.length - 1] & 0x80) != 0)
			value.length--;
	}
	pw_bytes_print(text, "'%s' ", pw_bytes_string(&value));
	if (is_beyond(s, c, row))
		pw_bytes_text(text, PW_TEXT_BEYOND_REASON);
	else
		pw_bytes_print(text, "is not %s %s", pw_type_article(s->type),
			       pw_type_name(s->type));
	pw_bytes_release(&value);
}

#define CAST(signature, kernel)                                                                    \
	{                                                                                          \
		"cast", signature, .run = kernel, .why = why_cast                                  \
	}

/* The first that fits is taken: those of T stand last. */
static const struct pw_function table[] = {
	CAST("int(bool)", int_of_bool),
	CAST("float(bool)", float_of_bool),
	CAST("bool(int)", bool_of_int),
	CAST("bool(float)", bool_of_float),
	CAST("float(int)", float_of_int),
	CAST("int(float)", int_of_float),
	CAST("datetime(datetime_utc)", same_word),
	CAST("datetime_utc(datetime)", same_word),
	CAST("bool(str)", bool_of_text),
	CAST("int(str)", int_of_text),
	CAST("float(str)", float_of_text),
	CAST("datetime(str)", datetime_of_text),
	CAST("datetime_utc(str)", datetime_utc_of_text),
	CAST("duration(str)", duration_of_text),
	CAST("uuid(str)", uuid_of_text),
	CAST("json(str)", json_of_text),
	CAST("bytes(str)", text_of_text),
	CAST("list<T>(str)", read_list),
	CAST("list<T>(json)", read_list),
	CAST("bool(json)", from_json),
	CAST("int(json)", from_json),
	CAST("float(json)", from_json),
	CAST("datetime(json)", from_json),
	CAST("datetime_utc(json)", from_json),
	CAST("duration(json)", from_json),
	CAST("uuid(json)", from_json),
	CAST("str(json)", text_of_text),
	CAST("str(bool)", text_of_bool),
	CAST("str(int)", text_of_int),
	CAST("str(float)", text_of_float),
	CAST("str(T)", text_of_any),
	CAST("json(T)", json_of_any),
};

const struct pw_functions pw_kernel_cast = {table, sizeof table / sizeof *table, "conversion"};
