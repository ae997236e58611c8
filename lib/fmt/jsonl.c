#include "../base/fail.h"
#include "jsonl_internal.h"

#include <stdlib.h>

/* Offsets within a line have 32 bits. */
#define WINDOW ((size_t)1 << 31)

size_t pw_jsonl_mark(struct pw_jsonl *j, const char *data, size_t n)
{
	const bool first = !j->started;
	if (n < 3) /* no line with a row in it is that short */
		return 0;
	j->started = true;
	return first && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

const char *pw_jsonl_stop(struct pw_jsonl *j, const char *data, size_t n, bool last)
{
	const char *newline;
	const size_t all = n;
	if (n > WINDOW) {
		n = WINDOW;
		last = false;
	}
	if (last)
		return data + n;
	newline = n == 0 ? NULL : memrchr(data, '\n', n);
	if (newline != NULL)
		return newline + 1;
	if (all > j->parser.options->max_line || all > n) {
		pw_parser_too_long(&j->parser, all);
		return NULL;
	}
	return data;
}

static int json_begin(struct pw_parser *p)
{
	struct pw_jsonl *const j = (struct pw_jsonl *)p;
	j->started = false;
	return 0;
}

/* ---- the layout ---- */

static uint32_t member_for(struct pw_jsonl *j, struct pw_slice name)
{
	const uint32_t m = pw_jsonl_names_find(&j->members, name);
	return m != PW_JSONL_NONE ? m : pw_jsonl_names_add(&j->members, name);
}

/* One token of a pointer, ~0 and ~1 undone, into memory of its own. */
static int pointer_token(const char *p, size_t length, struct pw_slice *token)
{
	char *const text = pw_mem_copy(p, length);
	size_t n = 0;
	for (size_t i = 0; i < length; i++) {
		text[n++] = text[i];
		if (text[i] != '~')
			continue;
		i++;
		if (i == length || (text[i] != '0' && text[i] != '1')) {
			free(text);
			return -1;
		}
		text[n - 1] = text[i] == '0' ? '~' : '/';
	}
	*token = (struct pw_slice){text, n};
	return 0;
}

static int bind_pointer(struct pw_jsonl *j, struct pw_jsonl_column *to,
			const struct pw_parser_column *from)
{
	const char *p = from->pointer;
	size_t capacity = 0;
	bool first = true;
	while (*p == '/') {
		const size_t length = strcspn(++p, "/");
		struct pw_slice token;
		if (pointer_token(p, length, &token) < 0)
			return pw_fail(PW_USAGE,
				       "column '%s': JSON pointer '%s': a '~' that is not "
				       "~0 or ~1",
				       from->name, from->pointer);
		p += length;
		if (first) {
			to->member = member_for(j, token);
			free((char *)token.data);
			first = false;
			continue;
		}
		to->steps = pw_mem_grow(to->steps, &capacity, to->step_count + 1, sizeof token);
		to->steps[to->step_count++] = token;
	}
	if (*p != '\0')
		return pw_fail(PW_USAGE, "column '%s': JSON pointer '%s' does not begin with '/'",
			       from->name, from->pointer);
	return 0;
}

static int json_bind(struct pw_parser *p)
{
	struct pw_jsonl *const j = (struct pw_jsonl *)p;
	const struct pw_parser_layout *const layout = p->layout;
	j->columns = pw_mem_zero(layout->count + 1, sizeof *j->columns);
	for (size_t c = 0; c < layout->count; c++) {
		const struct pw_parser_column *const col = &layout->columns[c];
		j->columns[c].member = PW_JSONL_NONE;
		if (col->pointer == NULL)
			j->columns[c].member = member_for(j, pw_slice_of(col->name));
		else if (bind_pointer(j, &j->columns[c], col) < 0)
			return -1;
	}
	j->watch = !p->options->only;
	if (p->options->changes) {
		j->time = member_for(j, PW_SLICE("_time"));
		j->diff = member_for(j, PW_SLICE("_diff"));
	}
	const size_t count = j->members.count;
	j->next = pw_mem_alloc(count + 1, sizeof *j->next);
	memset(j->next, 0xff, (count + 1) * sizeof *j->next);
	j->first = PW_JSONL_NONE;
	j->reached = pw_mem_zero(count + 1, sizeof *j->reached);
	j->template.absent = pw_mem_zero(count + 1, sizeof *j->template.absent);
	j->block.tokens = pw_mem_alloc((count + 1) * PW_JSONL_ROWS, sizeof *j->block.tokens);
	return 0;
}

/* ---- reading ---- */

static ptrdiff_t json_parse(struct pw_parser *p, const char *data, size_t n, bool last,
			    struct pw_builder *out)
{
	struct pw_jsonl *const j = (struct pw_jsonl *)p;
	const int look = pw_parser_look(p, data, n, last);
	if (look != 0)
		return look < 0 ? -1 : 0;
	const char *at = data + pw_jsonl_mark(j, data, n);
	const char *const stop = pw_jsonl_stop(j, data, n, last);
	if (stop == NULL)
		return -1;
	while (at < stop && !pw_builder_full(out)) {
		const uint32_t room = PW_BATCH_ROWS - out->rows;
		const char *end =
			pw_jsonl_scan(j, at, stop, room < PW_JSONL_ROWS ? room : PW_JSONL_ROWS);
		const int r = pw_jsonl_take(j, out, &end);
		at = end;
		if (r < 0)
			return -1;
		if (r > 0)
			break;
		if (j->block.bad == NULL)
			continue;
		if (pw_jsonl_bad_line(j) < 0)
			return -1;
		at = j->block.bad_end;
	}
	return at - data;
}

static void json_close(struct pw_parser *p)
{
	struct pw_jsonl *const j = (struct pw_jsonl *)p;
	for (size_t c = 0; j->columns != NULL && c < p->layout->count; c++) {
		for (size_t i = 0; i < j->columns[c].step_count; i++)
			free((char *)j->columns[c].steps[i].data);
		free(j->columns[c].steps);
	}
	free(j->columns);
	for (size_t i = 0; i < j->found.count; i++)
		pw_found_kinds_release(&j->fields[i]);
	pw_jsonl_names_release(&j->found);
	free(j->fields);
	pw_jsonl_names_release(&j->members);
	free(j->next);
	free(j->reached);
	free(j->block.tokens);
	free(j->template.text);
	free(j->template.steps);
	free(j->template.absent);
	free(j->parts);
	pw_bytes_release(&j->scratch);
	pw_bytes_release(&p->unseen_first);
}

static const char *const suffixes[] = {".jsonl", ".ndjson", ".json", NULL};

const struct pw_parser_kind pw_json = {
	.name = "jsonl",
	.suffixes = suffixes,
	.size = sizeof(struct pw_jsonl),
	.begin = json_begin,
	.sample = pw_jsonl_sample,
	.columns = pw_jsonl_columns,
	.bind = json_bind,
	.parse = json_parse,
	.close = json_close,
};
