/* The declaration as a program writes it: JSON. */
#include "../base/fail.h"
#include "../base/near.h"
#include "../data/json.h"
#include "declare.h"

static const char *const members[] = {"name", "type", "not_null", "format", "from", "default"};
enum { NAME, TYPE, NOT_NULL, FORMAT, FROM, DEFAULT, MEMBERS };

struct column {
	struct pw_json_value values[MEMBERS];
	bool given[MEMBERS];
};

/* The text of a string, lent by *b. */
static struct pw_slice text_of(const struct pw_json_value *v, struct pw_bytes *b)
{
	pw_bytes_clear(b);
	pw_json_text(v, b);
	return (struct pw_slice){pw_bytes_string(b), b->length};
}

static int find_member(struct pw_slice name)
{
	for (int i = 0; i < MEMBERS; i++)
		if (pw_slice_equal(name, pw_slice_of(members[i])))
			return i;
	const char *near = pw_near(name.data, name.length, members, MEMBERS);
	const int shown = (int)(name.length < 100 ? name.length : 100);
	if (near)
		return pw_fail(PW_USAGE, "member '%.*s' means nothing (did you mean '%s'?)", shown,
			       name.data, near);
	return pw_fail(
		PW_USAGE,
		"member '%.*s' means nothing; there are name type not_null format from default",
		shown, name.data);
}

static int check_kind(int member, const struct pw_json_value *v)
{
	if (member == DEFAULT)
		return 0;
	if (member == NOT_NULL && v->kind != PW_JSON_TRUE && v->kind != PW_JSON_FALSE)
		return pw_fail(PW_USAGE, "'not_null' is not true or false");
	if (member != NOT_NULL && v->kind != PW_JSON_STRING)
		return pw_fail(PW_USAGE, "'%s' is not a string", members[member]);
	return 0;
}

static int take_members(const struct pw_json_value *object, struct column *c, struct pw_bytes *b)
{
	const char *at = NULL;
	struct pw_json_value name, value;
	if (object->kind != PW_JSON_OBJECT)
		return pw_fail(PW_USAGE, "not an object");
	while (pw_json_step(object, &at, &name, &value)) {
		const int i = find_member(text_of(&name, b));
		if (i < 0)
			return -1;
		if (c->given[i])
			return pw_fail(PW_USAGE, "'%s' is given twice", members[i]);
		/* null says that a member is not given; but a default may be null */
		if (value.kind == PW_JSON_NULL && i != DEFAULT)
			continue;
		if (check_kind(i, &value))
			return -1;
		c->given[i] = true;
		c->values[i] = value;
	}
	for (int i = NAME; i <= TYPE; i++)
		if (!c->given[i])
			return pw_fail(PW_USAGE, "'%s' is missing", members[i]);
	return 0;
}

static int take_default(struct pw_declare_column *c, const struct pw_json_value *v,
			struct pw_bytes *b)
{
	if (v->kind == PW_JSON_NULL)
		return pw_declare_null(c);
	if (pw_json_append(&c->value, v, b) == 0) {
		c->has_value = true;
		return 0;
	}
	if (v->kind == PW_JSON_STRING && c->type.depth == 0 && c->format != NULL)
		return pw_declare_value(c, text_of(v, b));
	return pw_fail(PW_USAGE, "the default is not %s %s", pw_type_article(c->type),
		       pw_type_name(c->type));
}

static int read_column(struct pw_declare *d, const struct pw_json_value *object, struct pw_bytes *b)
{
	struct column in = {0};
	struct pw_type type;
	if (take_members(object, &in, b) || pw_type_parse(text_of(&in.values[TYPE], b), &type))
		return -1;
	if (in.given[NOT_NULL])
		type.required |= in.values[NOT_NULL].kind == PW_JSON_TRUE;
	struct pw_declare_column *c = pw_declare_add(d, text_of(&in.values[NAME], b), type);
	if (c == NULL ||
	    (in.given[FORMAT] && pw_declare_format(c, text_of(&in.values[FORMAT], b))) ||
	    (in.given[FROM] && pw_declare_pointer(c, text_of(&in.values[FROM], b))))
		return -1;
	return in.given[DEFAULT] ? take_default(c, &in.values[DEFAULT], b) : 0;
}

/* The array of columns: the whole, or its member "columns". */
static int find_columns(struct pw_slice text, struct pw_json_value *columns)
{
	struct pw_json_value whole;
	struct pw_json_fault fault;
	if (pw_json_whole(text, &whole, &fault)) {
		pw_json_fail(&fault, text.data, text.data + text.length);
		/* a schema that can't be read is wrong usage, not bad data */
		struct pw_bytes message = {0};
		pw_bytes_text(&message, pw_fail_text());
		pw_fail(PW_USAGE, "%s", pw_bytes_string(&message));
		pw_bytes_release(&message);
		return -1;
	}
	*columns = whole;
	if (whole.kind == PW_JSON_OBJECT && pw_json_find(&whole, PW_SLICE("columns"), columns) == 0)
		return pw_fail(PW_USAGE, "the object has no member 'columns'");
	if (columns->kind != PW_JSON_ARRAY)
		return pw_fail(PW_USAGE, "the columns are not an array");
	return 0;
}

int pw_declare_json(struct pw_declare *d, struct pw_slice text)
{
	struct pw_json_value columns, item;
	struct pw_bytes b = {0};
	const char *at = NULL;
	size_t n = 0;
	*d = (struct pw_declare){0};
	int status = find_columns(text, &columns);
	while (status == 0 && pw_json_step(&columns, &at, NULL, &item)) {
		n++;
		status = read_column(d, &item, &b);
		if (status)
			pw_fail_at("column %zu", n);
	}
	if (status == 0 && n == 0)
		status = pw_fail(PW_USAGE, "there are no columns");
	pw_bytes_release(&b);
	if (status)
		pw_declare_release(d);
	return status;
}
