#include "kernel_internal.h"

#include "../data/json.h"

/*
 * Paths into json: JSON Pointer (RFC 6901), "/a/0/b", or "$.a[0].b" with
 * ["names"] in quotes and [-1] from the end. One place at most: there are no
 * wildcards.
 */

/* One step of a path. */
struct hop {
	bool is_index;
	int64_t index;
	struct pw_slice name; /* of "$", without quotes; of a pointer with ~0 and ~1 */
};

/* A number of digits only, up to the end of digits; false: none, or too long. */
static bool take_index(struct pw_slice *path, int64_t *x)
{
	size_t n = 0;
	*x = 0;
	while (n < path->length && path->data[n] >= '0' && path->data[n] <= '9' && n < 12)
		*x = *x * 10 + (path->data[n++] - '0');
	path->data += n;
	path->length -= n;
	return n > 0;
}

static bool eat(struct pw_slice *path, char c)
{
	if (path->length == 0 || *path->data != c)
		return false;
	path->data++;
	path->length--;
	return true;
}

/* Up to the first byte of stop, or the end. */
static struct pw_slice take_until(struct pw_slice *path, const char *stop)
{
	struct pw_slice t = {path->data, 0};
	while (t.length < path->length &&
	       (path->data[t.length] == 0 || !strchr(stop, path->data[t.length])))
		t.length++;
	path->data += t.length;
	path->length -= t.length;
	return t;
}

/* The next hop of "/a/0"; a name of digits is an index too, should it meet an array. */
static bool pointer_hop(struct pw_slice *path, struct hop *hop)
{
	if (!eat(path, '/'))
		return false;
	hop->name = take_until(path, "/");
	struct pw_slice digits = hop->name;
	hop->is_index = take_index(&digits, &hop->index) && digits.length == 0;
	return true;
}

static bool dollar_hop(struct pw_slice *path, struct hop *hop)
{
	*hop = (struct hop){0};
	if (eat(path, '.')) {
		if (eat(path, '"')) {
			hop->name = take_until(path, "\"");
			return eat(path, '"');
		}
		hop->name = take_until(path, ".[");
		return hop->name.length > 0;
	}
	if (!eat(path, '['))
		return false;
	if (path->length > 0 && (*path->data == '"' || *path->data == '\'')) {
		const char quote[2] = {*path->data, 0};
		eat(path, quote[0]);
		hop->name = take_until(path, quote);
		return eat(path, quote[0]) && eat(path, ']');
	}
	const bool from_end = eat(path, '-') || eat(path, '#');
	if (from_end && path->length > 0 && *path->data == '-')
		eat(path, '-');
	hop->is_index = true;
	if (!take_index(path, &hop->index))
		return false;
	if (from_end)
		hop->index = -hop->index;
	return eat(path, ']');
}

/* Element number k, from 0, or from the end if negative. */
static bool element(const struct pw_json_value *v, int64_t k, struct pw_json_value *found)
{
	const char *at = NULL;
	struct pw_json_value item;
	int64_t count = 0;

	for (; k < 0 && pw_json_step(v, &at, NULL, &item); count++)
		;
	at = NULL;
	if (k < 0)
		k += count;
	while (k >= 0 && pw_json_step(v, &at, NULL, found))
		if (k-- == 0)
			return true;
	return false;
}

/* ~1 is / and ~0 is ~ */
static struct pw_slice unescape(struct pw_slice name, struct pw_bytes *spare)
{
	if (memchr(name.data, '~', name.length) == NULL)
		return name;
	pw_bytes_clear(spare);
	for (size_t i = 0; i < name.length; i++) {
		const bool pair = name.data[i] == '~' && i + 1 < name.length &&
				  (name.data[i + 1] == '0' || name.data[i + 1] == '1');
		pw_bytes_put(spare, !pair ? name.data[i] : name.data[i + 1] == '1' ? '/' : '~');
		i += pair;
	}
	return (struct pw_slice){spare->data, spare->length};
}

static bool is_pointer(struct pw_slice path)
{
	return path.length == 0 || *path.data == '/';
}

/* 1 found, 0 not there, -1 the path is none. v is NULL: just read the path. */
static int follow(const struct pw_json_value *v, struct pw_slice path, struct pw_bytes *spare,
		  struct pw_json_value *found)
{
	const bool pointer = is_pointer(path);
	bool there = v != NULL;
	struct hop hop;

	if (v != NULL)
		*found = *v;
	if (!pointer && !eat(&path, '$'))
		return -1;
	while (path.length > 0) {
		struct pw_json_value next;
		if (!(pointer ? pointer_hop(&path, &hop) : dollar_hop(&path, &hop)))
			return -1;
		if (!there)
			continue;
		if (found->kind == PW_JSON_ARRAY)
			there = hop.is_index && element(found, hop.index, &next);
		else if (found->kind == PW_JSON_OBJECT && (pointer || !hop.is_index))
			there = pw_json_find(found, pointer ? unescape(hop.name, spare) : hop.name,
					     &next) > 0;
		else
			there = false;
		if (there)
			*found = next;
	}
	return there;
}

static int path_prepare(struct pw_step *s)
{
	const struct pw_column *c = &s->args[1]->out;
	struct pw_slice path;

	if (!s->args[1]->done || pw_column_null(c, 0))
		return 0;
	path = pw_column_text(c, 0);
	if (follow(NULL, path, &s->spare, NULL) >= 0)
		return 0;
	return pw_fail(PW_USAGE, "'%.*s' is not a path into json: write '$.a[0].b' or '/a/0/b'",
		       (int)(path.length < 100 ? path.length : 100), path.data);
}

/* Row i's place: as follow has it; -1 too when the json is none. */
static int find(struct pw_step *s, uint32_t i, struct pw_json_value *found)
{
	struct pw_json_value v;
	struct pw_json_fault fault;
	if (pw_json_whole(pw_column_text(s->in[0], i), &v, &fault) < 0)
		return -1;
	return follow(&v, pw_column_text(s->in[1], i), &s->spare, found);
}

static void extract(struct pw_step *s, uint32_t n, bool as_text)
{
	PW_TEXT_LOOP({
		struct pw_json_value v;
		const int rc = find(s, i, &v);
		if (rc < 0)
			pw_step_error(s, i);
		else if (rc == 0 || (as_text && v.kind == PW_JSON_NULL))
			pw_step_null(s, i);
		else if (as_text && v.kind == PW_JSON_STRING)
			pw_json_text(&v, &s->text);
		else if (v.kind == PW_JSON_NULL)
			pw_bytes_text(&s->text, "null");
		else
			pw_json_compact(&v, &s->text);
	})
}

static void json_extract(struct pw_step *s, uint32_t n)
{
	extract(s, n, false);
}

static void json_extract_string(struct pw_step *s, uint32_t n)
{
	extract(s, n, true);
}

static void json_exists(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct pw_json_value v;
		const int rc = pw_step_dead(s, i) ? 0 : find(s, i, &v);
		((uint8_t *)s->values)[i] = rc > 0;
		if (rc < 0)
			pw_step_error(s, i);
	}
}

#define PATH(name, signature, kernel, text, from, to)                                              \
	{                                                                                          \
		name, signature, 0, kernel, path_prepare,                                          \
			.reason = "not valid JSON, or no path into it", .help = text,              \
			.example = from, .result = to                                              \
	}
#define AB "CAST('{\"a\":[7,{\"b\":\"x\"}]}' AS json)"

static const struct pw_function table[] = {
	PATH("json_extract", "json(json,str)", json_extract,
	     "the value at a path, '$.a[0]' or '/a/0', as json", "json_extract(" AB ", '$.a[-1]')",
	     "{\"b\":\"x\"}"),
	PATH("json_extract_string", "str(json,str)", json_extract_string,
	     "the value at a path, as text", "json_extract_string(" AB ", '/a/1/b')", "x"),
	PATH("json_exists", "bool(json,str)", json_exists, "is there something at the path?",
	     "json_exists(" AB ", '$.a[2]')", "false"),
};

const struct pw_functions pw_kernel_json_path = {table, sizeof table / sizeof *table, "json paths"};
