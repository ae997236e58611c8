#include "kernel_internal.h"

#include "../data/json.h"
#include "../data/text.h"

/* JSON made of values, and values taken out of it where they are of the type. */

static void to_json(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_text_add_json(&s->text, s->in[0], i))
}

static void json_array(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP({
		pw_bytes_put(&s->text, '[');
		for (uint32_t k = 0; k < s->arg_count; k++) {
			if (k > 0)
				pw_bytes_put(&s->text, ',');
			pw_text_add_json(&s->text, s->in[k], i);
		}
		pw_bytes_put(&s->text, ']');
	})
}

/* Names and values in turn. */
static int object_prepare(struct pw_step *s)
{
	if (s->arg_count % 2)
		return pw_fail(PW_USAGE, "json_object takes names and values in turn");
	for (uint32_t k = 0; k < s->arg_count; k += 2)
		if (s->args[k]->type.base != PW_STR || s->args[k]->type.depth > 0)
			return pw_fail(PW_USAGE, "json_object: name number %u is no text",
				       k / 2 + 1);
	return 0;
}

static void json_object(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP({
		bool named = true;
		for (uint32_t k = 0; k < s->arg_count; k++) {
			pw_bytes_put(&s->text, k == 0 ? '{' : k % 2 ? ':' : ',');
			named &= k % 2 || !pw_column_null(s->in[k], i);
			pw_text_add_json(&s->text, s->in[k], i);
		}
		pw_bytes_text(&s->text, s->arg_count == 0 ? "{}" : "}");
		if (!named)
			pw_step_error(s, i);
	})
}

/* ---- as_int and the like: null where the json is of another type ---- */

/* The value if it is one of the kinds from first to last; else the row is null. */
static bool take_kind(struct pw_step *s, uint32_t i, enum pw_json_kind first,
		      enum pw_json_kind last, struct pw_json_value *v)
{
	struct pw_json_fault fault;

	if (pw_step_dead(s, i))
		return false;
	if (pw_json_whole(pw_column_text(s->in[0], i), v, &fault) < 0) {
		pw_step_error(s, i);
		return false;
	}
	if (v->kind >= first && v->kind <= last)
		return true;
	pw_step_null(s, i);
	return false;
}

static void as_int(struct pw_step *s, uint32_t n)
{
	int64_t *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v;
		r[i] = 0;
		if (take_kind(s, i, PW_JSON_INT, PW_JSON_INT, &v) && pw_json_int(&v, &r[i]) < 0)
			pw_step_error(s, i);
	}
}

static void as_float(struct pw_step *s, uint32_t n)
{
	double *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v;
		r[i] = 0;
		if (take_kind(s, i, PW_JSON_INT, PW_JSON_REAL, &v) &&
		    pw_text_float((struct pw_slice){v.at, v.length}, &r[i]) < 0)
			pw_step_error(s, i);
	}
}

static void as_bool(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v;
		((uint8_t *)s->values)[i] =
			take_kind(s, i, PW_JSON_FALSE, PW_JSON_TRUE, &v) && v.kind == PW_JSON_TRUE;
	}
}

static void as_str(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v;
		if (take_kind(s, i, PW_JSON_STRING, PW_JSON_STRING, &v))
			pw_json_text(&v, &s->text);
		pw_step_text_end(s, i);
	}
}

#define RANGE "the number does not fit"
#define AS(name, kernel, type, from, to)                                                           \
	{                                                                                          \
		name, type "(json)", .run = kernel, .reason = RANGE,                               \
				     .help = "the json's value if it is of that type, else null",  \
				     .example = from, .result = to                                 \
	}

static const struct pw_function table[] = {
	{"to_json", "json(T)", PW_NULLS_OWN, to_json,
	 .help = "the value as json; null as json's null", .example = "to_json([1.5, NULL])",
	 .result = "[1.5,null]"},
	{"json_array", "json(E...)", PW_NULLS_OWN, json_array, .help = "an array of the values",
	 .example = "json_array(1, 'a', NULL)", .result = "[1,\"a\",null]"},
	{"json_object", "json(E...)", PW_NULLS_OWN, json_object, object_prepare,
	 .reason = "the name of a member is null", .help = "an object of names and values in turn",
	 .example = "json_object('a', 1, 'b', [TRUE])", .result = "{\"a\":1,\"b\":[true]}"},
	AS("as_int", as_int, "int", "as_int(CAST('{\"a\":7}' AS json) -> 'a')", "7"),
	AS("as_float", as_float, "float", "as_float(CAST('7' AS json))", "7.0"),
	AS("as_str", as_str, "str", "as_str(CAST('\"x\"' AS json))", "x"),
	AS("as_bool", as_bool, "bool", "as_bool(CAST('1' AS json))", NULL),
};

const struct pw_functions pw_kernel_json_make = {table, sizeof table / sizeof *table,
						 "json made and read"};
