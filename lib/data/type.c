#include "type.h"
#include "../base/fail.h"
#include "../base/near.h"

#include <stdio.h>
#include <strings.h>

static const struct {
	const char *name;
	enum pw_form form;
} bases[PW_BASES] = {
	[PW_BOOL] = {"bool", PW_FORM_BYTE},
	[PW_INT] = {"int", PW_FORM_WORD},
	[PW_FLOAT] = {"float", PW_FORM_WORD},
	[PW_STR] = {"str", PW_FORM_TEXT},
	[PW_BYTES] = {"bytes", PW_FORM_TEXT},
	[PW_JSON] = {"json", PW_FORM_TEXT},
	[PW_DATETIME] = {"datetime", PW_FORM_WORD},
	[PW_DATETIME_UTC] = {"datetime_utc", PW_FORM_WORD},
	[PW_DURATION] = {"duration", PW_FORM_WORD},
	[PW_UUID] = {"uuid", PW_FORM_WIDE},
};

enum pw_form pw_type_form(struct pw_type type)
{
	return type.depth > 0 ? PW_FORM_LIST : bases[type.base].form;
}

size_t pw_type_width(struct pw_type type)
{
	static const uint8_t width[] = {[PW_FORM_BYTE] = 1,
					[PW_FORM_WORD] = 8,
					[PW_FORM_WIDE] = 16,
					[PW_FORM_TEXT] = 0,
					[PW_FORM_LIST] = 0};

	return width[pw_type_form(type)];
}

struct pw_type pw_type_element(struct pw_type type)
{
	if (type.depth == 0)
		pw_bug("the element of %s was asked for", pw_type_name(type));
	return (struct pw_type){type.base, (uint8_t)(type.depth - 1), false};
}

bool pw_type_equal(struct pw_type a, struct pw_type b)
{
	return a.base == b.base && a.depth == b.depth;
}

const char *pw_type_name(struct pw_type type)
{
	/* Several names may stand in one message. */
	static _Thread_local char ring[4][16 + 6 * PW_DEPTH_MAX + 2];
	static _Thread_local unsigned next;
	char *name = ring[next++ % 4], *p = name;

	for (unsigned i = 0; i < type.depth; i++)
		p += sprintf(p, "list<");
	p += sprintf(p, "%s", bases[type.base].name);
	for (unsigned i = 0; i < type.depth; i++)
		*p++ = '>';
	if (type.required)
		*p++ = '!';
	*p = '\0';
	return name;
}

const char *pw_type_article(struct pw_type type)
{
	return type.depth == 0 && type.base == PW_INT ? "an" : "a";
}

static struct pw_slice trim(struct pw_slice s)
{
	while (s.length > 0 && s.data[0] == ' ')
		s.data++, s.length--;
	while (s.length > 0 && s.data[s.length - 1] == ' ')
		s.length--;
	return s;
}

/* Takes the prefix or suffix off, in any case. */
static bool strip(struct pw_slice *s, const char *word, bool at_end)
{
	const size_t n = strlen(word);

	if (s->length < n || strncasecmp(at_end ? s->data + s->length - n : s->data, word, n) != 0)
		return false;
	if (!at_end)
		s->data += n;
	s->length -= n;
	*s = trim(*s);
	return true;
}

static int unknown(struct pw_slice text)
{
	const char *names[PW_BASES];

	for (int i = 0; i < PW_BASES; i++)
		names[i] = bases[i].name;
	const char *near = pw_near(text.data, text.length, names, PW_BASES);
	if (near != NULL)
		return pw_fail(PW_USAGE, "'%.*s' is not a type (did you mean '%s'?)",
			       (int)text.length, text.data, near);
	return pw_fail(PW_USAGE,
		       "'%.*s' is not a type; types are bool int float str bytes json datetime "
		       "datetime_utc duration uuid list<T>",
		       (int)(text.length < 100 ? text.length : 100), text.data);
}

int pw_type_parse(struct pw_slice text, struct pw_type *type)
{
	struct pw_slice s = trim(text);

	*type = (struct pw_type){0};
	if (strip(&s, "!", true) || strip(&s, " not null", true))
		type->required = true;
	while (s.length > 4 && strncasecmp(s.data, "list", 4) == 0) {
		if (!strip(&s, "list", false) || !strip(&s, "<", false) || !strip(&s, ">", true))
			return unknown(text);
		if (++type->depth > PW_DEPTH_MAX)
			return pw_fail(PW_USAGE, "lists nest deeper than %d", PW_DEPTH_MAX);
	}
	for (int i = 0; i < PW_BASES; i++)
		if (strlen(bases[i].name) == s.length &&
		    strncasecmp(s.data, bases[i].name, s.length) == 0) {
			type->base = (uint8_t)i;
			return 0;
		}
	return unknown(s);
}
