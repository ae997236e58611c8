#include "kernel_internal.h"

#include "../data/json.h"

/* The values of a json column are valid, so reading one can't fail; if it does, the row fails. */

static bool read_value(struct pw_slice text, struct pw_json_value *v)
{
	struct pw_json_fault fault;
	return pw_json_whole(text, v, &fault) == 0;
}

/* Element number k of an array, from 0, or from the end if negative. */
static bool element(const struct pw_json_value *v, int64_t k, struct pw_json_value *found)
{
	struct pw_json_value item;
	const char *at = NULL;
	int64_t count = 0;

	if (v->kind != PW_JSON_ARRAY)
		return false;
	if (k < 0) {
		while (pw_json_step(v, &at, NULL, &item))
			count++;
		k += count;
		at = NULL;
	}
	while (k >= 0 && pw_json_step(v, &at, NULL, found))
		if (k-- == 0)
			return true;
	return false;
}

static bool member(const struct pw_json_value *v, struct pw_slice name, struct pw_json_value *found)
{
	return v->kind == PW_JSON_OBJECT && pw_json_find(v, name, found) > 0;
}

/* As ->> has it: a string's text, null as null, anything else as json. */
static void add_value(struct pw_step *s, uint32_t i, const struct pw_json_value *v, bool as_text)
{
	if (!as_text && v->kind == PW_JSON_NULL)
		pw_bytes_text(&s->text, "null");
	else if (v->kind == PW_JSON_NULL)
		pw_step_null(s, i);
	else if (as_text && v->kind == PW_JSON_STRING)
		pw_json_text(v, &s->text);
	else
		pw_json_compact(v, &s->text);
}

static void take_member(struct pw_step *s, uint32_t n, bool as_text)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	PW_TEXT_LOOP({
		struct pw_json_value v;
		struct pw_json_value found;
		if (!read_value(pw_text_view_at(&a, i), &v))
			pw_step_error(s, i);
		else if (member(&v, pw_text_view_at(&b, i), &found))
			add_value(s, i, &found, as_text);
		else
			pw_step_null(s, i);
	})
}

static void take_element(struct pw_step *s, uint32_t n, bool as_text)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		struct pw_json_value v;
		struct pw_json_value found;
		if (!read_value(pw_text_view_at(&a, i), &v))
			pw_step_error(s, i);
		else if (element(&v, pw_int_at(s->in[1], i), &found))
			add_value(s, i, &found, as_text);
		else
			pw_step_null(s, i);
	})
}

static void member_json(struct pw_step *s, uint32_t n)
{
	take_member(s, n, false);
}

static void member_text(struct pw_step *s, uint32_t n)
{
	take_member(s, n, true);
}

static void element_json(struct pw_step *s, uint32_t n)
{
	take_element(s, n, false);
}

static void element_text(struct pw_step *s, uint32_t n)
{
	take_element(s, n, true);
}

static void json_length(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v, item;
		const char *at = NULL;
		int64_t count = 0;
		if (pw_step_dead(s, i))
			; /* 0 */
		else if (!read_value(pw_text_view_at(&a, i), &v))
			pw_step_error(s, i);
		else if (v.kind != PW_JSON_ARRAY && v.kind != PW_JSON_OBJECT)
			pw_step_null(s, i);
		else
			while (pw_json_step(&v, &at, NULL, &item))
				count++;
		((int64_t *)s->values)[i] = count;
	}
}

static void json_type(struct pw_step *s, uint32_t n)
{
	static const char *const names[] = {
		[PW_JSON_NULL] = "null",  [PW_JSON_FALSE] = "bool",    [PW_JSON_TRUE] = "bool",
		[PW_JSON_INT] = "int",    [PW_JSON_REAL] = "float",    [PW_JSON_STRING] = "str",
		[PW_JSON_ARRAY] = "list", [PW_JSON_OBJECT] = "object",
	};
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		struct pw_json_value v;
		if (read_value(pw_text_view_at(&a, i), &v))
			pw_bytes_text(&s->text, names[v.kind]);
		else
			pw_step_error(s, i);
	})
}

static void json_valid(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	struct pw_json_value v;
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)s->values)[i] =
			!pw_step_dead(s, i) && read_value(pw_text_view_at(&a, i), &v);
}

static void json_keys(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]);
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v, name, item;
		const char *at = NULL;
		if (pw_step_dead(s, i) || !read_value(pw_text_view_at(&a, i), &v) ||
		    v.kind != PW_JSON_OBJECT) {
			pw_vector_null(&s->list);
			continue;
		}
		while (pw_json_step(&v, &at, &name, &item)) {
			pw_bytes_clear(&s->spare);
			pw_json_text(&name, &s->spare);
			pw_vector_text(s->list.inner, s->spare.data, s->spare.length);
		}
		pw_vector_list(&s->list);
	}
}

#define BAD "not valid JSON"

static const struct pw_function table[] = {
	{"->", "json(json,str)", .run = member_json, .reason = BAD},
	{"->", "json(json,int)", .run = element_json, .reason = BAD},
	{"->>", "str(json,str)", .run = member_text, .reason = BAD},
	{"->>", "str(json,int)", .run = element_text, .reason = BAD},
	{"json_array_length", "int(json)", .run = json_length, .reason = BAD,
	 .help = "how many elements or members",
	 .example = "json_array_length(CAST('[1,2]' AS json))", .result = "2"},
	{"json_type", "str(json)", .run = json_type, .reason = BAD,
	 .help = "null, bool, int, float, str, list or object",
	 .example = "json_type(CAST('[1,2]' AS json))", .result = "list"},
	{"json_valid", "bool(str)", .run = json_valid, .help = "is the text JSON?",
	 .example = "json_valid('{\"a\":1}')", .result = "true"},
	{"json_keys", "list<str>(json)", .run = json_keys,
	 .help = "the names of an object's members",
	 .example = "json_keys(CAST('{\"a\":1,\"b\":2}' AS json))", .result = "[\"a\",\"b\"]"},
};

const struct pw_functions pw_kernel_json = {table, sizeof table / sizeof *table, "json"};
