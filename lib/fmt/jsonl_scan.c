#include "../base/fail.h"
#include "../base/hash.h"
#include "../data/json_scan.h"
#include "jsonl_internal.h"

#include <stdlib.h>

/* ---- names ---- */

uint32_t pw_jsonl_names_find(const struct pw_jsonl_names *n, struct pw_slice name)
{
	if (n->count == 0)
		return PW_JSONL_NONE;
	for (size_t at = pw_hash_bytes(name.data, name.length);; at++) {
		const uint32_t place = n->places[at & n->mask];
		if (place == 0)
			return PW_JSONL_NONE;
		if (pw_slice_equal(n->names[place - 1], name))
			return place - 1;
	}
}

static void names_place(struct pw_jsonl_names *n, uint32_t i)
{
	size_t at = pw_hash_bytes(n->names[i].data, n->names[i].length);
	while (n->places[at & n->mask] != 0)
		at++;
	n->places[at & n->mask] = i + 1;
}

uint32_t pw_jsonl_names_add(struct pw_jsonl_names *n, struct pw_slice name)
{
	const uint32_t i = (uint32_t)n->count;
	n->names = pw_mem_grow(n->names, &n->capacity, n->count + 1, sizeof *n->names);
	n->names[n->count++] = (struct pw_slice){pw_mem_copy(name.data, name.length), name.length};
	if (n->places != NULL && n->count <= n->mask / 2) {
		names_place(n, i);
		return i;
	}
	free(n->places);
	n->mask = n->places == NULL ? 31 : n->mask * 2 + 1;
	n->places = pw_mem_zero(n->mask + 1, sizeof *n->places);
	for (uint32_t k = 0; k <= i; k++)
		names_place(n, k);
	return i;
}

void pw_jsonl_names_release(struct pw_jsonl_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free((char *)n->names[i].data);
	free(n->names);
	free(n->places);
	*n = (struct pw_jsonl_names){0};
}

/* ---- one line, member by member ---- */

static int line_fault(struct pw_jsonl_line *l, const char *at, const char *what)
{
	l->fault = (struct pw_json_fault){at, what, true};
	return -1;
}

static int line_end(struct pw_jsonl_line *l)
{
	l->p = pw_json_blank(l->p + 1, l->end);
	return l->p == l->end ? 0 : line_fault(l, l->p, "the end of the line");
}

int pw_jsonl_line_next(struct pw_jsonl_line *l, struct pw_json_value *name,
		       struct pw_json_value *value)
{
	const char *const end = l->end;
	const char *p = pw_json_blank(l->p, end);
	const bool first = !l->begun;
	l->p = p;
	if (p == end || *p != (first ? '{' : ',')) {
		if (!first && p < end && *p == '}')
			return line_end(l);
		return line_fault(l, p, first ? "an object ('{')" : "',' or '}'");
	}
	l->begun = true;
	l->p = p = pw_json_blank(p + 1, end);
	if (first && p < end && *p == '}')
		return line_end(l);
	if (p == end || *p != '"')
		return line_fault(l, p, "a member's name in quotes");
	p = pw_json_next(p, end, name, &l->fault);
	if (p == NULL)
		return -1;
	p = pw_json_blank(p, end);
	if (p == end || *p != ':')
		return line_fault(l, p, "':'");
	l->p = pw_json_next(pw_json_blank(p + 1, end), end, value, &l->fault);
	return l->p == NULL ? -1 : 1;
}

/* ---- templates ---- */

/* A template with longer text or more values would not be worth its while. */
enum { SHAPE_STEPS = 1024, SHAPE_TEXT = 64 << 10 };

static void template_add(struct pw_jsonl_template *s, const char *text, size_t length,
			 uint32_t member)
{
	const size_t words = (length + 7) / 8;
	const unsigned rest = length % 8;
	s->text = pw_mem_grow(s->text, &s->text_capacity, s->text_count + words, 8);
	s->steps = pw_mem_grow(s->steps, &s->capacity, s->count + 1, sizeof *s->steps);
	if (words > 0)
		s->text[s->text_count + words - 1] = 0;
	memcpy(s->text + s->text_count, text, length);
	/* The bytes of the last word that count lie first in memory. */
	uint64_t mask = UINT64_MAX;
	if (rest != 0) {
		mask = 0;
		memset(&mask, 0xff, rest);
	}
	s->steps[s->count++] =
		(struct pw_jsonl_step){(uint32_t)s->text_count, (uint32_t)length, mask, member};
	s->text_count += words;
}

static inline const char *value_start(const struct pw_json_value *v)
{
	return v->kind == PW_JSON_STRING ? v->at - 1 : v->at;
}

static inline bool step_fits(const struct pw_jsonl_template *s, const struct pw_jsonl_step *step,
			     const char *p, const char *stop)
{
	const uint64_t *const text = s->text + step->text;
	size_t i = 0, words = (step->length + 7) / 8;
	uint64_t x;
	if ((size_t)(stop - p) < words * 8)
		return (size_t)(stop - p) >= step->length && memcmp(p, text, step->length) == 0;
	for (; i + 1 < words; i++) {
		memcpy(&x, p + 8 * i, 8);
		if (x != text[i])
			return false;
	}
	memcpy(&x, p + 8 * i, 8);
	return ((x ^ text[i]) & step->mask) == 0;
}

static const char *next_value(const char *p, const char *stop, struct pw_json_value *v)
{
	struct pw_json_fault fault;
	/* A newline ends anything but an array or an object, where it is blank. */
	if (*p == '{' || *p == '[') {
		const char *const end = memchr(p, '\n', (size_t)(stop - p));
		stop = end ? end : stop;
	}
	return pw_json_next(p, stop, v, &fault);
}

/*
 * Finds the tokens of a line that fits the template, and returns its end. NULL:
 * the line does not fit, or has a fault.
 */
static inline const char *scan_template(const struct pw_jsonl_template *s, const char *p,
					const char *stop, struct pw_json_value *tokens)
{
	const struct pw_jsonl_step *const last = s->steps + s->count - 1;
	struct pw_json_value ignored;
	for (const struct pw_jsonl_step *step = s->steps;; step++) {
		if (!step_fits(s, step, p, stop))
			return NULL;
		p += step->length;
		if (step == last)
			break;
		if (p == stop)
			return NULL;
		struct pw_json_value *const v = step->member == PW_JSONL_NONE
							? &ignored
							: tokens + step->member * PW_JSONL_ROWS;
		unsigned high = 0;
		const char *q;
		if (*p == '"') {
			q = pw_json_scan(p + 1, stop, &high);
			if (q < stop && *q == '"' && !high) {
				*v = (struct pw_json_value){p + 1, (uint32_t)(q - p - 1),
							    PW_JSON_STRING, false, false};
				p = q + 1;
				continue;
			}
		} else if ((q = pw_json_scan_number(p, stop, &high)) != NULL) {
			*v = (struct pw_json_value){p, (uint32_t)(q - p),
						    (uint8_t)(PW_JSON_INT + high), false, false};
			p = q;
			continue;
		}
		p = next_value(p, stop, v);
		if (p == NULL)
			return NULL;
	}
	for (size_t i = 0; i < s->absent_count; i++)
		tokens[s->absent[i] * PW_JSONL_ROWS].kind = PW_JSONL_ABSENT;
	return p;
}

/* ---- any line ---- */

static uint32_t member_named(struct pw_jsonl *j, const struct pw_json_value *name, uint32_t before)
{
	const uint32_t guess = before == PW_JSONL_NONE ? j->first : j->next[before];
	struct pw_slice s = {name->at, name->length};
	if (name->escaped) {
		pw_bytes_clear(&j->scratch);
		pw_json_text(name, &j->scratch);
		s = (struct pw_slice){j->scratch.data, j->scratch.length};
	}
	if (guess != PW_JSONL_NONE && pw_slice_equal(j->members.names[guess], s))
		return guess;
	const uint32_t member = pw_jsonl_names_find(&j->members, s);
	if (member != PW_JSONL_NONE)
		*(before == PW_JSONL_NONE ? &j->first : &j->next[before]) = member;
	return member;
}

/* The line that has been read part by part is the template of the next. */
static void template_learn(struct pw_jsonl *j, const char *start, const char *end, size_t parts)
{
	struct pw_jsonl_template *const s = &j->template;
	const char *p = start;
	s->count = s->text_count = s->absent_count = 0;
	if (parts > SHAPE_STEPS || end[-1] != '\n')
		return;
	for (size_t i = 0; i < parts; i++) {
		const char *const value = start + j->parts[i].text;
		if (s->text_count + (size_t)(value - p) / 8 > SHAPE_TEXT / 8)
			goto none;
		template_add(s, p, (size_t)(value - p), j->parts[i].member);
		p = value + j->parts[i].length;
	}
	if (end - p > 256)
		goto none;
	template_add(s, p, (size_t)(end - p), PW_JSONL_NONE);
	for (uint32_t m = 0; m < j->members.count; m++)
		if (j->reached[m] != j->reach)
			s->absent[s->absent_count++] = m;
	return;
none:
	s->count = 0;
}

static void note_unseen(struct pw_parser *p, const struct pw_json_value *name)
{
	if (p->unseen > 0)
		return;
	pw_bytes_clear(&p->unseen_first);
	pw_bytes_print(&p->unseen_first, "%s:%" PRIu64 ": member '", p->file, p->line);
	pw_json_text(name, &p->unseen_first);
	pw_bytes_put(&p->unseen_first, '\'');
}

/*
 * Finds all tokens of a row. 1: it has members that no column has; 0: it has
 * none; -1, with the fault in the block.
 */
static int scan_any(struct pw_jsonl *j, const char *start, const char *end,
		    struct pw_json_value *tokens)
{
	struct pw_jsonl_line l = {.p = start, .end = end};
	struct pw_json_value name, value;
	uint32_t before = PW_JSONL_NONE;
	size_t parts = 0;
	bool unseen = false;
	int more;
	j->reach++;
	for (size_t m = 0; m < j->members.count; m++)
		tokens[m * PW_JSONL_ROWS].kind = PW_JSONL_ABSENT;
	while ((more = pw_jsonl_line_next(&l, &name, &value)) > 0) {
		const uint32_t m = member_named(j, &name, before);
		if (m == PW_JSONL_NONE) {
			if (j->watch && !unseen)
				note_unseen(&j->parser, &name);
			unseen = j->watch;
		} else if (j->reached[m] == j->reach) {
			l.fault = (struct pw_json_fault){name.at, "a member that is there twice",
							 false};
			more = -1;
			break;
		} else {
			j->reached[m] = j->reach;
			tokens[m * PW_JSONL_ROWS] = value;
			before = m;
		}
		j->parts = pw_mem_grow(j->parts, &j->part_capacity, parts + 1, sizeof *j->parts);
		const char *const at = value_start(&value);
		j->parts[parts++] = (struct pw_jsonl_step){.text = (uint32_t)(at - start),
							   .length = (uint32_t)(l.p - at),
							   .member = m};
	}
	if (more < 0) {
		j->block.fault = l.fault;
		return -1;
	}
	template_learn(j, start, end, parts);
	j->template.unseen = unseen;
	return unseen;
}

/* ---- blocks ---- */

/* Tokens point into the lines: so many bytes of lines stay in the cache. */
enum { BLOCK_BYTES = 64 << 10 };

/* p is at the start of a line that does not fit the template; its end, or NULL: it is bad. */
static const char *scan_line(struct pw_jsonl *j, const char *p, const char *stop)
{
	struct pw_jsonl_block *const b = &j->block;
	const char *end = memchr(p, '\n', (size_t)(stop - p));
	end = end ? end + 1 : stop;
	b->too_long = (size_t)(end - p) > j->parser.options->max_line;
	if (!b->too_long && pw_json_blank(p, end) == end)
		return end;
	const int r = b->too_long ? -1 : scan_any(j, p, end, b->tokens + b->count);
	if (r < 0) {
		b->bad = p;
		b->bad_end = end;
		return NULL;
	}
	b->rows[b->count++] = (struct pw_jsonl_row){p, end, j->parser.line};
	j->parser.unseen += (uint64_t)r;
	return end;
}

const char *pw_jsonl_scan(struct pw_jsonl *j, const char *data, const char *stop, uint32_t limit)
{
	struct pw_jsonl_block *const b = &j->block;
	const struct pw_jsonl_template *const s = &j->template;
	const ptrdiff_t max_line = (ptrdiff_t)j->parser.options->max_line;
	const char *p = data;
	b->count = 0;
	b->bad = NULL;
	while (p < stop && b->count < limit && p - data < BLOCK_BYTES) {
		const char *end =
			s->count == 0 ? NULL : scan_template(s, p, stop, b->tokens + b->count);
		if (end != NULL && end - p <= max_line) {
			b->rows[b->count++] = (struct pw_jsonl_row){p, end, j->parser.line};
			j->parser.unseen += s->unseen;
		} else {
			end = scan_line(j, p, stop);
			if (end == NULL)
				break;
		}
		j->parser.line++;
		p = end;
	}
	return p;
}
