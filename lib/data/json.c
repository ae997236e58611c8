#include "json.h"
#include "json_scan.h"
#include "text.h"

#include "../base/fail.h"
#include "../base/utf8.h"

/* ---- grammar ---- */

static const char *expected(struct pw_json_fault *f, const char *at, const char *what)
{
	*f = (struct pw_json_fault){at, what, true};
	return NULL;
}

static const char *wrong(struct pw_json_fault *f, const char *at, const char *what)
{
	*f = (struct pw_json_fault){at, what, false};
	return NULL;
}

static bool is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of the four digits at p, or -1. */
static int32_t hex_unit(const char *p, const char *end)
{
	int32_t unit = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const int x = hex_digit(p[i]);
		if (x < 0)
			return -1;
		unit = unit << 4 | x;
	}
	return unit;
}

static bool is_high(int32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(int32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* p is at the backslash; returns the byte after the escape. */
static const char *next_escape(const char *p, const char *end, struct pw_json_fault *f)
{
	if (end - p < 2)
		return expected(f, end, "the end of a string");
	if (p[1] != 'u')
		return strchr("\"\\/bfnrt", p[1]) && p[1] ? p + 2 : wrong(f, p, "no such escape");
	const int32_t unit = hex_unit(p + 2, end);
	if (unit < 0)
		return expected(f, p + 2, "four hexadecimal digits");
	if (unit == 0)
		return wrong(f, p, "a NUL (\\u0000) is not allowed");
	if (is_low(unit))
		return wrong(f, p, "half of a surrogate pair");
	if (!is_high(unit))
		return p + 6;
	if (end - p < 12 || p[6] != '\\' || p[7] != 'u' || !is_low(hex_unit(p + 8, end)))
		return wrong(f, p, "half of a surrogate pair");
	return p + 12;
}

/* p is after the opening quote. */
static const char *next_string(const char *p, const char *end, struct pw_json_value *v,
			       struct pw_json_fault *f)
{
	const char *const start = p;
	unsigned high = 0;
	v->escaped = false;
	for (;;) {
		p = pw_json_scan(p, end, &high);
		if (p == end || *p == '\n')
			return expected(f, p, "the end of a string");
		if (*p == '"')
			break;
		if (*p != '\\')
			return wrong(f, p, "a control character in a string");
		v->escaped = true;
		p = next_escape(p, end, f);
		if (p == NULL)
			return NULL;
	}
	v->kind = PW_JSON_STRING;
	v->at = start;
	v->length = (uint32_t)(p - start);
	if (high && !pw_utf8_valid(start, v->length))
		return wrong(f, start + pw_utf8_valid_prefix(start, v->length), "not UTF-8");
	return p + 1;
}

static const char *next_number(const char *p, const char *end, struct pw_json_value *v,
			       struct pw_json_fault *f)
{
	v->at = p;
	v->kind = PW_JSON_INT;
	p += *p == '-';
	if (!is_digit(p, end))
		return expected(f, p, "a digit");
	if (*p++ != '0')
		while (is_digit(p, end))
			p++;
	else if (is_digit(p, end))
		return wrong(f, p, "a number with a leading zero");
	if (p < end && *p == '.') {
		v->kind = PW_JSON_REAL;
		if (!is_digit(++p, end))
			return expected(f, p, "a digit");
		while (is_digit(p, end))
			p++;
	}
	if (p < end && (*p | 0x20) == 'e') {
		v->kind = PW_JSON_REAL;
		p++;
		p += p < end && (*p == '+' || *p == '-');
		if (!is_digit(p, end))
			return expected(f, p, "a digit");
		while (is_digit(p, end))
			p++;
	}
	v->length = (uint32_t)(p - v->at);
	return p;
}

static const char *next_word(const char *p, const char *end, const char *word, size_t length,
			     uint8_t kind, struct pw_json_value *v, struct pw_json_fault *f)
{
	if ((size_t)(end - p) < length || memcmp(p, word, length) != 0)
		return expected(f, p, "a value");
	v->at = p;
	v->length = (uint32_t)length;
	v->kind = kind;
	return p + length;
}

static const char *next_scalar(const char *p, const char *end, struct pw_json_value *v,
			       struct pw_json_fault *f)
{
	switch (p < end ? *p : 0) {
	case '"':
		return next_string(p + 1, end, v, f);
	case 't':
		return next_word(p, end, "true", 4, PW_JSON_TRUE, v, f);
	case 'f':
		return next_word(p, end, "false", 5, PW_JSON_FALSE, v, f);
	case 'n':
		return next_word(p, end, "null", 4, PW_JSON_NULL, v, f);
	case '-':
	case '0' ... '9':
		return next_number(p, end, v, f);
	}
	return expected(f, p, "a value");
}

/* ---- arrays and objects ---- */

/*
 * Where the walk is: depth containers are open, and bit i of objects says
 * whether the i-th is an object. A bit per level instead of a call per level,
 * so that nesting costs no stack.
 */
struct nest {
	uint64_t objects[PW_JSON_DEPTH / 64 + 1];
	uint32_t depth;
	bool spaced;
};

static bool in_object(const struct nest *n)
{
	return n->objects[(n->depth - 1) >> 6] >> ((n->depth - 1) & 63) & 1;
}

static void nest_open(struct nest *n, bool object)
{
	uint64_t *const word = &n->objects[n->depth >> 6];
	const uint64_t bit = UINT64_C(1) << (n->depth & 63);
	*word = object ? *word | bit : *word & ~bit;
	n->depth++;
}

static const char *nest_blank(struct nest *n, const char *p, const char *end)
{
	const char *const q = pw_json_blank(p, end);
	n->spaced |= q != p;
	return q;
}

/* A member's name and colon; where its value begins. */
static const char *nest_name(struct nest *n, const char *p, const char *end,
			     struct pw_json_fault *f)
{
	struct pw_json_value name;
	if (p == end || *p != '"')
		return expected(f, p, "a member's name in quotes");
	p = next_string(p + 1, end, &name, f);
	if (p == NULL)
		return NULL;
	p = nest_blank(n, p, end);
	if (p == end || *p != ':')
		return expected(f, p, "':'");
	return nest_blank(n, p + 1, end);
}

/*
 * p is after a value or (first) an opening bracket: closes what closes here,
 * steps over a comma and a name. Where the next value begins, or where the
 * outermost container has ended (depth 0).
 */
static const char *nest_between(struct nest *n, const char *p, const char *end, bool first,
				struct pw_json_fault *f)
{
	for (;; first = false) {
		const bool object = in_object(n);
		p = nest_blank(n, p, end);
		if (p < end && *p == (object ? '}' : ']')) {
			p++;
			if (--n->depth == 0)
				return p;
			continue;
		}
		if (!first) {
			if (p == end || *p != ',')
				return expected(f, p, object ? "',' or '}'" : "',' or ']'");
			p = nest_blank(n, p + 1, end);
		}
		return object ? nest_name(n, p, end, f) : p;
	}
}

static const char *next_nested(const char *p, const char *end, struct pw_json_value *v,
			       struct pw_json_fault *f)
{
	struct nest n = {.depth = 0};
	struct pw_json_value scalar;
	v->at = p;
	v->kind = *p == '{' ? PW_JSON_OBJECT : PW_JSON_ARRAY;
	do {
		bool opened = false;
		if (p < end && (*p == '{' || *p == '[')) {
			if (n.depth == PW_JSON_DEPTH)
				return wrong(f, p, "nested too deep (more than 2047)");
			nest_open(&n, *p++ == '{');
			opened = true;
		} else {
			p = next_scalar(p, end, &scalar, f);
		}
		if (p != NULL)
			p = nest_between(&n, p, end, opened, f);
	} while (p != NULL && n.depth > 0);
	if (p == NULL)
		return NULL;
	v->length = (uint32_t)(p - v->at);
	v->spaced = n.spaced;
	return p;
}

const char *pw_json_next(const char *p, const char *end, struct pw_json_value *v,
			 struct pw_json_fault *fault)
{
	v->escaped = v->spaced = false;
	if (p < end && (*p == '{' || *p == '['))
		return next_nested(p, end, v, fault);
	return next_scalar(p, end, v, fault);
}

int pw_json_whole(struct pw_slice text, struct pw_json_value *v, struct pw_json_fault *fault)
{
	const char *const end = text.data + text.length;
	const char *p = pw_json_blank(text.data, end);
	if (text.length > UINT32_MAX) {
		wrong(fault, text.data, "longer than 4 GB");
		return -1;
	}
	p = pw_json_next(p, end, v, fault);
	if (p == NULL)
		return -1;
	p = pw_json_blank(p, end);
	if (p == end)
		return 0;
	expected(fault, p, "the end");
	return -1;
}

int pw_json_fail(const struct pw_json_fault *f, const char *start, const char *end)
{
	size_t n = 1; /* code points, as an editor counts; of broken text, bytes that begin one */
	for (const char *p = start; p < f->at && p < end; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	if (!f->expected)
		return pw_fail(PW_DATA, "character %zu: %s", n, f->what);
	if (f->at >= end)
		return pw_fail(PW_DATA, "character %zu: found the end, expected %s", n, f->what);
	if ((unsigned char)*f->at < 0x20 || (unsigned char)*f->at >= 0x7f)
		return pw_fail(PW_DATA, "character %zu: found byte %02x, expected %s", n,
			       (unsigned char)*f->at, f->what);
	return pw_fail(PW_DATA, "character %zu: found '%c', expected %s", n, *f->at, f->what);
}

/* ---- values ---- */

static void add_code_point(struct pw_bytes *b, uint32_t c)
{
	char *const p = pw_bytes_room(b, 4);
	size_t n = 0;
	if (c < 0x80) {
		p[n++] = (char)c;
	} else if (c < 0x800) {
		p[n++] = (char)(0xc0 | c >> 6);
		p[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		p[n++] = (char)(0xe0 | c >> 12);
		p[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		p[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		p[n++] = (char)(0xf0 | c >> 18);
		p[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		p[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		p[n++] = (char)(0x80 | (c & 0x3f));
	}
	b->length += n;
}

/* p is at the backslash of a checked string; what follows the escape. */
static const char *add_escape(struct pw_bytes *b, const char *p, const char *end)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	if (p[1] != 'u') {
		const char *const at = strchr(from, p[1]);
		pw_bytes_put(b, at ? to[at - from] : p[1]);
		return p + 2;
	}
	const int32_t unit = hex_unit(p + 2, end);
	if (!is_high(unit)) {
		add_code_point(b, (uint32_t)unit);
		return p + 6;
	}
	const int32_t low = hex_unit(p + 8, end);
	add_code_point(b, 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
	return p + 12;
}

void pw_json_text(const struct pw_json_value *v, struct pw_bytes *b)
{
	const char *p = v->at, *const end = p + v->length;
	while (v->escaped && p < end) {
		const char *const at = memchr(p, '\\', (size_t)(end - p));
		if (at == NULL)
			break;
		pw_bytes_add(b, p, (size_t)(at - p));
		p = add_escape(b, at, end);
	}
	pw_bytes_add(b, p, (size_t)(end - p));
}

void pw_json_compact(const struct pw_json_value *v, struct pw_bytes *b)
{
	const char *p = v->at, *const end = p + v->length;
	if (v->kind == PW_JSON_STRING) {
		pw_bytes_add(b, v->at - 1, (size_t)v->length + 2);
		return;
	}
	if (!v->spaced) {
		pw_bytes_add(b, p, v->length);
		return;
	}
	bool quoted = false;
	char *out = pw_bytes_room(b, v->length);
	for (; p < end; p++) {
		if (!quoted && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
			continue;
		if (*p == '"')
			quoted = !quoted;
		*out++ = *p;
		if (quoted && *p == '\\')
			*out++ = *++p;
	}
	b->length = (size_t)(out - b->data);
}

bool pw_json_step(const struct pw_json_value *v, const char **at, struct pw_json_value *name,
		  struct pw_json_value *item)
{
	const char *const end = v->at + v->length;
	struct pw_json_value ignored;
	struct pw_json_fault fault;
	const char *p = pw_json_blank(*at ? *at : v->at + 1, end);
	if (*p == ',')
		p = pw_json_blank(p + 1, end);
	if (*p == ']' || *p == '}')
		return false;
	if (v->kind == PW_JSON_OBJECT) {
		p = pw_json_next(p, end, name ? name : &ignored, &fault);
		p = pw_json_blank(p, end) + 1; /* the colon */
		p = pw_json_blank(p, end);
	}
	*at = pw_json_next(p, end, item, &fault);
	return true;
}

static bool is_named(const struct pw_json_value *name, struct pw_slice wanted)
{
	if (!name->escaped)
		return pw_slice_equal((struct pw_slice){name->at, name->length}, wanted);
	struct pw_bytes b = {0};
	pw_json_text(name, &b);
	const bool same = pw_slice_equal((struct pw_slice){b.data, b.length}, wanted);
	pw_bytes_release(&b);
	return same;
}

/* A place in an array as a pointer writes it, or SIZE_MAX. */
static size_t place_of(struct pw_slice s)
{
	size_t n = 0;
	if (s.length == 0 || s.length > 10 || (s.length > 1 && s.data[0] == '0'))
		return SIZE_MAX;
	for (size_t i = 0; i < s.length; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return SIZE_MAX;
		n = n * 10 + (size_t)(s.data[i] - '0');
	}
	return n;
}

size_t pw_json_find(const struct pw_json_value *v, struct pw_slice name,
		    struct pw_json_value *found)
{
	const bool object = v->kind == PW_JSON_OBJECT;
	const size_t place = object ? 0 : place_of(name);
	struct pw_json_value key, item;
	const char *at = NULL;
	size_t count = 0;
	if (v->kind < PW_JSON_ARRAY)
		return 0;
	for (size_t i = 0; pw_json_step(v, &at, &key, &item); i++) {
		if (object ? !is_named(&key, name) : i != place)
			continue;
		*found = item;
		count++;
		if (!object)
			break;
	}
	return count;
}

int pw_json_int(const struct pw_json_value *v, int64_t *x)
{
	return pw_text_int((struct pw_slice){v->at, v->length}, x);
}

/* ---- into vectors ---- */

static struct pw_slice text_of(const struct pw_json_value *v, struct pw_bytes *scratch)
{
	if (!v->escaped)
		return (struct pw_slice){v->at, v->length};
	pw_bytes_clear(scratch);
	pw_json_text(v, scratch);
	return (struct pw_slice){scratch->data, scratch->length};
}

static int append_float(struct pw_vector *v, const struct pw_json_value *value)
{
	const bool string = value->kind == PW_JSON_STRING;
	double x;
	if (!string && value->kind != PW_JSON_INT && value->kind != PW_JSON_REAL)
		return -1;
	if (pw_text_float((struct pw_slice){value->at, value->length}, &x) < 0)
		return -1;
	/* nan and infinities come as strings; a number too large for a double is refused */
	if (string != (x != x || x - x != 0))
		return -1;
	pw_vector_float(v, x);
	return 0;
}

static int append_list(struct pw_vector *v, const struct pw_json_value *value,
		       struct pw_bytes *scratch)
{
	const uint32_t before = v->inner->rows;
	const char *at = NULL;
	struct pw_json_value item;
	if (value->kind != PW_JSON_ARRAY)
		return -1;
	while (pw_json_step(value, &at, NULL, &item)) {
		if (pw_json_append(v->inner, &item, scratch) < 0) {
			pw_vector_truncate(v->inner, before);
			return -1;
		}
	}
	pw_vector_list(v);
	return 0;
}

static int append_int(struct pw_vector *v, const struct pw_json_value *value)
{
	int64_t x;
	if (value->kind != PW_JSON_INT || pw_json_int(value, &x) < 0)
		return -1;
	pw_vector_word(v, x);
	return 0;
}

static int append_string(struct pw_vector *v, const struct pw_json_value *value,
			 struct pw_bytes *scratch)
{
	if (value->kind != PW_JSON_STRING)
		return -1;
	const struct pw_slice s = text_of(value, scratch);
	if (v->type.base != PW_STR)
		return pw_text_read(v, s);
	pw_vector_text(v, s.data, s.length);
	return 0;
}

static void append_json(struct pw_vector *v, const struct pw_json_value *value,
			struct pw_bytes *scratch)
{
	if (value->kind != PW_JSON_STRING && !value->spaced) {
		pw_vector_text(v, value->at, value->length);
		return;
	}
	pw_bytes_clear(scratch);
	pw_json_compact(value, scratch);
	pw_vector_text(v, scratch->data, scratch->length);
}

int pw_json_append(struct pw_vector *v, const struct pw_json_value *value, struct pw_bytes *scratch)
{
	if (value->kind == PW_JSON_NULL) {
		pw_vector_null(v);
		return 0;
	}
	if (v->type.depth > 0)
		return append_list(v, value, scratch);
	switch (v->type.base) {
	case PW_BOOL:
		if (value->kind != PW_JSON_TRUE && value->kind != PW_JSON_FALSE)
			return -1;
		pw_vector_bool(v, value->kind == PW_JSON_TRUE);
		return 0;
	case PW_INT:
		return append_int(v, value);
	case PW_FLOAT:
		return append_float(v, value);
	case PW_JSON:
		append_json(v, value, scratch);
		return 0;
	default:
		return append_string(v, value, scratch);
	}
}
