#include "function.h"

#include "../base/fail.h"
#include "../base/near.h"

static const struct pw_functions *const lists[] = {
	&pw_kernel_math,      &pw_kernel_round,     &pw_kernel_compare,   &pw_kernel_text,
	&pw_kernel_search,    &pw_kernel_case,      &pw_kernel_match,     &pw_kernel_hash,
	&pw_kernel_time,      &pw_kernel_span,      &pw_kernel_zone,      &pw_kernel_cast,
	&pw_kernel_json,      &pw_kernel_json_path, &pw_kernel_json_make, &pw_kernel_list,
	&pw_kernel_list_fold,
};

const struct pw_function *pw_function_at(size_t i)
{
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		if (i < lists[k]->count)
			return &lists[k]->items[i];
		i -= lists[k]->count;
	}
	return NULL;
}

bool pw_function_known(struct pw_slice name)
{
	const struct pw_function *f;
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++)
		if (pw_slice_equal(name, pw_slice_of(f->name)))
			return true;
	return false;
}

const char *pw_function_near(struct pw_slice name)
{
	enum { MOST = 1024 };
	const struct pw_function *f;
	const char *names[MOST];
	size_t count = 0;
	for (size_t i = 0; (f = pw_function_at(i)) != NULL && count < MOST; i++)
		if (f->help != NULL)
			names[count++] = f->name;
	return pw_near(name.data, name.length, names, count);
}

/* One type of a signature, up to a comma or bracket; moves *at past it. */
static struct pw_type signature_type(const char **at)
{
	const char *from = *at, *end = from + strcspn(from, ",().");
	struct pw_type type;

	*at = end;
	if (end - from == 1 && *from == 'T')
		return PW_TYPE(PW_ANY);
	if (end - from == 1 && *from == 'D')
		return PW_TYPE(PW_ANY_TIME);
	if (end - from == 1 && *from == 'E')
		return PW_TYPE(PW_EACH);
	if (end - from == 7 && memcmp(from, "list<T>", 7) == 0)
		return PW_LIST_OF(PW_TYPE(PW_ANY));
	if (pw_type_parse((struct pw_slice){from, (size_t)(end - from)}, &type) < 0)
		pw_bug("signature '%s'", from);
	return type;
}

void pw_function_signature(const struct pw_function *f, struct pw_signature *s)
{
	const char *at = f->signature;

	*s = (struct pw_signature){0};
	s->result = signature_type(&at);
	while (*at == '(' || *at == ',') {
		at++;
		if (*at == ')')
			break;
		if (s->count == PW_PARAMS_MAX)
			pw_bug("signature '%s' is too long", f->signature);
		s->params[s->count++] = signature_type(&at);
	}
	s->variadic = *at == '.';
}

/* "round(float, int) -> float", as people write it */
static void add_form(struct pw_bytes *text, const struct pw_function *f)
{
	const char *params = strchr(f->signature, '(');

	pw_bytes_text(text, f->name);
	for (const char *p = params; *p; p++) {
		pw_bytes_put(text, *p);
		if (*p == ',')
			pw_bytes_put(text, ' ');
	}
	pw_bytes_print(text, " -> %.*s", (int)(params - f->signature), f->signature);
}

void pw_function_help(struct pw_bytes *text)
{
	pw_bytes_text(
		text,
		"T is any type, E too but not the same each time, D a datetime or datetime_utc;\n"
		"... repeats.\n");
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		bool any = false;
		for (size_t i = 0; i < lists[k]->count; i++) {
			const struct pw_function *f = &lists[k]->items[i];
			if (f->help == NULL)
				continue;
			if (!any)
				pw_bytes_print(text, "\n%s\n", lists[k]->subject);
			any = true;
			pw_bytes_text(text, "  ");
			add_form(text, f);
			pw_bytes_print(text, "\n      %s\n", f->help);
			if (f->example != NULL)
				pw_bytes_print(text, "      %s = %s\n", f->example,
					       f->result ? f->result : "null");
		}
	}
}
