#include "head.h"
#include "../base/fail.h"
#include "../base/utf8.h"
#include "frame.h"

#include <jansson.h>
#include <stdlib.h>

/* ---- copies ---- */

static char *copy_text(const char *text)
{
	return text != NULL ? pw_mem_copy(text, strlen(text)) : NULL;
}

void pw_stage_copy(struct pw_stage *to, const struct pw_stage *from)
{
	*to = (struct pw_stage){.program = copy_text(from->program),
				.name = copy_text(from->name),
				.options = pw_mem_alloc(from->option_count, sizeof *to->options),
				.option_count = from->option_count,
				.inputs = pw_mem_alloc(from->input_count, sizeof *to->inputs),
				.input_count = from->input_count};
	for (size_t i = 0; i < from->option_count; i++)
		to->options[i] = copy_text(from->options[i]);
	for (size_t i = 0; i < from->input_count; i++)
		pw_stage_copy(&to->inputs[i], &from->inputs[i]);
}

void pw_stage_release(struct pw_stage *s)
{
	for (size_t i = 0; i < s->option_count; i++)
		free(s->options[i]);
	for (size_t i = 0; i < s->input_count; i++)
		pw_stage_release(&s->inputs[i]);
	free(s->options);
	free(s->inputs);
	free(s->program);
	free(s->name);
	*s = (struct pw_stage){0};
}

void pw_head_copy(struct pw_head *to, const struct pw_head *from)
{
	*to = (struct pw_head){.state = copy_text(from->state),
			       .run = from->run,
			       .check = from->check,
			       .followed = from->followed};
	pw_schema_copy(&to->schema, &from->schema);
	pw_stage_copy(&to->stage, &from->stage);
}

void pw_head_release(struct pw_head *h)
{
	pw_schema_release(&h->schema);
	pw_stage_release(&h->stage);
	free(h->state);
	*h = (struct pw_head){0};
}

/* ---- as JSON ---- */

/*
 * JSON holds only UTF-8, but an option may be any bytes (a file's name): what is not UTF-8 is
 * written as \xNN, with back slashes doubled, so that different bytes stay different.
 */
static json_t *text_value(const char *text)
{
	struct pw_bytes escaped = {0};
	json_t *value;

	if (pw_utf8_valid(text, strlen(text)))
		return json_string(text);
	while (*text != '\0') {
		const size_t good = pw_utf8_valid_prefix(text, strlen(text));
		for (size_t i = 0; i < good; i++) {
			if (text[i] == '\\')
				pw_bytes_put(&escaped, '\\');
			pw_bytes_put(&escaped, text[i]);
		}
		text += good;
		if (*text != '\0')
			pw_bytes_print(&escaped, "\\x%02x", (unsigned char)*text++);
	}
	value = json_string(pw_bytes_string(&escaped));
	pw_bytes_release(&escaped);
	return value;
}

static json_t *columns_value(const struct pw_schema *schema)
{
	json_t *columns = json_array();

	for (size_t i = 0; i < schema->count; i++) {
		const struct pw_field *field = &schema->fields[i];
		struct pw_type type = field->type;
		json_t *column = json_object();

		type.required = false;
		json_object_set_new(column, "name", text_value(field->name));
		json_object_set_new(column, "type", json_string(pw_type_name(type)));
		if (field->type.required)
			json_object_set_new(column, "not_null", json_true());
		if (field->key)
			json_object_set_new(column, "key", json_true());
		json_array_append_new(columns, column);
	}
	return columns;
}

static json_t *stage_value(const struct pw_stage *stage)
{
	json_t *value = json_object(), *options = json_array(), *inputs = json_array();

	json_object_set_new(value, "program", text_value(stage->program ? stage->program : ""));
	if (stage->name != NULL)
		json_object_set_new(value, "name", text_value(stage->name));
	for (size_t i = 0; i < stage->option_count; i++)
		json_array_append_new(options, text_value(stage->options[i]));
	for (size_t i = 0; i < stage->input_count; i++)
		json_array_append_new(inputs, stage_value(&stage->inputs[i]));
	json_object_set_new(value, "options", options);
	json_object_set_new(value, "inputs", inputs);
	return value;
}

static int add_bytes(const char *data, size_t length, void *out)
{
	pw_bytes_add(out, data, length);
	return 0;
}

void pw_head_encode(struct pw_bytes *out, const struct pw_head *h)
{
	json_t *value = json_object();

	json_object_set_new(value, "version", json_integer(1));
	json_object_set_new(value, "columns", columns_value(&h->schema));
	json_object_set_new(value, "append_only", json_boolean(h->schema.append_only));
	json_object_set_new(value, "static", json_boolean(h->schema.is_static));
	if (h->check)
		json_object_set_new(value, "check", json_true());
	if (h->schema.single)
		json_object_set_new(value, "single", json_true());
	if (h->followed)
		json_object_set_new(value, "followed", json_true());
	json_object_set_new(value, "coordinates", json_integer(1));
	json_object_set_new(value, "stage", stage_value(&h->stage));
	if (h->state != NULL) {
		json_t *state = json_object();
		json_object_set_new(state, "directory", text_value(h->state));
		json_object_set_new(state, "run", json_integer((json_int_t)h->run));
		json_object_set_new(value, "state", state);
	}
	if (json_dump_callback(value, add_bytes, out, JSON_COMPACT) < 0)
		pw_bug("the schema can't be written as JSON");
	json_decref(value);
}

/* ---- from JSON ---- */

static const char *const kinds[] = {
	[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
	[JSON_INTEGER] = "an int",   [JSON_REAL] = "a float",   [JSON_TRUE] = "true",
	[JSON_FALSE] = "false",      [JSON_NULL] = "null",
};

/* Member of an object; NULL and a message if it isn't there or is of another kind. */
static json_t *need(const json_t *object, const char *name, json_type kind)
{
	json_t *value = json_object_get(object, name);

	if (value == NULL)
		pw_fail(PW_DATA, "'%s' is missing", name);
	else if (json_typeof(value) != kind)
		pw_fail(PW_DATA, "'%s' is %s, expected %s", name, kinds[json_typeof(value)],
			kinds[kind]);
	else
		return value;
	return NULL;
}

static int take_bool(const json_t *object, const char *name, bool required, bool *x)
{
	const json_t *value = json_object_get(object, name);

	if (value == NULL)
		return required ? pw_fail(PW_DATA, "'%s' is missing", name) : 0;
	if (!json_is_boolean(value))
		return pw_fail(PW_DATA, "'%s' is %s, expected true or false", name,
			       kinds[json_typeof(value)]);
	*x = json_is_true(value);
	return 0;
}

static int take_text(const json_t *object, const char *name, char **text)
{
	const json_t *value = need(object, name, JSON_STRING);

	if (value == NULL)
		return -1;
	*text = pw_mem_copy(json_string_value(value), json_string_length(value));
	return 0;
}

/* Only the one spelling that a writer uses. */
static int take_type(const char *name, struct pw_type *type)
{
	if (strcmp(name, "id") == 0)
		return pw_fail(PW_DATA, "the type 'id' is reserved, it is not in version 1");
	if (pw_type_parse(pw_slice_of(name), type) < 0 || type->required ||
	    strcmp(pw_type_name(*type), name) != 0)
		return pw_fail(PW_DATA, "'%.64s' is not a type", name);
	return 0;
}

static int take_column(struct pw_schema *schema, const json_t *value)
{
	const json_t *name, *type_name;
	struct pw_type type = {0};
	bool key = false;

	if (!json_is_object(value))
		return pw_fail(PW_DATA, "it is %s", kinds[json_typeof(value)]);
	name = need(value, "name", JSON_STRING);
	type_name = name != NULL ? need(value, "type", JSON_STRING) : NULL;
	if (type_name == NULL || take_type(json_string_value(type_name), &type) < 0 ||
	    take_bool(value, "not_null", false, &type.required) < 0 ||
	    take_bool(value, "key", false, &key) < 0)
		return -1;
	const struct pw_slice text = {json_string_value(name), json_string_length(name)};
	if (pw_schema_add(schema, text, type, key) < 0) {
		char why[2048];
		snprintf(why, sizeof why, "%s", pw_fail_text());
		return pw_fail(PW_DATA, "%s", why);
	}
	return 0;
}

static int take_columns(struct pw_schema *schema, const json_t *head)
{
	const json_t *columns = need(head, "columns", JSON_ARRAY), *column;
	size_t i;

	if (columns == NULL)
		return -1;
	if (json_array_size(columns) > PW_COLUMNS_MAX)
		return pw_fail(PW_DATA, "%zu columns, at most %d are allowed",
			       json_array_size(columns), PW_COLUMNS_MAX);
	json_array_foreach(columns, i, column) if (take_column(schema, column) <
						   0) return pw_fail_at("column %zu", i + 1);
	return 0;
}

static int take_stage(struct pw_stage *stage, const json_t *value, int depth)
{
	const json_t *options, *inputs, *item;
	size_t i;

	if (!json_is_object(value))
		return pw_fail(PW_DATA, "a stage is %s", kinds[json_typeof(value)]);
	if (depth == PW_STAGE_DEPTH_MAX)
		return pw_fail(PW_DATA, "more than %d stages in a row", PW_STAGE_DEPTH_MAX);
	if (take_text(value, "program", &stage->program) < 0 ||
	    (json_object_get(value, "name") != NULL && take_text(value, "name", &stage->name) < 0))
		return -1;
	options = need(value, "options", JSON_ARRAY);
	inputs = options != NULL ? need(value, "inputs", JSON_ARRAY) : NULL;
	if (inputs == NULL)
		return -1;
	stage->options = pw_mem_zero(json_array_size(options), sizeof *stage->options);
	json_array_foreach(options, i, item)
	{
		if (!json_is_string(item))
			return pw_fail(PW_DATA, "an option is %s", kinds[json_typeof(item)]);
		stage->options[stage->option_count++] =
			pw_mem_copy(json_string_value(item), json_string_length(item));
	}
	stage->inputs = pw_mem_zero(json_array_size(inputs), sizeof *stage->inputs);
	json_array_foreach(inputs, i, item) if (take_stage(&stage->inputs[stage->input_count++],
							   item, depth + 1) < 0) return -1;
	return 0;
}

static int take_state(struct pw_head *h, const json_t *head)
{
	const json_t *state = json_object_get(head, "state"), *run;

	if (state == NULL)
		return 0;
	if (!json_is_object(state))
		return pw_fail(PW_DATA, "'state' is %s", kinds[json_typeof(state)]);
	run = need(state, "run", JSON_INTEGER);
	if (run == NULL || take_text(state, "directory", &h->state) < 0)
		return -1;
	if (json_integer_value(run) < 0)
		return pw_fail(PW_DATA, "'run' is below 0");
	h->run = (uint64_t)json_integer_value(run);
	return 0;
}

static int take_head(struct pw_head *h, const json_t *value)
{
	const json_t *version, *coordinates, *stage;

	if (!json_is_object(value))
		return pw_fail(PW_DATA, "it is %s", kinds[json_typeof(value)]);
	version = need(value, "version", JSON_INTEGER);
	coordinates = version != NULL ? need(value, "coordinates", JSON_INTEGER) : NULL;
	if (coordinates == NULL)
		return -1;
	if (json_integer_value(version) != 1)
		return pw_fail(PW_DATA, "version is %lld, this program knows 1",
			       (long long)json_integer_value(version));
	if (json_integer_value(coordinates) != 1)
		return pw_fail(PW_DATA,
			       "times of %lld coordinates (iteration) are not in version 1",
			       (long long)json_integer_value(coordinates));
	if (take_columns(&h->schema, value) < 0 ||
	    take_bool(value, "append_only", true, &h->schema.append_only) < 0 ||
	    take_bool(value, "static", true, &h->schema.is_static) < 0 ||
	    take_bool(value, "single", false, &h->schema.single) < 0 ||
	    take_bool(value, "check", false, &h->check) < 0 ||
	    take_bool(value, "followed", false, &h->followed) < 0)
		return -1;
	stage = need(value, "stage", JSON_OBJECT);
	if (stage == NULL || take_stage(&h->stage, stage, 0) < 0)
		return -1;
	return take_state(h, value);
}

int pw_head_decode(struct pw_head *h, const char *data, size_t length)
{
	json_error_t error;
	json_t *value;

	*h = (struct pw_head){0};
	if (length > PW_FRAME_HEAD_MAX)
		return pw_fail(PW_DATA, "schema: %zu bytes, at most %u are allowed", length,
			       PW_FRAME_HEAD_MAX);
	value = json_loadb(data, length, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		return pw_fail(PW_DATA, "schema: byte %d: %s", error.position, error.text);

	const int status = take_head(h, value);
	json_decref(value);
	if (status < 0) {
		pw_head_release(h);
		return pw_fail_at("schema");
	}
	return 0;
}
