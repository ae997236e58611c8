#include "text.h"

#include "../base/fail.h"
#include "../base/utf8.h"
#include "json.h"

static inline char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

int pw_text_bool(struct pw_slice s, bool *x)
{
	/* true and false in turn */
	static const char words[][6] = {"true", "false", "t",  "f",   "yes", "no",
					"y",    "n",     "on", "off", "1",   "0"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = 0;
		while (n < s.length && words[i][n] && lower(s.data[n]) == words[i][n])
			n++;
		if (n == s.length && n > 0 && words[i][n] == '\0')
			return *x = i % 2 == 0, 0;
	}
	return -1;
}

/* The text of a value that is neither a list nor a text. */
static void add_fixed(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	switch (c->type.base) {
	case PW_BOOL:
		pw_bytes_text(b, pw_column_bool(c, row) ? "true" : "false");
		break;
	case PW_INT:
		pw_text_add_int(b, pw_column_int(c, row));
		break;
	case PW_FLOAT:
		pw_text_add_float(b, pw_column_float(c, row));
		break;
	case PW_DATETIME:
	case PW_DATETIME_UTC:
		pw_text_add_datetime(b, pw_column_int(c, row), c->type.base == PW_DATETIME_UTC);
		break;
	case PW_DURATION:
		pw_text_add_duration(b, pw_column_int(c, row));
		break;
	case PW_UUID:
		pw_text_add_uuid(b, pw_column_uuid(c, row));
		break;
	default:
		pw_bug("type %d has no text", c->type.base);
	}
}

static void add_text(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	const struct pw_slice s = pw_column_text(c, row);
	if (c->type.base == PW_BYTES)
		pw_text_add_base64(b, s.data, s.length);
	else
		pw_bytes_add(b, s.data, s.length);
}

static void add_list(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	uint32_t from, to;
	pw_column_list(c, row, &from, &to);
	pw_bytes_put(b, '[');
	for (uint32_t i = from; i < to; i++) {
		if (i > from)
			pw_bytes_put(b, ',');
		pw_text_add_json(b, c->inner, i);
	}
	pw_bytes_put(b, ']');
}

void pw_text_add(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	if (c->type.depth > 0)
		add_list(b, c, row);
	else if (pw_type_form(c->type) == PW_FORM_TEXT)
		add_text(b, c, row);
	else
		add_fixed(b, c, row);
}

/* Types whose text is JSON as it stands; a float's may be nan or inf. */
static bool bare_in_json(const struct pw_column *c, uint32_t row)
{
	if (c->type.depth > 0)
		return true;
	switch (c->type.base) {
	case PW_BOOL:
	case PW_INT:
	case PW_JSON:
		return true;
	case PW_FLOAT:
		return __builtin_isfinite(pw_column_float(c, row));
	default:
		return false;
	}
}

void pw_text_add_json(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	if (pw_column_null(c, row)) {
		pw_bytes_add(b, "null", 4);
	} else if (bare_in_json(c, row)) {
		pw_text_add(b, c, row);
	} else if (c->type.base == PW_STR) {
		const struct pw_slice s = pw_column_text(c, row);
		pw_text_add_json_string(b, s.data, s.length);
	} else {
		pw_bytes_put(b, '"');
		pw_text_add(b, c, row);
		pw_bytes_put(b, '"');
	}
}

static int read_bytes(struct pw_vector *v, struct pw_slice s)
{
	struct pw_bytes bytes = {0};
	const int status = pw_text_base64(s, &bytes);
	if (status == 0)
		pw_vector_text(v, bytes.data, bytes.length);
	pw_bytes_release(&bytes);
	return status;
}

static int read_json(struct pw_vector *v, struct pw_slice s)
{
	struct pw_json_value value;
	struct pw_json_fault fault;
	struct pw_bytes scratch = {0};
	int status = -1;
	if (s.length < UINT32_MAX && pw_json_whole(s, &value, &fault) == 0)
		if (v->type.depth == 0 || value.kind == PW_JSON_ARRAY)
			status = pw_json_append(v, &value, &scratch);
	pw_bytes_release(&scratch);
	return status;
}

static int read_word(struct pw_vector *v, struct pw_slice s)
{
	int64_t x = 0;
	int status = -1;
	switch (v->type.base) {
	case PW_INT:
		status = pw_text_int(s, &x);
		break;
	case PW_DATETIME:
		status = pw_text_datetime(s, &x);
		break;
	case PW_DATETIME_UTC:
		status = pw_text_datetime_utc(s, &x);
		break;
	case PW_DURATION:
		status = pw_text_duration(s, &x);
		break;
	default:
		pw_bug("type %d is not read from text", v->type.base);
	}
	if (status == 0)
		pw_vector_word(v, x);
	return status;
}

int pw_text_read(struct pw_vector *v, struct pw_slice s)
{
	bool yes;
	double x;
	uint8_t uuid[16];
	if (v->type.depth > 0)
		return read_json(v, s);
	switch (v->type.base) {
	case PW_BOOL:
		return pw_text_bool(s, &yes) ? -1 : (pw_vector_bool(v, yes), 0);
	case PW_FLOAT:
		return pw_text_float(s, &x) ? -1 : (pw_vector_float(v, x), 0);
	case PW_STR:
		return pw_utf8_valid(s.data, s.length) ? (pw_vector_text(v, s.data, s.length), 0)
						       : -1;
	case PW_BYTES:
		return read_bytes(v, s);
	case PW_JSON:
		return read_json(v, s);
	case PW_UUID:
		return pw_text_uuid(s, uuid) ? -1 : (pw_vector_uuid(v, uuid), 0);
	default:
		return read_word(v, s);
	}
}
