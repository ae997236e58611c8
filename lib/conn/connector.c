#include "connector.h"

#include <ctype.h>
#include <stdlib.h>

const struct pw_connector_kind *const pw_connector_kinds[] = {
	&pw_connector_files, &pw_connector_stdin, &pw_connector_clock, &pw_connector_program, NULL,
};

/* The length of SCHEME in SCHEME://rest; 0: there is none. */
static size_t scheme_length(const char *source)
{
	size_t n = 0;

	while (isalnum((unsigned char)source[n]) ||
	       (n > 0 && strchr("+-.", source[n]) != NULL && source[n] != '\0'))
		n++;
	return n > 0 && isalpha((unsigned char)source[0]) && strncmp(source + n, "://", 3) == 0 ? n
												: 0;
}

const struct pw_connector_kind *pw_connector_of(const char *source)
{
	const size_t n = scheme_length(source);

	if (strcmp(source, "-") == 0)
		return &pw_connector_stdin;
	if (strncmp(source, "clock:", 6) == 0)
		return &pw_connector_clock;
	if (n == 0)
		return &pw_connector_files;
	for (const struct pw_connector_kind *const *k = pw_connector_kinds; *k != NULL; k++)
		if ((*k)->scheme != NULL && strlen((*k)->scheme) == n &&
		    strncmp((*k)->scheme, source, n) == 0)
			return *k;
	return &pw_connector_program;
}

struct pw_connector *pw_connector_open(const struct pw_connector_kind *kind,
				       const struct pw_connector_options *options)
{
	struct pw_connector *c = pw_mem_zero(1, kind->size);

	c->kind = kind;
	c->options = options;
	if (kind->open(c) == 0)
		return c;
	pw_connector_close(c);
	return NULL;
}

void pw_connector_close(struct pw_connector *c)
{
	if (c == NULL)
		return;
	c->kind->close(c);
	free(c);
}
