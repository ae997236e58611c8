/*
 * kernel - bodies that kernels are instances of
 *
 * A kernel over fixed forms is an expression in x (and y), made a loop per
 * combination of plain and constant columns, so that the compiler sees plain
 * arrays and vectorises. A value that cannot be an error is computed for all rows,
 * nulls too; errors are accumulated in `bad`, and only if there are any does
 * a second pass say in which rows.
 */
#ifndef PW_EXPR_KERNEL_INTERNAL_H
#define PW_EXPR_KERNEL_INTERNAL_H

#include "function.h"

#if defined(__GNUC__) && !defined(__clang__)
#define PW_VECTORISE __attribute__((optimize("O3")))
#else
#define PW_VECTORISE
#endif

#define PW_KERNEL_1(name, in_type, out_type, value)                                                \
	PW_VECTORISE static void name(struct pw_step *s, uint32_t n)                               \
	{                                                                                          \
		const in_type *restrict a = s->in[0]->values;                                      \
		out_type *restrict r = s->values;                                                  \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			const in_type x = a[i];                                                    \
			r[i] = (out_type)(value);                                                  \
		}                                                                                  \
	}

/* A single argument is never constant beside a plain result: n is 1 then. */

#define PW_LOOP_2(out_type, left, right, value)                                                    \
	for (uint32_t i = 0; i < n; i++) {                                                         \
		left;                                                                              \
		right;                                                                             \
		r[i] = (out_type)(value);                                                          \
	}

#define PW_KERNEL_2(name, in_type, out_type, value)                                                \
	PW_VECTORISE static void name(struct pw_step *s, uint32_t n)                               \
	{                                                                                          \
		const in_type *restrict a = s->in[0]->values, *restrict b = s->in[1]->values;      \
		out_type *restrict r = s->values;                                                  \
		if (pw_is_constant(s->in[0])) {                                                    \
			const in_type x = a[0];                                                    \
			if (pw_is_constant(s->in[1]) && n > 0) {                                   \
				const in_type y = b[0];                                            \
				r[0] = (out_type)(value);                                          \
				return;                                                            \
			}                                                                          \
			PW_LOOP_2(out_type, , const in_type y = b[i], value)                       \
		} else if (pw_is_constant(s->in[1])) {                                             \
			const in_type y = b[0];                                                    \
			PW_LOOP_2(out_type, const in_type x = a[i], , value)                       \
		} else {                                                                           \
			PW_LOOP_2(out_type, const in_type x = a[i], const in_type y = b[i], value) \
		}                                                                                  \
	}

/*
 * PW_LOOP_2 and PW_KERNEL_2 with errors: `value` may use and set `wrong` (an int that is not
 * 0 when the row fails).
 */
#define PW_LOOP_CHECKED(out_type, left, right, value)                                              \
	for (uint32_t i = 0; i < n; i++) {                                                         \
		left;                                                                              \
		right;                                                                             \
		bool wrong;                                                                        \
		const out_type z = (value);                                                        \
		r[i] = z;                                                                          \
		bad |= wrong;                                                                      \
	}

#define PW_KERNEL_2_CHECKED(name, in_type, out_type, value)                                        \
	PW_VECTORISE static void name(struct pw_step *s, uint32_t n)                               \
	{                                                                                          \
		const in_type *restrict a = s->in[0]->values, *restrict b = s->in[1]->values;      \
		const size_t da = pw_stride(s->in[0]), db = pw_stride(s->in[1]);                   \
		out_type *restrict r = s->values;                                                  \
		bool bad = false;                                                                  \
		if (da == 0 && db != 0) {                                                          \
			const in_type x = a[0];                                                    \
			PW_LOOP_CHECKED(out_type, , const in_type y = b[i], value)                 \
		} else if (da != 0 && db == 0) {                                                   \
			const in_type y = b[0];                                                    \
			PW_LOOP_CHECKED(out_type, const in_type x = a[i], , value)                 \
		} else {                                                                           \
			PW_LOOP_CHECKED(out_type, const in_type x = a[i], const in_type y = b[i],  \
					value)                                                     \
		}                                                                                  \
		for (uint32_t i = 0; i < n && bad; i++) {                                          \
			const in_type x = a[i * da], y = b[i * db];                                \
			bool wrong;                                                                \
			(void)(value);                                                             \
			if (wrong && !pw_step_dead(s, i))                                          \
				pw_step_error(s, i);                                               \
		}                                                                                  \
	}

#define PW_KERNEL_1_CHECKED(name, in_type, out_type, value)                                        \
	PW_VECTORISE static void name(struct pw_step *s, uint32_t n)                               \
	{                                                                                          \
		const in_type *restrict a = s->in[0]->values;                                      \
		out_type *restrict r = s->values;                                                  \
		bool bad = false;                                                                  \
		PW_LOOP_CHECKED(out_type, const in_type x = a[i], , value)                         \
		for (uint32_t i = 0; i < n && bad; i++) {                                          \
			const in_type x = a[i];                                                    \
			bool wrong;                                                                \
			(void)(value);                                                             \
			if (wrong && !pw_step_dead(s, i))                                          \
				pw_step_error(s, i);                                               \
		}                                                                                  \
	}

/* A loop over texts: body appends to s->text from a (and b, c: pw_slice), fails with pw_step_error. */
#define PW_TEXT_LOOP(body)                                                                         \
	for (uint32_t i = 0; i < n; i++) {                                                         \
		if (!pw_step_dead(s, i)) {                                                         \
			body;                                                                      \
			if (s->text.length > PW_STEP_TEXT_MAX)                                     \
				pw_step_error(s, i);                                               \
		}                                                                                  \
		pw_step_text_end(s, i);                                                            \
	}

/* The texts of a column in any encoding, for loops over rows. */
struct pw_text_view {
	const uint32_t *offsets;
	const char *bytes;
	const uint16_t *codes;
	size_t stride;
};

static inline struct pw_text_view pw_text_view_of(const struct pw_column *c)
{
	static const uint32_t empty[2];
	if (c->encoding != PW_DICTIONARY)
		return (struct pw_text_view){c->offsets, c->bytes, NULL, pw_stride(c)};
	if (c->inner->rows == 0) /* all rows are null */
		return (struct pw_text_view){empty, "", NULL, 0};
	return (struct pw_text_view){c->inner->offsets, c->inner->bytes, c->codes, 0};
}

static inline struct pw_slice pw_text_view_at(const struct pw_text_view *v, uint32_t i)
{
	const size_t at = v->codes ? v->codes[i] : i * v->stride;
	return (struct pw_slice){v->bytes + v->offsets[at], v->offsets[at + 1] - v->offsets[at]};
}

static inline int64_t pw_int_at(const struct pw_column *c, uint32_t i)
{
	return ((const int64_t *)c->values)[i * pw_stride(c)];
}

static inline double pw_float_at(const struct pw_column *c, uint32_t i)
{
	return ((const double *)c->values)[i * pw_stride(c)];
}

#endif
