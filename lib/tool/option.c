#include "option.h"
#include "../base/near.h"
#include "../data/text.h"

#include <stdlib.h>

enum { COUNT_DIGITS = 18 }; /* any such number fits in 64 bits, with a sign or without */

#define COMMON(member) offsetof(struct pw_common, member)

static const struct pw_option common_options[] = {
	{0, "name", "STAGE", PW_OPTION_TEXT, COMMON(name), false,
	 "the stage's name, in state and messages"},
	{0, "on-error", "WHAT", PW_OPTION_TEXT, COMMON(on_error), true,
	 "rows with an error: stop (default), null, skip, or a FILE for them"},
	{0, "progress", NULL, PW_OPTION_FLAG, COMMON(progress), false, "show progress on stderr"},
	{'q', "quiet", NULL, PW_OPTION_FLAG, COMMON(quiet), false, "no notices, errors only"},
	{'v', "verbose", NULL, PW_OPTION_FLAG, COMMON(verbose), false,
	 "at the end say rows, commits, state and seconds on stderr"},
	{'z', "compress", NULL, PW_OPTION_FLAG, COMMON(compress), false,
	 "compress the stream written (zstd)"},
	{'h', "help", NULL, PW_OPTION_FLAG, COMMON(help), false, "show this help"},
	{'V', "version", NULL, PW_OPTION_FLAG, COMMON(version), false, "show the version"},
	{0},
};

/* An option of either table, how it was given, and where its value goes. */
struct found {
	const struct pw_option *option;
	bool by_letter;
	void *to;
};

struct given {
	const struct pw_option *option;
	const char *value;
};

struct parser {
	const struct pw_program *program;
	void *options;
	struct pw_common *common;
	char **argv;
	int argc, at;
	struct given *given; /* options that take one value */
	size_t given_count, given_capacity;
};

static struct found find(const struct parser *p, char letter, struct pw_slice name)
{
	const struct pw_option *tables[] = {p->program->options, common_options};

	for (int i = 0; i < 2; i++)
		for (const struct pw_option *o = tables[i]; o->name != NULL; o++)
			if (letter != 0 ? o->letter == letter
					: pw_slice_equal(pw_slice_of(o->name), name))
				return (struct found){
					o, letter != 0,
					(char *)(i == 0 ? p->options : (void *)p->common) +
						o->offset};
	return (struct found){0};
}

static int unknown_long(const struct parser *p, struct pw_slice name)
{
	const struct pw_option *tables[] = {p->program->options, common_options};
	const char *names[256];
	size_t count = 0;

	for (int i = 0; i < 2; i++)
		for (const struct pw_option *o = tables[i]; o->name != NULL && count < 256; o++)
			names[count++] = o->name;
	const char *near = pw_near(name.data, name.length, names, count);
	if (near != NULL)
		return pw_fail(PW_USAGE, "'--%.*s' is not an option (did you mean '--%s'?)",
			       (int)name.length, name.data, near);
	return pw_fail(PW_USAGE, "'--%.*s' is not an option; -h lists them", (int)name.length,
		       name.data);
}

static int bad_value(const struct found *f, const char *value, const char *what)
{
	pw_fail(PW_USAGE, "'%s' is not %s", value, what);
	return f->by_letter ? pw_fail_at("-%c", f->option->letter)
			    : pw_fail_at("--%s", f->option->name);
}

static int set_count(const struct found *f, const char *value)
{
	char *end;
	const uint64_t count = strtoull(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0')
		return bad_value(f, value, "a whole number, 0 or more");
	if (strlen(value) > COUNT_DIGITS)
		return bad_value(f, value, "a number of at most 18 digits");
	*(uint64_t *)f->to = count;
	return 0;
}

/* A second value would take the place of the first, where people may mean both. */
static int note_value(struct parser *p, const struct found *f, const char *value)
{
	const char *what = f->option->value;
	const bool list = what != NULL && strncmp(what, "COL", 3) == 0 && strcmp(what, "COL") != 0;

	if (f->option->kind == PW_OPTION_FLAG || f->option->kind == PW_OPTION_MANY)
		return 0;
	for (size_t i = 0; i < p->given_count; i++) {
		const struct given *g = &p->given[i];
		if (g->option != f->option)
			continue;
		if (list)
			pw_fail(PW_USAGE, "given twice, '%s' and '%s': write one list, '%s,%s'",
				g->value, value, g->value, value);
		else
			pw_fail(PW_USAGE, "given twice, '%s' and '%s': one value is expected",
				g->value, value);
		return f->by_letter ? pw_fail_at("-%c", f->option->letter)
				    : pw_fail_at("--%s", f->option->name);
	}
	p->given = pw_mem_grow(p->given, &p->given_capacity, p->given_count + 1, sizeof *p->given);
	p->given[p->given_count++] = (struct given){f->option, value};
	return 0;
}

static int set(struct parser *p, struct found f, const char *value)
{
	struct pw_texts *many;

	if (note_value(p, &f, value) < 0)
		return -1;
	switch (f.option->kind) {
	case PW_OPTION_FLAG:
		*(bool *)f.to = true;
		return 0;
	case PW_OPTION_TEXT:
	case PW_OPTION_OPTIONAL:
		*(const char **)f.to = value;
		return 0;
	case PW_OPTION_COUNT:
		return set_count(&f, value);
	case PW_OPTION_SIZE:
		return pw_text_size(pw_slice_of(value), f.to) == 0
			       ? 0
			       : bad_value(&f, value, "a size, such as 64K or 1G");
	case PW_OPTION_DURATION:
		return pw_text_duration(pw_slice_of(value), f.to) == 0
			       ? 0
			       : bad_value(&f, value, "a duration, such as 500ms or 1h30m");
	case PW_OPTION_MANY:
		many = f.to;
		many->items = pw_mem_grow(many->items, &many->capacity, many->count + 1,
					  sizeof *many->items);
		many->items[many->count++] = value;
		return 0;
	}
	return 0;
}

static bool takes_value(const struct pw_option *o)
{
	return o->kind != PW_OPTION_FLAG && o->kind != PW_OPTION_OPTIONAL;
}

/* The word after the option in hand; NULL: there is none. */
static const char *next_word(struct parser *p)
{
	return p->at + 1 < p->argc ? p->argv[++p->at] : NULL;
}

static int take_long(struct parser *p, const char *text)
{
	const char *equals = strchr(text, '=');
	const struct pw_slice name = {text, equals ? (size_t)(equals - text) : strlen(text)};
	const struct found f = find(p, 0, name);
	const char *value = equals ? equals + 1 : NULL;

	if (f.option == NULL)
		return unknown_long(p, name);
	if (value != NULL && f.option->kind == PW_OPTION_FLAG)
		return pw_fail(PW_USAGE, "--%s takes no value", f.option->name);
	if (value == NULL && takes_value(f.option)) {
		value = next_word(p);
		if (value == NULL)
			return pw_fail(PW_USAGE, "--%s needs a value: %s", f.option->name,
				       f.option->value);
	}
	return set(p, f, value != NULL ? value : "");
}

static int take_letters(struct parser *p, const char *text)
{
	for (; *text != '\0'; text++) {
		const struct found f = find(p, *text, (struct pw_slice){0});
		if (f.option == NULL)
			return pw_fail(PW_USAGE, "'-%.*s' is not an option; -h lists them",
				       (unsigned char)*text < 128 ? 1 : (int)strlen(text), text);
		if (!takes_value(f.option)) {
			if (set(p, f, "") < 0)
				return -1;
			continue;
		}
		const char *value = text[1] != '\0' ? text + 1 : next_word(p);
		if (value == NULL)
			return pw_fail(PW_USAGE, "-%c needs a value: %s", *text, f.option->value);
		return set(p, f, value);
	}
	return 0;
}

static void add_canonical(struct pw_command *c, size_t *capacity, char *text)
{
	c->canonical =
		pw_mem_grow(c->canonical, capacity, c->canonical_count + 1, sizeof *c->canonical);
	c->canonical[c->canonical_count++] = text;
}

/* Adds the options that change the answer, as they were understood. */
static void canonical_options(struct pw_command *c, size_t *capacity, const struct pw_option *table,
			      const void *values)
{
	for (const struct pw_option *o = table; o->name != NULL; o++) {
		const void *at = (const char *)values + o->offset;
		const char *const *text = at;
		const struct pw_texts *many = at;
		if (!o->answer)
			continue;
		switch (o->kind) {
		case PW_OPTION_FLAG:
			if (*(const bool *)at)
				add_canonical(c, capacity, pw_mem_print("--%s", o->name));
			break;
		case PW_OPTION_TEXT:
		case PW_OPTION_OPTIONAL:
			if (*text != NULL)
				add_canonical(c, capacity, pw_mem_print("--%s=%s", o->name, *text));
			break;
		case PW_OPTION_COUNT:
		case PW_OPTION_SIZE:
		case PW_OPTION_DURATION:
			add_canonical(c, capacity,
				      pw_mem_print("--%s=%lld", o->name, *(const long long *)at));
			break;
		case PW_OPTION_MANY:
			for (size_t i = 0; i < many->count; i++)
				add_canonical(c, capacity,
					      pw_mem_print("--%s=%s", o->name, many->items[i]));
			break;
		}
	}
}

/* An input exec:COMMAND or /dev/fd/N is known by the lineage of its stream: neither its command nor the number
 * that the shell gave it changes an answer. */
static char *canonical_argument(const char *text)
{
	static const char *const inputs[] = {"exec:", "/dev/fd/", "/proc/self/fd/"};

	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
		if (strncmp(text, inputs[i], strlen(inputs[i])) == 0)
			return pw_mem_copy(inputs[i], strlen(inputs[i]));
	return pw_mem_copy(text, strlen(text));
}

int pw_option_parse(const struct pw_program *program, int argc, char **argv, void *options,
		    struct pw_common *common, struct pw_command *command)
{
	struct parser p = {.program = program,
			   .options = options,
			   .common = common,
			   .argv = argv,
			   .argc = argc,
			   .at = 1};
	bool ended = false;
	size_t capacity = 0;
	int rc = 0;

	command->args = pw_mem_zero((size_t)argc + 1, sizeof *command->args);
	for (; p.at < argc && rc == 0; p.at++) {
		char *word = argv[p.at];
		if (ended || word[0] != '-' || word[1] == '\0')
			command->args[command->arg_count++] = word;
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			rc = take_long(&p, word + 2);
		else
			rc = take_letters(&p, word + 1);
	}
	free(p.given);
	if (rc < 0)
		return -1;
	canonical_options(command, &capacity, program->options, options);
	canonical_options(command, &capacity, common_options, common);
	for (int i = 0; i < command->arg_count; i++)
		add_canonical(command, &capacity, canonical_argument(command->args[i]));
	return 0;
}

static void help_table(struct pw_bytes *b, const struct pw_option *table)
{
	for (const struct pw_option *o = table; o->name != NULL; o++) {
		const size_t start = b->length;
		if (o->letter != 0)
			pw_bytes_print(b, "  -%c, --%s", o->letter, o->name);
		else
			pw_bytes_print(b, "      --%s", o->name);
		if (o->kind == PW_OPTION_OPTIONAL)
			pw_bytes_print(b, "[=%s]", o->value);
		else if (o->value != NULL)
			pw_bytes_print(b, " %s", o->value);
		const size_t width = b->length - start;
		if (width < 26)
			pw_bytes_print(b, "%*s", (int)(26 - width), "");
		else
			pw_bytes_print(b, "\n%*s", 26, "");
		pw_bytes_print(b, "%s\n", o->help);
	}
}

void pw_option_help(struct pw_bytes *b, const struct pw_program *program)
{
	pw_bytes_print(b, "usage: %s%s%s\n%s: %s\n", program->name,
		       program->synopsis[0] != '\0' ? " " : "", program->synopsis, program->name,
		       program->summary);
	if (program->examples != NULL)
		pw_bytes_print(b, "\nexamples:\n%s", program->examples);
	if (program->options[0].name != NULL) {
		pw_bytes_text(b, "\noptions:\n");
		help_table(b, program->options);
	}
	pw_bytes_text(b, "\noptions of every pw program:\n");
	help_table(b, common_options);
	pw_bytes_print(b, "\nman %s says more; man 7 pw explains streams\n", program->name);
}
